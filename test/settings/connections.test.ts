import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Connection, ProviderManifest } from '../../contracts/index.js';
import { newCanary, openRoom } from '../host/support.js';
import { assertNowhere, focused, Setting, SharedBrowser, tab, type Window, waitForFocus } from './support.js';

const shared = new SharedBrowser();

const kWorkspace = { id: 'file:///home/me/orchard', name: 'Orchard "&<3' };

const kIcon =
  'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 8 8%22%3E%3Ccircle cx=%224%22 cy=%224%22 r=%224%22/%3E%3C/svg%3E';

const kForge: ProviderManifest = {
  id: 'acme.forge',
  displayName: 'Forge',
  description: 'Issues and pipelines of a Forge server.',
  icon: kIcon,
  documentationUrl: 'https://forge.example.com/docs',
  version: '1.0.0',
  schema: {
    type: 'object',
    properties: {
      baseUrl: {
        type: 'string',
        format: 'uri',
        title: 'Server',
        description: 'Its address.',
        examples: ['https://forge.example.com'],
      },
      group: { type: 'string', title: 'Group', pattern: '^[a-z]+$', examples: ['platform'] },
      visibility: { type: 'string', title: 'Visibility', enum: ['public', 'private'], default: 'private' },
      timeout: { type: 'integer', title: 'Time limit', minimum: 1, maximum: 300, default: 30 },
      share: { type: 'number', title: 'Share', minimum: 0, maximum: 1 },
      verify: { type: 'boolean', title: 'Check certificates', default: true },
      token: { type: 'string', writeOnly: true, title: 'Access token', minLength: 8 },
      hook: { type: 'string', writeOnly: true, title: 'Webhook secret' },
    },
    required: ['baseUrl', 'token'],
  },
};

const kMail: ProviderManifest = {
  id: 'acme.mail',
  displayName: 'Mail',
  description: 'Sends mail.',
  version: '1.0.0',
  schema: {
    type: 'object',
    properties: { password: { type: 'string', writeOnly: true, title: 'Password' } },
    required: ['password'],
  },
};

/** Has the broker send the Forge's token. */
const kSent: Pick<ProviderManifest, 'auth' | 'origins'> = {
  auth: { type: 'bearer', field: 'token' },
  origins: [{ fromField: 'baseUrl' }],
};

/** What the page shows once it has its answer: the list, services to choose from, or the form that a link leads to. */
const kOpen =
  'strongroom-connections-page [aria-busy=false] .count, strongroom-connections-page .picking, strongroom-connection-new form';

async function makeSetting(t: Parameters<typeof Setting.make>[0]): Promise<Setting> {
  const setting = await Setting.make(t, shared, { workspace: kWorkspace });
  await setting.room.providers.register(kForge);
  await setting.room.providers.register(kMail);
  return setting;
}

function open(setting: Setting, options = {}, item = ''): Promise<Window> {
  return setting.open(options, kOpen, `connections&item=${item}`);
}

function forge(setting: Setting, displayName: string, parts: object = {}): Promise<Connection> {
  return setting.room.connections.create({
    providerId: 'acme.forge',
    scope: 'user',
    displayName,
    fields: { baseUrl: 'https://forge.example.com', group: 'platform' },
    secrets: { token: newCanary() },
    ...parts,
  });
}

function row(page: Page, name: string | RegExp) {
  return page.getByRole('listbox', { name: 'Connections' }).getByRole('option', { name });
}

/** Uses a connection's secret as an extension would, which a person has allowed. */
async function tokenOf(setting: Setting, { id }: Connection, field = 'token'): Promise<string> {
  const { secrets } = await setting.room.connections.get(id);
  return await setting.room.secrets.reveal(secrets[field]?.secretRef ?? '', { reason: 'test' });
}

