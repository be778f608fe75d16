import { test } from 'node:test';
import type { BrowserContextOptions, Page } from 'playwright-core';
import type { ProviderManifest } from '../../contracts/index.js';
import { newCanary } from '../host/support.js';
import { assertAccessible, assertNothingCutOff, Setting, SharedBrowser } from './support.js';

const shared = new SharedBrowser();

const kLong = 'A rather long name, as people write them when nobody stops them';

const kProvider: ProviderManifest = {
  id: 'acme.forge',
  displayName: 'Forge with a long name',
  description:
    'Issues and pipelines of a server; a description that takes more than one line of a card, as they do. '.repeat(3),
  documentationUrl: 'https://forge.example.com/docs',
  version: '1.0.0',
  schema: {
    type: 'object',
    properties: {
      baseUrl: { type: 'string', format: 'uri', title: 'Server', description: 'Its address, without a path.' },
      group: { type: 'string', title: 'Group', enum: ['platform', 'orchard'] },
      limit: { type: 'integer', title: 'Limit', minimum: 1 },
      verify: { type: 'boolean', title: 'Check certificates', description: 'Leave this on.' },
      token: { type: 'string', writeOnly: true, title: 'Access token' },
    },
    required: ['baseUrl', 'token'],
  },
};

/** Leads a window through every state of the page, and calls `look` in each. */
async function visit(setting: Setting, page: Page, look: (where: string) => Promise<void>): Promise<void> {
  const { room } = setting;
  const list = async (): Promise<void> => {
    const back = page.getByRole('button', { name: 'All connections' });
    if (await back.isVisible()) await back.click();
  };
  await page.getByRole('heading', { name: 'No services to connect to' }).waitFor();
  await look('no services');
  await room.providers.register(kProvider);
  await page.getByRole('heading', { name: 'No connections yet' }).waitFor();
  await look('cards');
  await page.getByRole('button', { name: kProvider.displayName }).click();
  await look('connecting');
  await page.getByLabel('Limit').fill('0');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('This is needed.').first().waitFor();
  await look('connecting, with errors');
  await page.getByRole('button', { name: 'Cancel' }).click();

  const fields = { baseUrl: 'https://forge.example.com/a/rather/long/address/that/goes/on/and/on' };
  const one = await room.connections.create({
    providerId: 'acme.forge',
    scope: 'user',
    displayName: kLong,
    fields,
    secrets: { token: newCanary() },
  });
  await room.connections.create({
    providerId: 'acme.forge',
    scope: 'workspace',
    workspaceId: 'w',
    displayName: 'Of the workspace',
    fields,
    secrets: { token: newCanary() },
  });
  const asked = room.access.request({
    principalId: 'acme.a-board-with-a-long-name',
    role: 'extension',
    connectionId: one.id,
    field: 'token',
    reason: 'Show your issues',
  });
  const dialog = page.getByRole('dialog', { name: 'Allow access?' });
  await dialog.getByRole('button', { name: 'Always allow' }).click();
  await asked;
  room.providers.onTest('acme.forge', async () => ({ ok: false, message: 'the token was refused by the server' }));
  await room.connections.test(one.id);
  await page.getByRole('listbox').getByRole('option').nth(1).waitFor();
  await look('list');
  await page.getByRole('listbox').getByRole('option', { name: kLong }).click();
  await page.getByRole('listitem').filter({ hasText: 'allowed, always' }).waitFor();
  await look('details');
  await page.getByRole('button', { name: 'Replace Access token' }).click();
  await page.getByLabel('Access token').fill(` ${newCanary()}`);
  await page.getByLabel('Limit').fill('12');
  await look('editing');
  await room.connections.update(one.id, {
    displayName: 'Theirs',
    fields: { ...fields, limit: 3 },
    revision: one.revision,
  });
  await page.getByRole('button', { name: 'Compare' }).click();
  await look('conflict');
  await page.getByRole('button', { name: 'Use theirs' }).click();
  await page.getByRole('button', { name: 'Remove Theirs' }).click();
  await look('removing');
  await page.getByRole('button', { name: 'Cancel' }).last().click();
  const schema = kProvider.schema as { properties: object };
  await room.providers.register({
    ...kProvider,
    schema: { ...schema, properties: { ...schema.properties, limit: { type: 'integer', title: 'Limit', minimum: 5 } } },
  });
  await page.locator('.note.attention').waitFor();
  await look('needs attention');
  await list();
  await page.getByRole('button', { name: 'Add connection' }).click();
  await look('cards beside the list');
  await list();
  await page.getByRole('searchbox').fill('nothing of this name');
  await page.getByText('Nothing matches.').waitFor();
  await look('no match');
}

const kPlace = ['strongroom-connections-page .state h2', 'connections'] as const;

function make(t: Parameters<typeof Setting.make>[0]): Promise<Setting> {
  return Setting.make(t, shared, { workspace: { id: 'w', name: 'A workspace with a long name' } });
}

test('axe-core finds nothing on the Connections page in any state, light and dark', async (t) => {
  const setting = await make(t);
  const window = await setting.open({ reducedMotion: 'reduce' }, ...kPlace);
  await visit(setting, window.page, async (where) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await window.page.emulateMedia({ colorScheme });
      await assertAccessible(window.page, `${where}, ${colorScheme}`);
    }
  });
  await setting.finish(window);
});

for (const [where, options, dir] of [
  ['320 px', { viewport: { width: 320, height: 640 } }, 'ltr'],
  ['320 px, right to left', { viewport: { width: 320, height: 640 } }, 'rtl'],
  ['a window of 1280 px at 200 %', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }, 'ltr'],
  ['900 px', { viewport: { width: 900, height: 700 } }, 'ltr'],
] as const satisfies readonly (readonly [string, BrowserContextOptions, string])[]) {
  test(`nothing of the Connections page is cut off at ${where}`, async (t) => {
    const setting = await make(t);
    const window = await setting.open(options, ...kPlace);
    await window.page.evaluate((direction) => {
      document.documentElement.dir = direction;
    }, dir);
    await visit(setting, window.page, (state) => assertNothingCutOff(window.page, `${state}, ${where}`));
    await setting.finish(window);
  });
}
