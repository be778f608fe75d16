/**
 * The built preload scripts. Electron's side of them is simulated as its documentation says: a sandboxed script may
 * require `electron` and nothing else; what crosses the context bridge is copied and frozen, functions are wrapped, and of
 * an Error only its message gets across.
 */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { before, test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import type { Envelope } from '../../contracts/index.js';
import { registerStrongroomIpc } from '../../js/electron/index.js';
import type { StrongroomBridge } from '../../js/preload/index.js';
import { channels, codeOf, requests } from '../electron/requests.js';
import { SimulatedContents, SimulatedIpcMain } from '../electron/simulated.js';
import { openRoom } from '../support/room.js';
import { across, builtPreload } from './bridge.js';

let sandboxed = '';
let entry = '';

before(() => {
  ({ sandboxed, entry } = builtPreload());
});

class SimulatedRenderer extends EventEmitter {
  readonly asked: { channel: string; payload: unknown }[] = [];
  answer: (channel: string, payload: unknown) => Promise<unknown> = async () => ({ ok: true, value: {} });

  async invoke(channel: string, payload: unknown): Promise<unknown> {
    this.asked.push({ channel, payload: structuredClone(payload) });
    return structuredClone(await this.answer(channel, payload));
  }

  /** What the main process's `webContents.send` brings about. */
  receive(message: unknown): void {
    this.emit('strongroom:event', { sender: this, ports: [] }, structuredClone(message));
  }
}

interface Page {
  exposed: Record<string, StrongroomBridge>;
  renderer: SimulatedRenderer;
  required: string[];
}

/** Runs a preload script as a sandboxed window does. */
function preload(code: string, setUp = ''): Page {
  const page: Page = { exposed: {}, renderer: new SimulatedRenderer(), required: [] };
  const contextBridge = {
    exposeInMainWorld: (key: string, api: unknown) => {
      page.exposed[key] = across(api) as StrongroomBridge;
    },
  };
  const require = (name: string): object => {
    page.required.push(name);
    if (name !== 'electron') throw new Error(`module not found: ${name}`);
    return { contextBridge, ipcRenderer: page.renderer };
  };
  const module = { exports: {} as Record<string, unknown> };
  const context = createContext({ require, module, exports: module.exports, queueMicrotask, contextBridge });
  runInContext(code, context);
  if (setUp !== '') runInContext(setUp, context);
  return page;
}

const bridgeOf = (page: Page): StrongroomBridge => page.exposed.strongroom as StrongroomBridge;

test('the sandboxed script requires electron alone, and exposes one frozen object with invoke and on', () => {
  const page = preload(sandboxed);
  assert.deepEqual(page.required, ['electron']);
  assert.deepEqual(Object.keys(page.exposed), ['strongroom']);
  assert.deepEqual(Object.keys(bridgeOf(page)).sort(), ['invoke', 'on']);
  assert.ok(Object.isFrozen(bridgeOf(page)));
});

test('the entry requires nothing, and exposes under another name', () => {
  const page = preload(
    entry,
    `module.exports.exposeStrongroom({ contextBridge, ipcRenderer: require('electron').ipcRenderer, key: 'other' });`,
  );
  assert.deepEqual(page.required, ['electron']); // the line above
  assert.deepEqual(Object.keys(page.exposed), ['other']);
});

test('only channels of the contract are asked', async () => {
  const page = preload(sandboxed);
  const { invoke } = bridgeOf(page) as unknown as { invoke(channel: unknown, payload?: unknown): Promise<unknown> };
  for (const channel of [
    'secrets.reveal',
    '',
    '__proto__',
    'constructor',
    undefined,
    7,
    ['secrets.list'],
    'strongroom:secrets.list',
  ]) {
    await assert.rejects(invoke(channel, {}), { code: 'UNKNOWN_CHANNEL' });
  }
  await assert.rejects(invoke({ toString: () => 'secrets.list' }, {}), { code: 'UNKNOWN_CHANNEL' });
  assert.deepEqual(page.renderer.asked, []);
  for (const channel of channels) await invoke(channel, requests[channel]);
  assert.deepEqual(
    page.renderer.asked,
    channels.map((channel) => ({ channel: `strongroom:${channel}`, payload: requests[channel] })),
  );
});

test('a refusal comes across the bridge with its code, its issues and its detail', async () => {
  const page = preload(sandboxed);
  const error = {
    code: 'INVALID_REQUEST',
    message: 'no',
    detail: 'word',
    issues: [{ path: '/name', code: 'min', message: 'empty' }],
  };
  page.renderer.answer = async () => ({ ok: false, error });
  await assert.rejects(bridgeOf(page).invoke('secrets.list', {}), (thrown: object) => {
    assert.deepEqual({ ...thrown }, { name: 'StrongroomError', ...error });
    return true;
  });
});

test('what fails on the way is an error with a code that quotes nothing', async () => {
  const page = preload(sandboxed);
  page.renderer.answer = async () => Promise.reject(new Error('No handler registered for secret'));
  await assert.rejects(bridgeOf(page).invoke('secrets.list', {}), (thrown: { code: string; message: string }) => {
    assert.equal(thrown.code, 'CLOSED');
    assert.ok(!thrown.message.includes('secret'));
    return true;
  });
  for (const answer of [undefined, null, 7, {}, { ok: 'yes', value: 1 }, { ok: false }]) {
    page.renderer.answer = async () => answer;
    await assert.rejects(bridgeOf(page).invoke('secrets.list', {}), { code: 'INTERNAL' });
  }
});

test('events come without Electron’s event, to those who still listen', () => {
  const page = preload(sandboxed);
  const { on } = bridgeOf(page);
  const heard: unknown[][] = [];
  const stops = [on('changed', (...args) => heard.push(args)), on('changed', (...args) => heard.push(args))];
  on('lock', () => heard.push(['lock']));
  assert.equal(page.renderer.listenerCount('strongroom:event'), 1);
  const event = { type: 'changed', entity: 'secret', id: 'x', change: 'created' };
  page.renderer.receive(event);
  assert.deepEqual(heard, [[event], [event]]);
  stops[0]?.();
  stops[0]?.();
  page.renderer.receive(event);
  assert.equal(heard.length, 3);
  for (const message of [undefined, null, 7, {}, { type: '__proto__' }]) page.renderer.receive(message);
  assert.equal(heard.length, 3);
});

test('when nobody listens any more, nothing is left on ipcRenderer', () => {
  const page = preload(sandboxed);
  const { on } = bridgeOf(page);
  for (let i = 0; i < 2; i += 1) {
    const stops = [on('changed', () => 0), on('lock', () => 0), on('consent', () => 0), on('progress', () => 0)];
    assert.equal(page.renderer.listenerCount('strongroom:event'), 1);
    for (const stop of stops) stop();
    assert.equal(page.renderer.listenerCount('strongroom:event'), 0);
  }
});

test('types that only other clients have are never heard of', () => {
  const page = preload(sandboxed);
  const { on } = bridgeOf(page) as unknown as { on(type: unknown, listener: unknown): () => void };
  on('connection', () => assert.fail())();
  on('connection', () => assert.fail());
  assert.equal(page.renderer.listenerCount('strongroom:event'), 0);
  page.renderer.receive({ type: 'connection' });
  assert.throws(() => on('changed', 'no function'));
});

test('from the page through the bridge and IPC to a real store and back', async (t) => {
  const room = await openRoom(t);
  const ipcMain = new SimulatedIpcMain();
  registerStrongroomIpc({ ipcMain, room, settingsOrigin: 'app://settings' });
  const contents = new SimulatedContents('app://settings/');
  const page = preload(sandboxed);
  page.renderer.answer = (channel, payload): Promise<Envelope<unknown>> =>
    ipcMain.invoke(contents.event(), channel.replace('strongroom:', ''), payload);
  contents.on('simulated-send', () => page.renderer.receive(contents.sent.at(-1)?.message));

  const { invoke, on } = bridgeOf(page);
  const changed = new Promise((resolve) =>
    on('changed', ({ entity, change }) => entity === 'secret' && resolve(change)),
  );
  const { id } = await invoke('secrets.create', { name: 'a', kind: 'custom', value: 'v' });
  assert.equal(await changed, 'created');
  assert.equal((await invoke('secrets.get', { id })).name, 'a');
  await assert.rejects(invoke('secrets.create', { name: 'a', kind: 'custom', value: 'v' }), { code: 'ALREADY_EXISTS' });
  await assert.rejects(
    invoke('secrets.create', { name: '', kind: 'custom', value: 'v' }),
    (thrown: { issues: object[] }) => {
      assert.equal(thrown.issues.length, 1);
      return true;
    },
  );
  assert.equal(
    codeOf(await ipcMain.invoke(contents.event(), 'access.request', requests['access.request'])),
    'FORBIDDEN',
  );
});
