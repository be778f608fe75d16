/**
 * Pictures of the Settings page: `node --import tsx test/settings/screenshots.mts <folder> [<name>…]`, all of them or those
 * that are named. Uses a real store, host and browser, filled with made-up secrets; everything else about it is as a person would see it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { ConsentDecision, ProviderManifest } from '../../contracts/index.js';
import { startHost } from '../../js/host/index.js';
import { openStrongroom } from '../../js/main/index.js';
import { buildSettings } from '../../js/settings/build.mjs';

const kFlags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];

const icon = (colour: string, shape: string): string =>
  `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${colour}"/><path d="${shape}" fill="#fff"/></svg>`,
  )}`;

const kProviders: readonly ProviderManifest[] = [
  {
    id: 'octo.git',
    displayName: 'Octo Git',
    description: 'Repositories, issues and pull requests.',
    icon: icon('#4a3f8f', 'M16 7l9 9-9 9-9-9zm0 5l-4 4 4 4 4-4z'),
    version: '1.0.0',
    schema: {
      type: 'object',
      properties: {
        baseUrl: { type: 'string', format: 'uri', title: 'Server', examples: ['https://git.octo.example'] },
        token: { type: 'string', title: 'Access token', writeOnly: true },
      },
      required: ['token'],
    },
    auth: { type: 'bearer', field: 'token' },
    origins: ['https://api.octo.example', 'https://uploads.octo.example'],
  },
  {
    id: 'acme.mail',
    displayName: 'Acme Mail',
    description: 'Sends mail to subscribers.',
    icon: icon('#b3541e', 'M6 10h20L16 18zM6 13l10 8 10-8v10H6z'),
    version: '2.1.0',
    schema: {
      type: 'object',
      properties: { key: { type: 'string', title: 'API key', writeOnly: true } },
      required: ['key'],
    },
    auth: { type: 'header', field: 'key', name: 'X-Api-Key' },
    origins: ['https://mail.acme.example'],
  },
  {
    id: 'acme.forge',
    displayName: 'Forge',
    description: 'Issues, merge requests and pipelines of a Forge server.',
    icon: icon('#1d5f8a', 'M7 21h18v4H7zM9 8l7 10 7-10h-4l-3 4-3-4z'),
    documentationUrl: 'https://forge.example.com/docs',
    version: '1.4.0',
    schema: {
      type: 'object',
      properties: {
        baseUrl: {
          type: 'string',
          format: 'uri',
          title: 'Server',
          description: 'The address of the server, without a path.',
          examples: ['https://forge.example.com'],
        },
        group: { type: 'string', title: 'Group', pattern: '^[a-z]+$', examples: ['platform'] },
        visibility: {
          type: 'string',
          title: 'Visibility',
          enum: ['public', 'internal', 'private'],
          default: 'internal',
        },
        timeout: { type: 'integer', title: 'Time limit (seconds)', minimum: 1, maximum: 300, default: 30 },
        verify: { type: 'boolean', title: 'Check certificates', default: true },
        token: { type: 'string', title: 'Access token', description: 'With the scope read_api.', writeOnly: true },
      },
      required: ['baseUrl', 'token'],
    },
    auth: { type: 'bearer', field: 'token' },
    origins: [{ fromField: 'baseUrl' }],
  },
];

const kWorkspace = { id: 'orchard', name: 'Orchard' };

const kSecrets = [
  ['Cloudflare DNS', 'dns_credential', 'CLOUDFLARE_API_TOKEN'],
  ['Deploy key', 'ssh_key', 'DEPLOY_SSH_KEY'],
  ['GitHub token', 'service_token', 'GITHUB_TOKEN'],
  ['Let’s Encrypt', 'acme_account_key', undefined],
  ['OpenAI', 'api_key', 'OPENAI_API_KEY'],
  ['Release signing', 'managed_private_key', 'RELEASE_SIGNING_KEY'],
  ['Stripe (test)', 'api_key', 'STRIPE_TEST_KEY'],
  ['Webhook secret', 'custom', 'WEBHOOK_SECRET'],
] as const;

const [, , folder, ...only] = process.argv;
if (folder === undefined) throw new Error('usage: screenshots.mts <folder>');
await mkdir(folder, { recursive: true });
const scratch = await mkdtemp(join(tmpdir(), 'strongroom-pictures-'));
await buildSettings(join(scratch, 'page'));
const room = await openStrongroom({
  dir: join(scratch, 'store'),
  appId: 'org.strongroom.pictures',
  keyProviders: ['master-key-file'],
});
const ids: string[] = [];
for (const [name, kind, envKey] of kSecrets) {
  const value = randomBytes(24).toString('base64url');
  const metadata = name === 'GitHub token' ? { owner: 'Release team', expires: '2027-03-01' } : {};
  ids.push(
    (await room.secrets.create({ name, kind, value, metadata, ...(envKey === undefined ? {} : { envKey }) })).id,
  );
}
for (const [index, reason] of [
  [2, 'Publish release 4.2'],
  [0, 'Renew the records of example.org'],
  [5, 'Sign build 1182'],
  [2, 'List open pull requests'],
] as const) {
  await room.secrets.use(ids[index] ?? '', { reason }, () => undefined);
}
await room.secrets.replaceValue(ids[0] ?? '', randomBytes(24).toString('base64url'));
for (const manifest of kProviders) await room.providers.register(manifest);
const connect = (providerId: string, displayName: string, field: string) =>
  room.connections.create({
    providerId,
    scope: 'user',
    displayName,
    secrets: { [field]: randomBytes(24).toString('base64url') },
  });
const work = await connect('octo.git', 'Work account', 'token');
const own = await connect('octo.git', 'Private account', 'token');
const mail = await connect('acme.mail', 'Newsletter', 'key');
type Request = Parameters<typeof room.access.request>[0];
const request = (
  principalId: string,
  role: Request['role'],
  connection: typeof work,
  field: string,
  reason: string,
): Request => ({ principalId, role, connectionId: connection.id, field, reason });
const decide = async (asked: Request, decision: ConsentDecision): Promise<void> => {
  const outcome = room.access.request(asked).catch(() => undefined);
  let [waiting] = (await room.access.pending()).items;
  while (waiting === undefined) [waiting] = (await room.access.pending()).items;
  await room.access.respond(waiting.id, decision);
  await outcome;
};
const notes = request('octo.notes', 'extension', work, 'token', 'Sync the notes of your repositories');
const pushy = request('shady.helper', 'extension', own, 'token', 'To be of help');
await decide(notes, 'allow-always');
await decide(request('octo.notes', 'extension', own, 'token', 'List open pull requests'), 'allow-once');
await decide(request('acme.deploy', 'tool', work, 'token', 'Publish releases'), 'allow-always');
await decide(request('acme.deploy', 'tool', mail, 'key', 'Tell subscribers'), 'deny-always');
for (let times = 0; times < 3; times += 1) await decide(pushy, 'deny');

const forge = (displayName: string, scope: 'user' | 'workspace', group: string) =>
  room.connections.create({
    providerId: 'acme.forge',
    scope,
    ...(scope === 'workspace' ? { workspaceId: kWorkspace.id } : {}),
    displayName,
    fields: { baseUrl: 'https://forge.example.com', group, visibility: 'internal', timeout: 30, verify: true },
    secrets: { token: randomBytes(24).toString('base64url') },
  });
const company = await forge('Company forge', 'user', 'platform');
const orchard = await forge('Forge of Orchard', 'workspace', 'orchard');
room.providers.onTest('octo.git', async () => ({ ok: true, message: 'Signed in as release-bot' }));
room.providers.onTest('acme.forge', async ({ connection }) =>
  connection.id === company.id
    ? { ok: true, message: 'Version 17.4' }
    : { ok: false, message: 'The server answered 401: the token was refused' },
);
for (const { id } of [work, company, orchard]) await room.connections.test(id);
// The next version of a service asks for more.
const [, acmeMail] = kProviders as [ProviderManifest, ProviderManifest];
const { properties } = acmeMail.schema as { properties: object };
await room.providers.register({
  ...acmeMail,
  schema: {
    type: 'object',
    properties: { ...properties, sender: { type: 'string', title: 'Sender', format: 'email' } },
    required: ['key', 'sender'],
  },
});

const host = await startHost({ room, page: join(scratch, 'page'), workspace: kWorkspace });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: kFlags });

type Step = (page: Page) => Promise<unknown>;
const steps =
  (...all: readonly Step[]): Step =>
  async (page) => {
    for (const step of all) await step(page);
  };
const press =
  (name: string): Step =>
  (page) =>
    page.getByRole('button', { name, exact: true }).click();
const details = press('Details of GitHub token');
const add: Step = async (page) => {
  await press('Add secret')(page);
  await page.getByLabel('Name', { exact: true }).fill('Sentry');
  await page.getByLabel('Environment key').fill('sentry_token');
  await page.getByLabel('Value', { exact: true }).fill(randomBytes(24).toString('base64url'));
};
const remove = press('Remove OpenAI');
const select: Step = async (page) => {
  for (const name of ['OpenAI', 'Stripe (test)']) await page.getByLabel(`Select ${name}`, { exact: true }).check();
};
const audit: Step = async (page) => {
  await press('Verify log')(page);
  await page.locator('[data-verdict]').waitFor();
};
const byConnection: Step = (page) => page.getByRole('radio', { name: 'Connection' }).check({ force: true });
/** Three ask and wait; what waits is denied when the picture has been taken. */
const ask: Step = async (page) => {
  const asked = [
    request('octo.review', 'extension', work, 'token', 'Show the comments on your pull requests beside the code'),
    request('acme.deploy', 'tool', own, 'token', 'Publish release 4.2'),
    request('shady.words', 'extension', mail, 'key', 'Just to \u202eemit eht kcehc\u202c'),
  ];
  for (const one of asked) void room.access.request(one).catch(() => undefined);
  await page.getByRole('dialog').locator('.allow[aria-disabled=false]').first().waitFor();
  await page.getByRole('dialog').getByText('1 of 3').waitFor();
};
const putOff: Step = async (page) => {
  await page.keyboard.press('Escape');
  await page.getByRole('region', { name: 'Waiting for your answer' }).waitFor();
};
const choose =
  (name: string): Step =>
  async (page) => {
    await page.getByRole('listbox').getByRole('option', { name }).click();
    await page.getByRole('heading', { name: 'Last accesses' }).waitFor();
  };