test('a person connects to a service, from its card to a connection that works', async (t) => {
  const setting = await makeSetting(t);
  const seen: unknown[] = [];
  setting.room.providers.onTest('acme.forge', async ({ connection }) => {
    seen.push(connection.fields);
    return { ok: true, message: 'signed in as release-bot' };
  });
  const window = await open(setting);
  const { page } = window;
  const [first, second, third] = [newCanary(), newCanary(), newCanary()];
  await page.getByRole('heading', { name: 'No connections yet' }).waitFor();
  const card = page.getByRole('button', { name: 'Forge' });
  assert.match(await card.innerText(), /You need: Server, Access token/);
  assert.equal(await card.locator('img').getAttribute('src'), kIcon);
  assert.ok(
    await card.locator('img').evaluate((image) => (image as HTMLImageElement).naturalWidth > 0),
    'the policy lets it be seen',
  );
  await card.click();
  assert.equal(await focused(page), 'Connect to Forge');

  // The form follows the schema.
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Forge');
  assert.equal(await page.getByLabel('Server').getAttribute('type'), 'url');
  assert.equal(await page.getByLabel('Server').getAttribute('placeholder'), 'https://forge.example.com');
  assert.equal(await page.getByLabel('Time limit').getAttribute('type'), 'number');
  assert.equal(await page.getByLabel('Time limit').inputValue(), '30');
  assert.equal(await page.getByLabel('Visibility').inputValue(), '"private"');
  assert.ok(await page.getByLabel('Check certificates').isChecked());
  const token = page.getByLabel('Access token');
  for (const [name, value] of [
    ['type', 'password'],
    ['autocomplete', 'off'],
    ['spellcheck', 'false'],
  ] as const) {
    assert.equal(await token.getAttribute(name), value);
  }
  assert.ok(await page.getByLabel('Everywhere').isChecked());
  await page.getByText(`Only in ${kWorkspace.name}`).waitFor();

  // What is wrong stands beside the field, as one types and when one sends; the first of them gets the focus.
  await page.getByLabel('Group').fill('Not This');
  await page.getByText('This does not have the right form; an example is platform.').waitFor();
  await page.getByLabel('Time limit').fill('301');
  await page.getByText('At most 300.').waitFor();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  assert.equal(await page.locator('[aria-invalid=true]').count(), 4);
  assert.equal(await focused(page), 'Server');
  await page.getByLabel('Server').fill('https://forge.example.com/api');
  await page.getByLabel('Group').fill('platform');
  await page.getByLabel('Time limit').fill('60');
  await page.getByLabel('Share').fill('0.5');
  await page.getByLabel('Check certificates').uncheck();
  await token.fill('short');
  await page.getByText('At least 8 characters.').waitFor();
  await token.fill(first);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('Forge was connected.').waitFor();
  assert.equal(await focused(page), 'Forge');
  const [made] = (await setting.room.connections.list()).items as [Connection];
  assert.deepEqual(made.fields, {
    baseUrl: 'https://forge.example.com/api',
    group: 'platform',
    visibility: 'private',
    timeout: 60,
    share: 0.5,
    verify: false,
  });
  assert.equal(await tokenOf(setting, made), first);
  await assertNowhere(window, first);

  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.locator('.result .success').getByText('Signed in as release-bot.').waitFor();
  assert.equal(seen.length, 1);

  // Afterwards a secret can be replaced and removed, and never be seen.
  await page.getByRole('button', { name: 'Replace Access token' }).click();
  assert.equal(await focused(page), 'Access token');
  await token.fill(second);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('Access token was saved.').waitFor();
  assert.equal(await focused(page), 'Replace Access token');
  assert.equal(await tokenOf(setting, made), second);
  await page.getByRole('button', { name: 'Set Webhook secret' }).click();
  await page.getByLabel('Webhook secret').fill(third);
  await page.keyboard.press('Enter');
  await page.getByText('Webhook secret was saved.').waitFor();
  await page.getByRole('button', { name: 'Remove Webhook secret' }).click();
  const question = page.getByRole('alertdialog', { name: 'Remove Webhook secret?' });
  await question.waitFor();
  assert.equal(await focused(page), 'Cancel');
  await question.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Webhook secret was removed.').waitFor();
  assert.equal(await focused(page), 'Set Webhook secret');
  assert.equal((await setting.room.connections.get(made.id)).secrets.hook?.hasValue, false);
  for (const canary of [second, third]) await assertNowhere(window, canary);
  await setting.finish(window);
});

test('the core has the last word about a field, and what it says stands beside it', async (t) => {
  const setting = await makeSetting(t);
  const window = await open(setting, {}, 'new/acme.forge');
  const { page } = window;
  await page.getByLabel('Server').fill('https://forge.example.com/a b');
  await page.getByLabel('Access token').fill(newCanary());
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  const server = page.getByLabel('Server');
  await page.locator('#fields-baseUrl\\.error').waitFor();
  assert.equal(await server.getAttribute('aria-invalid'), 'true');
  assert.match((await server.getAttribute('aria-describedby')) ?? '', /fields-baseUrl\.error/);
  assert.equal(await focused(page), 'Server');
  assert.equal((await setting.room.connections.list()).items.length, 0);
  await setting.finish(window);
});

