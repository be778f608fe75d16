/**
 * The Settings pages of the example app in a real browser, through the built preload script, a simulated Electron and
 * the transports to a real store.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { connectExtensionPort, registerStrongroomIpc } from '../../js/electron/index.js';
import { settingsPages } from '../../js/example/pages.js';
import { connectStrongroom } from '../../js/extension/index.js';
import { kSecurityHeaders } from '../../js/host/guard.js';
import { SimulatedContents, SimulatedIpcMain } from '../electron/simulated.js';
import { builtPage } from '../host/support.js';
import { SharedBrowser } from '../settings/support.js';
import { canary } from '../support/canary.js';
import { afterwards } from '../support/directory.js';
import { openRoom } from '../support/room.js';
import { across, builtPreload } from './bridge.js';

const ORIGIN = 'https://settings.example';
const shared = new SharedBrowser();

test('the Settings element works with the bridge as its client: list, change, consent, refusals', async (t) => {
  const room = await openRoom(t);
  await room.secrets.create({ name: 'First', kind: 'custom', value: canary() });
  const ipcMain = new SimulatedIpcMain();
  registerStrongroomIpc({ ipcMain, room, settingsOrigin: ORIGIN });
  const contents = new SimulatedContents(`${ORIGIN}/`);

  const context = await shared.browser.newContext({ locale: 'en-GB' });
  afterwards(t, () => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  const pages = await settingsPages(await builtPage());
  await page.route(`${ORIGIN}/**`, async (route) => {
    const file = pages.get(new URL(route.request().url()).pathname);
    if (file === undefined) return route.fulfill({ status: 404 });
    return route.fulfill({
      body: Buffer.from(file.bytes),
      headers: { ...kSecurityHeaders, 'Content-Type': file.type },
    });
  });
  await page.exposeFunction('simulatedInvoke', (channel: string, payload: unknown) =>
    ipcMain.invoke(contents.event(), channel.replace('strongroom:', ''), payload),
  );
  contents.on('simulated-send', () => {
    const message = contents.sent.at(-1)?.message;
    void page.evaluate(
      (event) => (globalThis as never as { simulatedReceive(e: unknown): void }).simulatedReceive(event),
      message,
    );
  });
  await page.addInitScript(`(() => {
    globalThis.__name ??= (value) => value;
    const across = ${across.toString()};
    const listeners = new Set();
    globalThis.simulatedReceive = (message) => { for (const listener of listeners) listener({}, message); };
    const electron = {
      contextBridge: {
        exposeInMainWorld: (key, api) => Object.defineProperty(globalThis, key, { value: across(api) }),
      },
      ipcRenderer: {
        invoke: (channel, payload) => globalThis.simulatedInvoke(channel, payload),
        on: (_channel, listener) => listeners.add(listener),
        removeListener: (_channel, listener) => listeners.delete(listener),
      },
    };
    const require = () => electron;
    const module = { exports: {} };
    ${builtPreload().sandboxed}
  })();`);

  await page.goto(`${ORIGIN}/?`);
  await page.evaluate(() => {
    (document.querySelector('strongroom-settings') as HTMLElement & { page: string }).page = 'secrets';
  });
  await page.getByText('First').first().waitFor();
  await room.secrets.create({ name: 'Second', kind: 'custom', value: canary() });
  await page.getByText('Second').first().waitFor();

  const { port1, port2 } = new MessageChannel();
  connectExtensionPort({ port: port1, room, principalId: 'acme.extension' });
  const extension = connectStrongroom(port2);
  afterwards(t, () => port2.close());
  await extension.providers.register({
    id: 'acme.api',
    displayName: 'Acme',
    description: '',
    version: '1',
    schema: { type: 'object', properties: { token: { type: 'string', title: 'Token', writeOnly: true } } },
    auth: { type: 'bearer', field: 'token' },
    origins: ['https://api.acme.example'],
  });
  const { id } = await room.connections.create({
    providerId: 'acme.api',
    scope: 'user',
    displayName: 'Mine',
    secrets: { token: canary() },
  });
  const granted = extension.access.request({ connectionId: id, field: 'token', reason: 'List your issues' });
  await page.getByText('List your issues').first().waitFor();
  await page.getByRole('button', { name: 'Allow once' }).click();
  assert.equal((await granted).lifetime, 'once');

  const refused = await page.evaluate(() =>
    (globalThis as never as { strongroom: { invoke(c: string, p: object): Promise<unknown> } }).strongroom
      .invoke('secrets.create', { name: 'First', kind: 'custom', value: 'v' })
      .catch(({ code }: { code: string }) => code),
  );
  assert.equal(refused, 'ALREADY_EXISTS');
  assert.deepEqual(complaints, []);
});