const connecting: Step = async (page) => {
  await press('Add connection')(page);
  await page.getByRole('button', { name: /^Forge/ }).click();
  await page.getByLabel('Server').fill('forge.example.com');
  await page.getByLabel('Group').fill('Platform team');
};
/** Somebody else saves while a person types. */
const overtaken: Step = async (page) => {
  await choose('Company forge')(page);
  await page.getByLabel('Group').fill('orchard');
  const { fields, revision } = await room.connections.get(company.id);
  await room.connections.update(company.id, { fields: { ...fields, group: 'tools', timeout: 60 }, revision });
  await press('Compare')(page);
};
const putBack = async (): Promise<void> => {
  const { revision } = await room.connections.get(company.id);
  await room.connections.update(company.id, { fields: company.fields, revision });
};
const mirrored: Step = (page) =>
  page.evaluate(() => {
    const element = document.querySelector<HTMLElement>('strongroom-settings');
    if (element) element.dir = 'rtl';
  });
const inGerman: Step = async (page) => {
  await page.evaluate(() => {
    const element = document.querySelector<HTMLElement>('strongroom-settings');
    if (element) element.lang = 'de';
  });
  await page.getByRole('navigation', { name: 'Seiten der Einstellungen' }).waitFor();
};

const kWide = { viewport: { width: 1180, height: 740 } };
const kDark = { ...kWide, colorScheme: 'dark' } as const;
const kNarrow = { viewport: { width: 320, height: 740 } };
const kForced = { ...kWide, forcedColors: 'active' } as const;
/** The name of a picture, the page that is opened, the window, and what is done before it is taken. */
const kPictures: readonly [name: string, page: string, window: BrowserContextOptions, prepare?: Step][] = [
  ['connections', 'connections', kWide, choose('Work account')],
  ['connections-dark', 'connections', kDark, choose('Work account')],
  ['connections-attention', 'connections', kWide, choose('Newsletter')],
  ['connections-failed', 'connections', kDark, choose('Forge of Orchard')],
  ['connections-overridden', 'connections', kWide, choose('Company forge')],
  ['connections-cards', 'connections', kWide, press('Add connection')],
  ['connections-new', 'connections', kWide, connecting],
  ['connections-new-dark', 'connections', kDark, connecting],
  ['connections-conflict', 'connections', kWide, overtaken],
  ['connections-remove', 'connections', kWide, steps(choose('Work account'), press('Remove Work account'))],
  ['connections-320', 'connections', kNarrow],
  ['connections-320-one', 'connections', kNarrow, choose('Work account')],
  ['connections-320-new', 'connections', { ...kNarrow, colorScheme: 'dark' }, connecting],
  ['connections-rtl', 'connections', kWide, steps(mirrored, choose('Work account'))],
  ['connections-german', 'connections', kWide, steps(choose('Newsletter'), inGerman)],
  ['connections-forced-colors', 'connections', kForced, choose('Company forge')],
  ['settings', 'secrets', kWide, details],
  ['secrets-dark', 'secrets', kDark],
  ['secrets-selected', 'secrets', kWide, select],
  ['secrets-320', 'secrets', kNarrow],
  ['secrets-rtl', 'secrets', kWide, mirrored],
  ['secrets-german', 'secrets', kWide, steps(details, inGerman)],
  ['secrets-forced-colors', 'secrets', kForced],
  ['add-light', 'secrets', kWide, add],
  ['add-dark', 'secrets', kDark, add],
  ['add-320', 'secrets', kNarrow, add],
  ['remove-light', 'secrets', kWide, remove],
  ['remove-several', 'secrets', kWide, steps(select, press('Remove selected'))],
  ['access-light', 'access', kWide],
  ['access-dark', 'access', kDark, byConnection],
  ['access-waiting', 'access', kWide, steps(ask, putOff)],
  ['access-320', 'access', kNarrow],
  ['access-rtl', 'access', kWide, mirrored],
  ['access-forced-colors', 'access', kForced],
  ['revoke-all', 'access', kWide, press('Revoke all')],
  ['consent-light', 'access', kWide, ask],
  ['consent-dark', 'access', kDark, ask],
  ['consent-320', 'access', kNarrow, ask],
  ['consent-rtl', 'access', kWide, steps(mirrored, ask)],
  ['consent-forced-colors', 'access', kForced, ask],
  ['audit-light', 'audit', kWide, audit],
  ['audit-dark', 'audit', kDark, audit],
  ['audit-days', 'audit', kWide, press('Show as table')],
  ['audit-320', 'audit', kNarrow, audit],
  ['audit-rtl', 'audit', kWide, mirrored],
  ['export', 'audit', kWide, press('Export')],
];
try {
  for (const [name, shown, options, prepare] of kPictures) {
    if (only.length > 0 && !only.includes(name)) continue;
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const page = await context.newPage();
    await page.goto(`${host.url}/?page=${shown}#${host.token}`);
    await page.locator('tr.row, [aria-busy=false] [role=option]').first().waitFor();
    const dismiss = page.getByRole('button', { name: 'Dismiss', exact: true });
    if (await dismiss.isVisible()) await dismiss.click();
    await prepare?.(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'initial' });
    await context.close();
    if (prepare === overtaken) await putBack();
    for (const { id } of (await room.access.pending()).items) await room.access.respond(id, 'deny');
    for (const { principalId, role, connectionId } of (await room.access.silenced()).items) {
      if (principalId !== pushy.principalId) await room.access.unsilence({ principalId, role, connectionId });
    }
  }
} finally {
  await browser.close();
  await host.close();
  await room.close();
  await rm(scratch, { recursive: true });
}