test('a connection is edited in place, and removed with what belongs to it', async (t) => {
  const setting = await makeSetting(t);
  const one = await forge(setting, 'Company forge');
  await forge(setting, 'Another one');
  const window = await open(setting);
  const { page } = window;
  await row(page, /Company forge/).click();
  await page.getByLabel('Group').fill('orchard');
  await row(page, /Another one/).click();
  await page.getByRole('heading', { name: 'Another one' }).waitFor();
  await page.getByRole('button', { name: 'Add connection' }).click();
  await page.getByRole('button', { name: 'Secrets', exact: true }).click();
  await page.getByRole('button', { name: 'Connections', exact: true }).click();
  await row(page, /Company forge.*not saved yet/).click();
  assert.equal(
    await page.getByLabel('Group').inputValue(),
    'orchard',
    'what is typed is kept while another is looked at',
  );
  await page.getByRole('button', { name: 'Discard' }).click();
  assert.equal(await page.getByLabel('Group').inputValue(), 'platform');
  await page.getByLabel('Name', { exact: true }).fill('Forge of the company');
  await page.getByLabel('Group').fill('');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Forge of the company was saved.').waitFor();
  const edited = await setting.room.connections.get(one.id);
  assert.deepEqual(
    [edited.displayName, edited.fields],
    ['Forge of the company', { baseUrl: 'https://forge.example.com' }],
  );
  await row(page, /Forge of the company/).waitFor();

  await page.getByRole('button', { name: 'Remove Forge of the company' }).click();
  const question = page.getByRole('alertdialog', { name: 'Remove Forge of the company?' });
  await question.getByText('1 saved key, which is destroyed').waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Remove Forge of the company' }).click();
  await question.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Forge of the company was removed.').waitFor();
  assert.deepEqual(
    (await setting.room.connections.list()).items.map(({ displayName }) => displayName),
    ['Another one'],
  );
  await page.getByRole('heading', { name: 'Another one' }).waitFor();
  await setting.finish(window);
});

test('a workspace’s connection stands in for the user’s, and both say so', async (t) => {
  const setting = await makeSetting(t);
  const mine = await forge(setting, 'Mine');
  const window = await open(setting, {}, 'new/acme.forge');
  const { page } = window;
  await page.getByLabel(`Only in ${kWorkspace.name}`).check();
  await page.getByText(`In ${kWorkspace.name} it is used instead of Mine.`).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Ours');
  await page.getByLabel('Server').fill('https://forge.example.com');
  await page.getByLabel('Access token').fill(newCanary());
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText('Ours was connected.').waitFor();
  await page.getByText(`In ${kWorkspace.name} it is used instead of Mine.`).waitFor();
  const used = await setting.room.connections.resolve({ providerId: 'acme.forge', workspaceId: kWorkspace.id });
  assert.equal(used.displayName, 'Ours');
  const listed = (await setting.room.connections.list({ workspaceId: kWorkspace.id })).items;
  assert.equal(listed.find(({ id }) => id === mine.id)?.overriddenBy, used.id, 'the core sees it as the page does');
  await row(page, /Mine.*overridden here/).click();
  await page.getByText(`In ${kWorkspace.name}, Ours is used instead.`).waitFor();
  await page.getByRole('button', { name: 'Show it' }).click();
  await page.getByRole('heading', { name: 'Ours' }).waitFor();

  await page.getByLabel('Where it applies').selectOption('user');
  await page.getByText('1 of 2 connections').waitFor();
  assert.equal(await row(page, /Ours/).count(), 0);
  await setting.finish(window);
});

