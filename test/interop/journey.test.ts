/**
 * The whole way of a new user: what `npm start` runs, on a real keyring; a token stored through the page in a real
 * browser; stop; start again; and the token used from a script, with its audit entry.
 */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditVerdict, StatusInfo } from '../../contracts/index.js';
import { DEFAULT_APP_ID } from '../../js/main/paths.js';
import { launch } from '../settings/support.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, type Scope, temporaryDir } from '../support/directory.js';
import { privateKeyring } from '../support/keyring.js';
import { ended, linesOf, start } from '../support/process.js';
import { RemoteRoom } from '../support/remote.js';

/** Starts the host as `npm start` does; resolves with its process and the page's address. */
async function startHost(scope: Scope, env: NodeJS.ProcessEnv) {
  const host = start(scope, process.execPath, ['dist/js/host/start.js'], { env });
  for await (const line of linesOf(host.stdout)) {
    const address = /^Settings: (http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43})$/.exec(line)?.[1];
    if (address) return { host, address };
  }
  return assert.fail('the host ended before it was ready');
}

test('stored through the page, stopped, started, used from a script: the same bytes and a sealed entry', async (t) => {
  const keyring = await privateKeyring(t);
  const dir = join(temporaryDir(t), 'store');
  const env = { ...keyring.env, STRONGROOM_DIR: dir };
  const value = `${canary()} 🔑`;
  const browser = await launch();
  afterwards(t, () => browser.close());

  const first = await startHost(t, env);
  const page = await browser.newPage({ locale: 'en-GB' });
  await page.goto(first.address);
  await page
    .getByRole('link', { name: 'Secrets' })
    .or(page.getByRole('button', { name: 'Secrets' }))
    .first()
    .click();
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByLabel('Name', { exact: true }).fill('GitHub token');
  await page.getByLabel('Environment key').fill('GITHUB_TOKEN');
  await page.getByLabel('Value', { exact: true }).fill(value);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('GitHub token was saved.').waitFor();
  first.host.kill('SIGTERM');
  assert.deepEqual(await ended(first.host), { code: 0, signal: null });
  assert.equal(containsCanary(dir, value), undefined, 'nothing on the disk is in clear');
  assert.equal(statSync(dir).mode & 0o777, 0o700);

  // Started again, by another process, and used by a third one.
  const second = await startHost(t, env);
  const room = await RemoteRoom.open(t, { dir, appId: DEFAULT_APP_ID }, { env });
  const [secret] = (await room.call<{ items: { id: string }[] }>({ method: 'list' })).items;
  assert.equal(await room.call<string>({ method: 'use', id: secret?.id ?? '' }), value);
  assert.equal((await room.call<StatusInfo>({ method: 'status' })).keyProvider, 'os-keyring');
  const verdict = await room.call<AuditVerdict>({ method: 'audit.verify' });
  assert.deepEqual([verdict.ok, verdict.sealChecked, verdict.sealedThrough], [true, true, verdict.entries]);
  await room.end();

  await page.goto(second.address);
  await page
    .getByRole('link', { name: 'Audit' })
    .or(page.getByRole('button', { name: 'Audit' }))
    .first()
    .click();
  await page.getByRole('cell', { name: 'Use value' }).waitFor();
});
