/**
 * The example app in a real Electron, driven by Playwright. It runs where there is an Electron binary and a display to
 * show windows on, and is reported as skipped where there is not: everything that it needs Electron for is simulated in
 * the other tests of this folder.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core';
import type { Connection, Envelope } from '../../contracts/index.js';
import type { StrongroomBridge } from '../../js/preload/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, temporaryDir } from '../support/directory.js';

interface App {
  app: ElectronApplication;
  page: Page;
  output: () => string;
}

/** Undefined, with the test marked as skipped, where Electron cannot run. */
async function launch(t: TestContext): Promise<App | undefined> {
  const { electronArguments, electronBinary, hasDisplay } = await import('../../js/tools/electron.mjs');
  const executablePath = electronBinary();
  if (executablePath === undefined || !hasDisplay()) {
    t.skip(executablePath === undefined ? 'not run: no Electron binary' : 'not run: no display');
    return undefined;
  }
  const home = temporaryDir(t);
  const app = await electron.launch({
    executablePath,
    args: [...electronArguments(), join(__dirname, '../../dist/js/example/main.js')],
    env: {
      ...(process.env as Record<string, string>),
      HOME: home,
      XDG_CONFIG_HOME: home,
      STRONGROOM_DIR: join(home, 'store'),
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
    },
  });
  afterwards(t, () => app.close());
  let output = '';
  for (const stream of [app.process().stdout, app.process().stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const page = await app.firstWindow();
  await page.locator('strongroom-settings').waitFor();
  return { app, page, output: () => output };
}

/** What the page finds at `window.strongroom`. */
type Bridged = typeof globalThis & { strongroom: StrongroomBridge };

test('the Settings page in a sandboxed window reaches the core through the preload script alone', {}, async (t) => {
  const started = await launch(t);
  if (started === undefined) return;
  const { page } = started;
  const found = await page.evaluate(async () => {
    const { strongroom } = globalThis as Bridged;
    const refused = await strongroom
      .invoke('secrets.create', { name: '', kind: 'custom', value: 'v' })
      .catch((error: { code: string; issues: unknown[] }) => ({ code: error.code, issues: error.issues.length }));
    return {
      members: Object.keys(strongroom).sort(),
      frozen: Object.isFrozen(strongroom),
      node: [
        typeof (globalThis as { require?: unknown }).require,
        typeof (globalThis as { process?: unknown }).process,
      ],
      state: (await strongroom.invoke('status.get', {})).state,
      refused,
    };
  });
  assert.deepEqual(found, {
    members: ['invoke', 'on'],
    frozen: true,
    node: ['undefined', 'undefined'],
    state: 'locked',
    refused: { code: 'INVALID_REQUEST', issues: 1 },
  });
});

test('a page of another origin and a frame within the page get nothing', {}, async (t) => {
  const started = await launch(t);
  if (started === undefined) return;
  const { app, page } = started;
  const ask = (url: string, subframe: boolean): Promise<string> =>
    app.evaluate(
      async ({ BrowserWindow }, { url, subframe, preload }) => {
        const window = new BrowserWindow({
          show: false,
          webPreferences: { preload, sandbox: true, nodeIntegrationInSubFrames: true },
        });
        await window.loadURL(url);
        const frame = window.webContents.mainFrame;
        if (subframe) {
          await frame.executeJavaScript(
            `new Promise((done) => { const frame = document.createElement('iframe'); frame.onload = done; document.body.append(frame); })`,
          );
        }
        const code = `strongroom.invoke('secrets.list', {}).then(() => 'ok', ({ code }) => code)`;
        const answer = (await (subframe ? frame.frames[0] : frame)?.executeJavaScript(code)) as string;
        window.destroy();
        return answer;
      },
      { url, subframe, preload: join(__dirname, '../../dist/js/preload/sandboxed.js') },
    );
  assert.equal(await ask('data:text/html,hello', false), 'FORBIDDEN');
  assert.equal(await ask(page.url(), true), 'FORBIDDEN');
  assert.equal(await ask(page.url(), false), 'ok');
});

test('the extension in its utility process uses a token with consent, and never sees it', async (t) => {
  const started = await launch(t);
  if (started === undefined) return;
  const { app, page, output } = started;
  // The system's message box cannot be clicked from here: it answers Allow once.
  await app.evaluate(({ dialog }) => {
    dialog.showMessageBox = async () => ({ response: 1, checkboxChecked: false });
  });
  const token = canary();
  const created = await page.evaluate(async (token): Promise<Envelope<Connection>> => {
    const { strongroom } = globalThis as Bridged;
    const echo = (await strongroom.invoke('providers.list', {})).items.find(({ id }) => id === 'example.echo');
    const baseUrl = echo?.schema.properties.baseUrl?.default ?? '';
    const value = await strongroom.invoke('connections.create', {
      providerId: 'example.echo',
      scope: 'user',
      displayName: 'Mine',
      fields: { baseUrl },
      secrets: { token },
    });
    return { ok: true, value };
  }, token);
  assert.ok(created.ok);
  const process = app.process();
  while (!/the service answered 200/.test(output())) {
    await new Promise((resolve) => process.stderr?.once('data', resolve));
  }
  assert.match(output(), /redacted/);
  assert.equal(containsCanary(Buffer.from(output()), token), undefined);
});