test('the list is searched, and filtered by service', async (t) => {
  const setting = await makeSetting(t);
  await forge(setting, 'Alpha');
  await forge(setting, 'Beta');
  await setting.room.connections.create({
    providerId: 'acme.mail',
    scope: 'user',
    displayName: 'Reports',
    secrets: { password: newCanary() },
  });
  const window = await open(setting);
  const { page } = window;
  await page.getByText('3 connections').waitFor();
  await page.getByRole('searchbox').fill('bet');
  await page.getByText('1 of 3 connections').waitFor();
  await page.getByRole('searchbox').fill('mail');
  assert.deepEqual(await page.getByRole('option', { selected: false }).getByText('Reports').count(), 1);
  await page.getByRole('searchbox').fill('nothing at all');
  await page.getByText('Nothing matches.').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByText('3 connections', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Service' }).selectOption('acme.mail');
  await page.getByText('1 of 3 connections').waitFor();
  await setting.finish(window);
});

/** Waits until the field Group has a value. */
async function groupIs(page: Page, value: string): Promise<void> {
  await page.waitForFunction((wanted) => {
    const find = (root: Document | ShadowRoot): HTMLInputElement | null => {
      for (const element of root.querySelectorAll('*')) {
        if (element.id === 'fields-group') return element as HTMLInputElement;
        const inner = element.shadowRoot === null ? null : find(element.shadowRoot);
        if (inner !== null) return inner;
      }
      return null;
    };
    return find(document)?.value === wanted;
  }, value);
}

test('two windows on one connection: the other sees the change, and a conflict is shown side by side', async (t) => {
  const setting = await makeSetting(t);
  const { id } = await forge(setting, 'Shared');
  const [left, right] = [await open(setting, {}, id), await open(setting, {}, id)];
  await left.page.getByLabel('Group').fill('left');
  await left.page.getByRole('button', { name: 'Save changes' }).click();
  await left.page.getByText('Shared was saved.').waitFor();
  await groupIs(right.page, 'left');

  // Both type; the first to save wins, and the other is told before and when it saves.
  await right.page.getByLabel('Group').fill('right');
  await left.page.getByLabel('Group').fill('leftagain');
  await left.page.getByLabel('Name', { exact: true }).fill('Renamed');
  await left.page.getByRole('button', { name: 'Save changes' }).click();
  await right.page.getByText('This connection was changed elsewhere while you were editing it.').waitFor();
  assert.equal(await right.page.getByLabel('Group').inputValue(), 'right');
  await right.page.getByRole('button', { name: 'Save changes' }).click();
  const dialog = right.page.getByRole('dialog', { name: 'Changed meanwhile' });
  await dialog.waitFor();
  assert.deepEqual(await dialog.getByRole('row', { name: /Group/ }).getByRole('cell').allInnerTexts(), [
    'right',
    'leftagain',
  ]);
  assert.equal((await setting.room.connections.get(id)).fields.group, 'leftagain', 'nothing was overwritten');
  await dialog.getByRole('button', { name: 'Save mine' }).click();
  await right.page.getByText('Renamed was saved.').waitFor();
  const saved = await setting.room.connections.get(id);
  assert.deepEqual([saved.displayName, saved.fields.group], ['Renamed', 'right'], 'their other change stays');

  // And the other way round: theirs is taken.
  await groupIs(left.page, 'right');
  await left.page.getByLabel('Group').fill('mine');
  await setting.room.connections.update(id, { fields: { ...saved.fields, group: 'theirs' }, revision: saved.revision });
  await left.page.getByRole('button', { name: 'Compare' }).click();
  await left.page.getByRole('button', { name: 'Use theirs' }).click();
  assert.equal(await left.page.getByLabel('Group').inputValue(), 'theirs');
  assert.equal(await left.page.getByRole('button', { name: 'Save changes' }).count(), 0);

  // A secret that was replaced elsewhere is no conflict with what is typed.
  await left.page.getByLabel('Group').fill('quiet');
  await setting.room.connections.setSecret(id, 'token', newCanary());
  await left.page.getByText('version 2').waitFor();
  const answered = left.page.waitForResponse((response) => response.request().postData()?.includes('quiet') === true);
  await left.page.getByRole('button', { name: 'Save changes' }).click();
  await answered;
  assert.equal((await setting.room.connections.get(id)).fields.group, 'quiet');

  // Removed elsewhere: what is typed can become a new one.
  await groupIs(right.page, 'quiet');
  await right.page.getByLabel('Group').fill('lost');
  await setting.room.connections.delete(id);
  await right.page.getByRole('button', { name: 'Connect anew with it' }).click();
  assert.equal(await right.page.getByLabel('Group').inputValue(), 'lost');
  assert.equal(await right.page.getByLabel('Name', { exact: true }).inputValue(), 'Renamed');
  await setting.finish(left);
  await setting.finish(right);
});

test('a service that sends the secret to another place is said, and accepted by a person alone', async (t) => {
  const setting = await makeSetting(t);
  const { id } = await forge(setting, 'Moved');
  const window = await open(setting, {}, id);
  const { page } = window;
  await setting.room.providers.register({ ...kForge, version: '2.0.0', origins: ['https://elsewhere.example'] });
  await page.getByText('It may now go to: https://elsewhere.example').waitFor();
  assert.equal((await setting.room.connections.get(id)).needsAttention?.issues[0]?.code, 'terms_changed');
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByText('Moved was saved.').waitFor();
  await page.getByRole('button', { name: 'Accept' }).waitFor({ state: 'detached' });
  assert.equal((await setting.room.connections.get(id)).needsAttention, null);
  await setting.finish(window);
});

test('what is accepted is what was shown, not what the service made of it before the answer came', async (t) => {
  const setting = await makeSetting(t);
  const { id } = await forge(setting, 'Moved');
  const window = await open(setting, {}, id);
  const { page } = window;
  const move = (origin: string) => setting.room.providers.register({ ...kForge, version: '2.0.0', origins: [origin] });
  // A service that changes between the page's two questions: what is shown is what belongs to the digest.
  let readAgain = (): void => undefined;
  const looked = new Promise<void>((resolve) => {
    readAgain = resolve;
  });
  let times = 0;
  await page.route('**/ipc', async (route) => {
    const asksServices = route.request().postData()?.includes('providers.list') === true;
    if (asksServices) times += 1;
    if (asksServices && times > 1) await looked;
    const response = await route.fetch();
    if (asksServices && times === 1) await move('https://good.example');
    await route.fulfill({ response });
  });
  await move('https://other.example');
  await page.getByText('It may now go to: https://good.example').waitFor();
  readAgain();
  await page.unrouteAll({ behavior: 'wait' });
  await page.getByText('It may now go to: https://good.example').waitFor();
  await page.route('**/ipc', async (route) => {
    if (route.request().postData()?.includes('connections.update')) await move('https://evil.example');
    await route.continue();
  });
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByText('This was changed elsewhere meanwhile.').waitFor();
  await page.getByText('It may now go to: https://evil.example').waitFor();
  assert.equal((await setting.room.connections.get(id)).needsAttention?.issues[0]?.code, 'terms_changed');
  await page.unroute('**/ipc');
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByText('Moved was saved.').waitFor();
  assert.equal((await setting.room.connections.get(id)).needsAttention, null);
  await setting.finish(window);
});

test('whoever accepts a service’s terms saves nothing else, and is told when the connection was changed meanwhile', async (t) => {
  const setting = await makeSetting(t);
  const { id, fields } = await forge(setting, 'Moved');
  await setting.room.providers.register({ ...kForge, origins: ['https://elsewhere.example'] });
  const window = await open(setting, {}, id);
  const { page } = window;
  const accept = page.getByRole('button', { name: 'Accept' });
  await page.getByLabel('Group').fill('halftyp');
  await accept.click();
  await page.getByText('Moved was saved.').waitFor();
  await accept.waitFor({ state: 'detached' });
  const accepted = await setting.room.connections.get(id);
  assert.equal(accepted.needsAttention, null);
  assert.deepEqual(accepted.fields, fields);
  assert.equal(await page.getByLabel('Group').inputValue(), 'halftyp');
  await page.getByRole('button', { name: 'Discard' }).click();

  await setting.room.providers.register({ ...kForge, origins: ['https://another.example'] });
  await accept.waitFor();
  await page.route('**/ipc', async (route) => {
    if (route.request().postData()?.includes('"connections.update"') === true) {
      const { revision } = await setting.room.connections.get(id);
      await setting.room.connections.update(id, { displayName: 'Renamed', revision });
      await setting.room.providers.register({ ...kForge, origins: ['https://third.example'] });
    }
    await route.continue();
  });
  await accept.click();
  await page.getByRole('alert').getByText('This was changed elsewhere meanwhile.').waitFor();
  await page.getByText('It may now go to: https://third.example').waitFor();
  assert.notEqual((await setting.room.connections.get(id)).needsAttention, null);
  await page.unrouteAll({ behavior: 'wait' });
  await accept.click();
  await page.getByText('Renamed was saved.').waitFor();
  assert.equal((await setting.room.connections.get(id)).needsAttention, null);
  await setting.finish(window);
});

test('a secret is entered for the address that is shown, and never for one that somebody else has put there since', async (t) => {
  const setting = await makeSetting(t);
  await setting.room.providers.register({ ...kForge, ...kSent });
  const { id } = await forge(setting, 'Moved');
  const window = await open(setting, {}, id);
  const { page } = window;
  await page.getByLabel('Group').fill('mine');
  const { fields, revision } = await setting.room.connections.get(id);
  const moved = { ...fields, baseUrl: 'https://evil.example/api' };
  await setting.room.connections.update(id, { fields: moved, revision });
  await page.getByText('This connection was changed elsewhere while you were editing it.').waitFor();
  assert.equal(await page.getByLabel('Server').inputValue(), 'https://forge.example.com');
  // What would be sent there names where: by then it is not what the field shows.
  await page.getByText('Enter it again to have it sent to https://evil.example.').waitFor();
  const [first, second] = [newCanary(), newCanary()];
  await page.getByRole('button', { name: 'Replace Access token' }).click();
  await page.getByLabel('Access token').fill(first);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('This was changed elsewhere meanwhile.').waitFor();
  const kept = await setting.room.connections.get(id);
  assert.equal(kept.secrets.token?.version, 1);
  assert.ok(kept.needsAttention?.issues.some(({ code }) => code === 'place_changed'));

  // Once the person has seen the address and taken it, it is entered for that.
  await page.getByRole('button', { name: 'Compare' }).click();
  await page.getByRole('button', { name: 'Use theirs' }).click();
  assert.equal(await page.getByLabel('Server').inputValue(), moved.baseUrl);
  await page.getByLabel('Access token').fill(second);
  await page.keyboard.press('Enter');
  await page.getByText('Access token was saved.').waitFor();
  const taken = await setting.room.connections.get(id);
  assert.deepEqual([taken.needsAttention, await tokenOf(setting, taken)], [null, second]);
  await assertNowhere(window, first);
  await assertNowhere(window, second);
  await setting.finish(window);
});

test('whoever connects to a service is told who brought it and where the secret goes, and asked again when that changes', async (t) => {
  const setting = await makeSetting(t);
  const { origins: _, ...sent } = kSent;
  const register = (...origins: ProviderManifest['origins'] & object) =>
    setting.room.providers.register({ ...kForge, ...sent, origins });
  await register('https://good.example', { fromField: 'baseUrl' });
  const window = await open(setting, {}, 'new/acme.forge');
  const { page } = window;
  const [first, second] = [newCanary(), newCanary()];
  const connect = page.getByRole('button', { name: 'Connect', exact: true });
  const accept = page.getByRole('button', { name: 'Accept' });
  await page.getByText('from core', { exact: true }).waitFor();
  await page.getByText('Sent to: https://good.example, the address you enter', { exact: true }).waitFor();
  await page.getByLabel('Server').fill('https://forge.example.com');
  await page.getByLabel('Access token').fill(first);

  await register('https://other.example');
  const changed = page.getByRole('alert').getByText('It may now go to: https://other.example.');
  await changed.waitFor();
  await page.getByText('Sent to: https://other.example', { exact: true }).waitFor();
  await connect.click();
  await waitForFocus(
    page,
    'Forge has changed how or where the secret is sent. It may now go to: https://other.example. Accept',
  );
  await page.keyboard.press('Enter');
  assert.equal(await tab(page), 'Accept');
  assert.deepEqual((await setting.room.connections.list()).items, []);
  await page.keyboard.press('Enter');
  await changed.waitFor({ state: 'detached' });
  assert.equal(await focused(page), 'Connect');
  assert.equal(await page.getByLabel('Access token').inputValue(), first);

  // Another process changes it, and nobody tells the page: the core refuses what was not shown.
  const elsewhere = await openRoom(t, setting.dir);
  await elsewhere.providers.register({ ...kForge, ...sent, origins: ['https://evil.example'] });
  await connect.click();
  await page.getByRole('alert').getByText('It may now go to: https://evil.example.').waitFor();
  assert.deepEqual((await setting.room.connections.list()).items, []);
  await register('https://good.example');
  await page.getByRole('alert').getByText('It may now go to: https://good.example.').waitFor();
  await page.getByLabel('Access token').fill(second);
  await accept.click();
  await connect.click();
  await page.getByText('Forge was connected.').waitFor();
  await page.getByText('Sent to: https://good.example', { exact: true }).waitFor();
  const [connection] = (await setting.room.connections.list()).items;
  assert.ok(connection);
  assert.deepEqual([connection.needsAttention, await tokenOf(setting, connection)], [null, second]);
  await assertNowhere(window, first);
  await assertNowhere(window, second);
  await setting.finish(window);
});

test('a service that asks for something else than before is explained, field by field', async (t) => {
  const setting = await makeSetting(t);
  const { id } = await forge(setting, 'Outgrown');
  const window = await open(setting, {}, id);
  const { page } = window;
  const { schema } = kForge as { schema: { properties: object; required: string[] } };
  await setting.room.providers.register({
    ...kForge,
    schema: {
      ...schema,
      properties: {
        ...schema.properties,
        group: { type: 'string', title: 'Group', minLength: 20 },
        key: { type: 'string', writeOnly: true, title: 'Signing key' },
      },
      required: ['baseUrl', 'token', 'key'],
    },
  });
  const note = page.locator('.attention');
  await note.getByText('This connection needs attention').waitFor();
  await row(page, /needs attention/).waitFor();
  assert.equal(await note.getByRole('listitem').count(), 2);
  await note.getByRole('button', { name: 'Group' }).click();
  assert.equal(await focused(page), 'Group (optional)');
  await note.getByRole('button', { name: 'Signing key' }).click();
  assert.equal(await focused(page), 'Set Signing key');
  await page.keyboard.press('Enter');
  await page.getByLabel('Signing key').fill(newCanary());
  await page.keyboard.press('Enter');
  await page.getByText('Signing key was saved.').waitFor();
  await page.getByLabel('Group').fill('a name that is long enough');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await note.waitFor({ state: 'detached' });
  assert.equal((await setting.room.connections.get(id)).needsAttention, null);

  await setting.room.providers.unregister('acme.forge');
  await page.getByText('Forge is not available').waitFor();
  await page.getByRole('heading', { name: 'Outgrown' }).waitFor();
  await setting.finish(window);
});

test('a test shows that it runs, and one that fails says why', async (t) => {
  const setting = await makeSetting(t);
  const { id } = await forge(setting, 'Failing');
  let finish = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    setting.room.providers.onTest('acme.forge', async () => {
      await new Promise<void>((done) => {
        finish = done;
        resolve();
      });
      return { ok: false, message: 'the token was refused' };
    });
  });
  const window = await open(setting, {}, id);
  const { page } = window;
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await page.getByRole('progressbar', { name: 'Testing…' }).waitFor();
  await started;
  finish();
  const result = page.locator('.result .danger');
  await result.getByText('The test failed.').waitFor();
  await result.getByText('The token was refused.').waitFor();
  await row(page, /last test failed/).waitFor();
  await setting.finish(window);
});

