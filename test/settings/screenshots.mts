/**
 * Pictures of the Settings page: `node --import tsx test/settings/screenshots.mts <folder>`. Uses a real store, host and
 * browser, filled with made-up secrets; everything else about it is as a person would see it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { startHost } from '../../js/host/index.js';
import { openStrongroom } from '../../js/main/index.js';
import { buildSettings } from '../../js/settings/build.mjs';

const kFlags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];

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

const folder = process.argv[2];
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
const host = await startHost({ room, page: join(scratch, 'page') });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: kFlags });

const details = (page: Page): Promise<void> => page.getByRole('button', { name: 'Details of GitHub token' }).click();
const add = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Sentry');
  await page.getByLabel('Environment key').fill('sentry_token');
  await page.getByLabel('Value', { exact: true }).fill(randomBytes(24).toString('base64url'));
};
const remove = (page: Page): Promise<void> => page.getByRole('button', { name: 'Remove OpenAI' }).click();
const audit = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Audit', exact: true }).click();
  await page.getByRole('button', { name: 'Verify log' }).click();
  await page.locator('[data-verdict]').waitFor();
};
const mirrored = (page: Page): Promise<void> =>
  page.evaluate(() => {
    document.documentElement.dir = 'rtl';
  });

const kWide = { width: 1180, height: 740 };
const kNarrow = { width: 320, height: 740 };
const kPictures: readonly [string, BrowserContextOptions, ((page: Page) => Promise<void>)?][] = [
  ['settings', { viewport: kWide }, details],
  ['secrets-dark', { viewport: kWide, colorScheme: 'dark' }],
  ['add-light', { viewport: kWide }, add],
  ['add-dark', { viewport: kWide, colorScheme: 'dark' }, add],
  ['remove-light', { viewport: kWide }, remove],
  ['audit-light', { viewport: kWide }, audit],
  ['audit-dark', { viewport: kWide, colorScheme: 'dark' }, audit],
  ['secrets-320', { viewport: kNarrow }],
  ['add-320', { viewport: kNarrow }, add],
  ['audit-320', { viewport: kNarrow }, audit],
  ['secrets-rtl', { viewport: kWide }, mirrored],
  ['secrets-forced-colors', { viewport: kWide, forcedColors: 'active' }],
];
try {
  for (const [name, options, prepare] of kPictures) {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    const page = await context.newPage();
    await page.goto(`${host.url}/#${host.token}`);
    await page.locator('tr.row').first().waitFor();
    const dismiss = page.getByRole('button', { name: 'Dismiss', exact: true });
    if (await dismiss.isVisible()) await dismiss.click();
    await prepare?.(page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'initial' });
    await context.close();
  }
} finally {
  await browser.close();
  await host.close();
  await room.close();
  await rm(scratch, { recursive: true });
}