test('of a long list only what is in sight is drawn, and the rest is found', async (t) => {
  const setting = await makeSetting(t);
  await setting.room.providers.register({ ...kMail, id: 'acme.plain', schema: { type: 'object', properties: {} } });
  const names = Array.from({ length: 1100 }, (_, index) => `Connection ${index + 1}`);
  await Promise.all(
    names.map((displayName) =>
      setting.room.connections.create({ providerId: 'acme.plain', scope: 'user', displayName }),
    ),
  );
  const window = await open(setting);
  const { page } = window;
  await page.getByText('1,100 connections', { exact: true }).waitFor();
  const options = page.getByRole('listbox').getByRole('option');
  assert.ok((await options.count()) < 60);
  assert.equal(await options.first().getAttribute('aria-setsize'), '1100');
  await page.getByRole('listbox').focus();
  await page.keyboard.press('End');
  await page.getByRole('heading', { name: 'Connection 1100' }).waitFor();
  const last = row(page, 'Connection 1100');
  await last.waitFor();
  assert.equal(await last.getAttribute('aria-posinset'), '1100');
  assert.equal(await page.getByRole('listbox').getAttribute('aria-activedescendant'), await last.getAttribute('id'));
  assert.ok((await options.count()) < 60);
  await page.getByRole('searchbox').fill('connection 777');
  await row(page, 'Connection 777').click();
  await page.getByRole('heading', { name: 'Connection 777' }).waitFor();
  await setting.finish(window);
});

test('a list that cannot be loaded says why and can be asked for again', async (t) => {
  const setting = await makeSetting(t);
  const window = await open(setting);
  const { page } = window;
  await page.route('**/ipc', async (route) => {
    const list = route.request().postData()?.includes('connections.list');
    const error = { code: 'STORE_READ_ONLY', message: 'cannot' };
    await (list ? route.fulfill({ json: { ok: false, error } }) : route.continue());
  });
  await page.reload();
  await page.getByRole('heading', { name: 'The connections could not be loaded.' }).waitFor();
  await page.unroute('**/ipc');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { name: 'No connections yet' }).waitFor();
});

test('who may use a connection and what was done with it is shown, and leads to the other pages', async (t) => {
  const setting = await makeSetting(t);
  const connection = await forge(setting, 'In use');
  const window = await open(setting, {}, connection.id);
  const { page } = window;
  await page.getByText('Nobody was allowed to use it yet.').waitFor();
  const asked = setting.room.access.request({
    principalId: 'acme.board',
    role: 'extension',
    connectionId: connection.id,
    field: 'token',
    reason: 'Show your issues',
  });
  let [request] = (await setting.room.access.pending()).items;
  while (request === undefined) [request] = (await setting.room.access.pending()).items;
  await setting.room.access.respond(request.id, 'allow-always');
  await asked;
  const usage = page.getByRole('region', { name: 'Use' });
  await usage.getByRole('listitem').filter({ hasText: 'acme.board' }).getByText('allowed, always').waitFor();
  await usage.getByText('Show your issues').first().waitFor();
  await usage.getByRole('button', { name: 'Show in audit log' }).click();
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'In use' }).waitFor();
  await usage.getByRole('button', { name: 'Change who may use it' }).click();
  await page.getByRole('heading', { name: 'Access', level: 1 }).waitFor();
  await setting.finish(window);
});

test('when the host stops mid-edit, what was typed stays except secrets, and goes on when it is back', async (t) => {
  const setting = await makeSetting(t);
  const { id } = await forge(setting, 'Half done');
  const window = await open(setting, {}, id);
  const { page } = window;
  const canary = newCanary();
  await page.getByLabel('Group').fill('typed');
  await page.getByRole('button', { name: 'Replace Access token' }).click();
  await page.getByLabel('Access token').fill(canary);
  await setting.host.close();
  await page.getByRole('alert').getByText('Strongroom does not answer.').waitFor();
  await page.getByText('The value was cleared when the connection was lost.').waitFor();
  assert.equal(await page.getByLabel('Access token').inputValue(), '');
  assert.equal(await page.getByLabel('Group').inputValue(), 'typed');
  await assertNowhere(window, canary);
  await setting.startAgain();
  await page.getByRole('alert').getByText('Strongroom does not know this page.').waitFor();
  await page.goto(`${setting.host.url}/#${setting.host.token}`);
  await page.getByText('Strongroom does not know this page.').waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Group').inputValue(), 'typed', 'the page was not loaded again');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Half done was saved.').waitFor();
  assert.equal((await setting.room.connections.get(id)).fields.group, 'typed');
});

test('a locked store shows its connections, and unlocks where something needs the key', async (t) => {
  const setting = await makeSetting(t);
  const { id } = await forge(setting, 'Locked in');
  await setting.room.lock();
  const window = await open(setting, {}, id);
  const { page } = window;
  await page.locator('.note.locked').waitFor();
  await page.getByRole('heading', { name: 'Locked in' }).waitFor();
  await page.locator('.note.locked').getByRole('button', { name: 'Unlock' }).click();
  await page.locator('.note.locked').waitFor({ state: 'detached' });
  await page.getByLabel('Group').fill('unlocked');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Locked in was saved.').waitFor();
  await setting.finish(window);
});

test('everything about a connection can be done with the keyboard alone', async (t) => {
  const setting = await makeSetting(t);
  await forge(setting, 'Beta');
  await forge(setting, 'Alpha');
  setting.room.providers.onTest('acme.forge', async () => ({ ok: true, message: 'fine' }));
  const window = await open(setting);
  const { page } = window;
  const { keyboard } = page;
  const tabTo = async (name: string | RegExp, key = 'Tab'): Promise<void> => {
    const passed: string[] = [];
    for (let stops = 0; stops < 40; stops += 1) {
      const at = await tab(page, key);
      if (typeof name === 'string' ? at === name : name.test(at)) return;
      passed.push(at);
    }
    assert.fail(`${name} was not reached; passed ${passed.join(' | ')}`);
  };
  await tabTo('Connections');
  await tabTo('Connections');
  await keyboard.press('ArrowDown');
  await page.getByRole('heading', { name: 'Beta' }).waitFor();
  await keyboard.press('Home');
  await page.getByRole('heading', { name: 'Alpha' }).waitFor();
  await keyboard.press('Enter');
  assert.equal(await focused(page), 'Alpha');
  await tabTo('Test');
  await keyboard.press('Enter');
  await page.locator('.result .success').waitFor();
  await tabTo(/^Group/);
  await keyboard.press('Control+A');
  await keyboard.type('keys');
  await keyboard.press('Enter');
  await page.getByText('Alpha was saved.').waitFor();
  await tabTo('Replace Access token');
  await keyboard.press('Space');
  assert.equal(await focused(page), 'Access token');
  await keyboard.type(newCanary());
  await keyboard.press('Enter');
  await page.getByText('Access token was saved.').waitFor();
  await tabTo('Remove Alpha', 'Shift+Tab');
  await keyboard.press('Enter');
  await page.getByRole('alertdialog').waitFor();
  assert.equal(await tab(page), 'Remove');
  await keyboard.press('Enter');
  await page.getByText('Alpha was removed.').waitFor();
  assert.equal(await focused(page), 'Connections', 'the focus is on the list');
  await tabTo('Add connection', 'Shift+Tab');
  await keyboard.press('Enter');
  assert.equal(await focused(page), 'Choose a service');
  await tabTo(/^Forge/);
  await keyboard.press('Enter');
  assert.equal(await focused(page), 'Connect to Forge');
  await tabTo('Server');
  await keyboard.type('https://forge.example.com');
  await tabTo('Access token');
  await keyboard.type(newCanary());
  await keyboard.press('Enter');
  await page.getByText('Forge was connected.').waitFor();
  assert.equal((await setting.room.connections.list()).items.length, 2);
  await setting.finish(window);
});
