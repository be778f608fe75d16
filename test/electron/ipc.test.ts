/** registerStrongroomIpc on a real store, with a simulated ipcMain. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { CHANNELS } from '../../contracts/generated/channels.js';
import type { Caller, Role, StrongroomEvent } from '../../contracts/index.js';
import {
  connectExtensionPort,
  type InvokeEventLike,
  type IpcOptions,
  registerStrongroomIpc,
} from '../../js/electron/index.js';
import type { Strongroom } from '../../js/main/index.js';
import { canary } from '../support/canary.js';
import { openRoom } from '../support/room.js';
import { assertTable, channels, codeOf, requests } from './requests.js';
import { SimulatedContents, SimulatedFrame, SimulatedIpcMain } from './simulated.js';

const ORIGIN = 'app://settings';
const PAGE = `${ORIGIN}/index.html`;

type Options = Omit<IpcOptions<InvokeEventLike>, 'ipcMain' | 'room'>;

function register(room: Strongroom, options: Options = { settingsOrigin: ORIGIN }) {
  const ipcMain = new SimulatedIpcMain();
  return { ipcMain, stop: registerStrongroomIpc({ ipcMain, room, ...options }) };
}

/** The refusal's word for the reason. */
async function refusedWith(ipcMain: SimulatedIpcMain, event: InvokeEventLike): Promise<string | undefined> {
  const answer = await ipcMain.invoke(event, 'secrets.list', {});
  assert.equal(codeOf(answer), 'FORBIDDEN');
  return answer.ok ? undefined : answer.error.detail;
}

test('there is one handler for each channel of the table, and no other', async (t) => {
  const { ipcMain } = register(await openRoom(t));
  assert.deepEqual([...CHANNELS].sort(), [...channels].sort());
  assert.deepEqual([...ipcMain.handlers.keys()].sort(), channels.map((channel) => `strongroom:${channel}`).sort());
});

for (const role of ['settings', 'extension', 'tool'] as const) {
  test(`the table holds for the role ${role}`, async (t) => {
    const caller: Caller = { role, principalId: 'acme.extension' };
    const { ipcMain } = register(await openRoom(t), { callerOf: () => caller });
    const event = new SimulatedContents(PAGE).event();
    await assertTable(role, (channel, payload) => ipcMain.invoke(event, channel, payload));
  });
}

const strangers: Record<string, Options['callerOf']> = {
  'nobody knows': () => undefined,
  'callerOf fails on': () => {
    throw new Error('no such window');
  },
  'says that it is the core': () => ({ role: 'core', principalId: 'core' }),
  'has a role that is none': () => ({ role: 'admin' as Role, principalId: 'x' }),
  'has no principal': () => ({ role: 'settings', principalId: '' }),
  'is promised to be somebody': (async () => ({ role: 'settings', principalId: 'x' })) as never,
};
for (const [who, callerOf] of Object.entries(strangers)) {
  test(`a sender that ${who} is refused on every channel`, async (t) => {
    const { ipcMain } = register(await openRoom(t), { ...(callerOf && { callerOf }) });
    const event = new SimulatedContents(PAGE).event();
    await assertTable(undefined, (channel, payload) => ipcMain.invoke(event, channel, payload));
  });
}

test('only the top frame of a live page of exactly the settings origin is answered', async (t) => {
  const { ipcMain } = register(await openRoom(t));
  const page = new SimulatedContents(PAGE);
  assert.equal(codeOf(await ipcMain.invoke(page.event(), 'secrets.list', {})), 'ok');

  assert.equal(await refusedWith(ipcMain, page.event(null)), 'no-frame');
  assert.equal(
    await refusedWith(ipcMain, page.event(new SimulatedFrame(PAGE, { parent: page.mainFrame }))),
    'subframe',
  );
  // A page that was put aside has no parent either.
  assert.equal(await refusedWith(ipcMain, page.event(new SimulatedFrame(PAGE))), 'subframe');
  const embedded = new SimulatedContents(PAGE);
  embedded.mainFrame = new SimulatedFrame(PAGE, { parent: page.mainFrame });
  assert.equal(await refusedWith(ipcMain, embedded.event()), 'subframe');
  const gone = new SimulatedContents(PAGE);
  gone.mainFrame.dispose();
  assert.equal(await refusedWith(ipcMain, gone.event()), 'unknown-sender');
  page.destroy();
  assert.equal(await refusedWith(ipcMain, page.event()), 'destroyed');
});

test('other origins are refused, however like the settings origin they look', async (t) => {
  const room = await openRoom(t);
  const { ipcMain } = register(room);
  for (const url of [
    'https://settings/index.html',
    'app://settings.evil/',
    'app://evil/app://settings',
    'app://settings:1/',
    'apps://settings/',
    'https://example.com/?app://settings',
    'file:///app/settings/index.html',
    'about:blank',
    'data:text/html,app://settings',
    'not a url',
  ]) {
    assert.equal(await refusedWith(ipcMain, new SimulatedContents(url).event()), 'origin', url);
  }
  for (const [url, origin] of [
    [PAGE, 'https://example.com'],
    [PAGE, 'null'],
    ['https://example.com/', ORIGIN],
    ['about:blank', ORIGIN],
    [`blob:${PAGE}`, ORIGIN],
    ['null', 'null'],
  ] as const) {
    const contents = new SimulatedContents(url);
    contents.mainFrame = new SimulatedFrame(url, { origin });
    assert.equal(await refusedWith(ipcMain, contents.event()), 'origin', `${url} of ${origin}`);
  }
});

test('a web origin is compared with its port, and a default port goes without saying', async (t) => {
  const room = await openRoom(t);
  const { ipcMain } = register(room, { settingsOrigin: 'https://Settings.example:443' });
  const answered = (url: string) => ipcMain.invoke(new SimulatedContents(url).event(), 'secrets.list', {}).then(codeOf);
  assert.equal(await answered('https://settings.example/page'), 'ok');
  assert.equal(await answered('https://settings.example:444/page'), 'FORBIDDEN');
  assert.equal(await answered('http://settings.example/page'), 'FORBIDDEN');
});

test('a settings origin that is none, or that of all files, is refused at once', async (t) => {
  const room = await openRoom(t);
  for (const settingsOrigin of [
    'file://',
    'file:///a',
    'null',
    '',
    '*',
    'app:',
    'app://settings/page',
    'https://a/b',
  ]) {
    const ipcMain = new SimulatedIpcMain();
    assert.throws(() => registerStrongroomIpc({ ipcMain, room, settingsOrigin }), { code: 'INVALID_REQUEST' });
    assert.equal(ipcMain.handlers.size, 0, settingsOrigin);
  }
  assert.throws(() => registerStrongroomIpc({ ipcMain: new SimulatedIpcMain(), room }), { code: 'INVALID_REQUEST' });
  for (const given of [undefined, null, {}, { ipcMain: new SimulatedIpcMain() }, { room }]) {
    const options = given && { ...given, settingsOrigin: 'app://settings' };
    assert.throws(() => registerStrongroomIpc(options as never), { code: 'INVALID_REQUEST' });
    assert.throws(() => connectExtensionPort(options as never), { code: 'INVALID_REQUEST' });
  }
});

test('callerOf decides within the settings origin, not beyond it', async (t) => {
  const { ipcMain } = register(await openRoom(t), {
    settingsOrigin: ORIGIN,
    callerOf: () => ({ role: 'settings', principalId: 'settings' }),
  });
  assert.equal(await refusedWith(ipcMain, new SimulatedContents('https://example.com/').event()), 'origin');
});

test('what a payload says about who sends it changes nothing', async (t) => {
  const room = await openRoom(t);
  const { ipcMain } = register(room, { callerOf: () => ({ role: 'extension', principalId: 'acme.extension' }) });
  const event = new SimulatedContents(PAGE).event();
  const smuggled = { role: 'core', principalId: 'core', caller: { role: 'core' }, uses: ['acme.api'] };
  for (const channel of channels) {
    const code = codeOf(await ipcMain.invoke(event, channel, { ...requests[channel], ...smuggled }));
    assert.ok(['INVALID_REQUEST', 'FORBIDDEN'].includes(code), `${channel}: ${code}`);
  }
  await ipcMain.invoke(event, 'providers.unregister', { id: 'acme.table' });
  const { items } = await room.audit.list();
  assert.deepEqual(
    new Set(items.map(({ role, principalId }) => `${role} ${principalId}`)),
    new Set(['extension acme.extension']),
  );
});

test('a value goes in and nothing of it comes back', async (t) => {
  const { ipcMain } = register(await openRoom(t));
  const value = canary();
  const event = new SimulatedContents(PAGE).event();
  const created = await ipcMain.invoke(event, 'secrets.create', { name: 'a', kind: 'custom', value });
  assert.equal(codeOf(created), 'ok');
  assert.ok(!JSON.stringify([created, await ipcMain.invoke(event, 'secrets.list', {})]).includes(value));
});

test('a room that breaks its promise is answered for with INTERNAL, without what it threw', async () => {
  const secret = canary();
  const ipcMain = new SimulatedIpcMain();
  const room = { dispatch: () => Promise.reject(new Error(secret)), on: () => () => undefined };
  registerStrongroomIpc({ ipcMain, room, settingsOrigin: ORIGIN });
  const answer = await ipcMain.invoke(new SimulatedContents(PAGE).event(), 'secrets.list', {});
  assert.equal(codeOf(answer), 'INTERNAL');
  assert.ok(!JSON.stringify(answer).includes(secret));
});

/** Asks once, so that the page counts as a Settings page. */
async function greet(ipcMain: SimulatedIpcMain, contents: SimulatedContents): Promise<void> {
  await ipcMain.invoke(contents.event(), 'status.get', {});
}

async function createSecret(room: Strongroom, name: string): Promise<void> {
  await room.secrets.create({ name, kind: 'custom', value: canary() });
}

const typesOf = (contents: SimulatedContents): string[] =>
  contents.sent.map(({ message }) => (message as StrongroomEvent).type);

test('events go to Settings pages that have been answered, and to nobody else', async (t) => {
  const room = await openRoom(t);
  const { ipcMain } = register(room, {
    callerOf: ({ sender }) => ({ role: sender === extension ? 'extension' : 'settings', principalId: 'x' }),
  });
  const settings = new SimulatedContents(PAGE);
  const extension = new SimulatedContents(PAGE);
  const silent = new SimulatedContents(PAGE);
  await greet(ipcMain, settings);
  await greet(ipcMain, extension);
  const told = once(settings, 'simulated-send');
  await createSecret(room, 'a');
  await told;
  assert.ok(typesOf(settings).includes('changed') || typesOf(settings).includes('lock'));
  assert.ok(settings.sent.every(({ channel }) => channel === 'strongroom:event'));
  assert.deepEqual([extension.sent, silent.sent], [[], []]);
});

test('each event is told only to a page that is what it was: live, of its origin and with the same caller', async () => {
  const listeners = new Map<string, (event: never) => void>();
  const room = {
    dispatch: async () => ({ ok: true as const, value: {} }),
    on: (type: string, listener: (event: never) => void) => {
      listeners.set(type, listener);
      return () => void listeners.delete(type);
    },
  } as Pick<Strongroom, 'dispatch' | 'on'>;
  const emit = (): void => listeners.get('lock')?.({ type: 'lock', state: 'locked' } as never);
  const ipcMain = new SimulatedIpcMain();
  const callers = new Map<unknown, Caller>();
  registerStrongroomIpc({ ipcMain, room, settingsOrigin: ORIGIN, callerOf: ({ sender }) => callers.get(sender) });
  const page = (): SimulatedContents => {
    const contents = new SimulatedContents(PAGE);
    callers.set(contents, { role: 'settings', principalId: 'settings' });
    return contents;
  };
  const [steady, navigated, demoted, renamed, gone] = [page(), page(), page(), page(), page()];
  for (const contents of callers.keys()) await greet(ipcMain, contents as SimulatedContents);
  emit();
  navigated.mainFrame.navigate('https://example.com/');
  callers.set(demoted, { role: 'extension', principalId: 'settings' });
  callers.set(renamed, { role: 'settings', principalId: 'another' });
  gone.destroy();
  emit();
  assert.deepEqual(
    [steady, navigated, demoted, renamed, gone].map(({ sent }) => sent.length),
    [2, 1, 1, 1, 1],
  );
  navigated.mainFrame.navigate(PAGE);
  steady.mainFrame.dispose();
  emit();
  assert.deepEqual([steady.sent.length, navigated.sent.length], [2, 2]);
  assert.equal(gone.listenerCount('destroyed'), 0);
});

test('nobody is asked any more for a page that has gone', async (t) => {
  const room = await openRoom(t);
  await room.providers.register({
    id: 'acme.api',
    displayName: 'Acme',
    description: '',
    version: '1',
    schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } },
  });
  const { id } = await room.connections.create({
    providerId: 'acme.api',
    scope: 'user',
    displayName: 'Mine',
    secrets: { token: canary() },
  });
  const { ipcMain, stop } = register(room, { callerOf: () => ({ role: 'tool', principalId: 'a-tool' }) });
  const page = new SimulatedContents(PAGE);
  const asked = new Promise((resolve) => room.on('consent', resolve));
  const request = { connectionId: id, field: 'token', reason: 'to be gone' };
  const answer = ipcMain.invoke(page.event(), 'access.request', request);
  await asked;
  assert.equal(page.listenerCount('destroyed'), 1);
  page.destroy();
  assert.equal(codeOf(await answer), 'CANCELLED');
  assert.deepEqual((await room.access.pending()).items, []);
  const other = new SimulatedContents(PAGE);
  await ipcMain.invoke(other.event(), 'connections.list', {});
  stop();
  assert.deepEqual([page.listenerCount('destroyed'), other.listenerCount('destroyed')], [0, 0]);
});

test('disposal leaves no handler and no listener, and is done once', async (t) => {
  let listening = 0;
  const real = await openRoom(t);
  const room: Pick<Strongroom, 'dispatch' | 'on'> = {
    dispatch: real.dispatch.bind(real),
    on: (type, listener) => {
      listening += 1;
      const stop = real.on(type, listener);
      return () => {
        listening -= 1;
        stop();
      };
    },
  };
  const ipcMain = new SimulatedIpcMain();
  const stop = registerStrongroomIpc({ ipcMain, room, settingsOrigin: ORIGIN });
  const page = new SimulatedContents(PAGE);
  await greet(ipcMain, page);
  await greet(ipcMain, page);
  assert.deepEqual([page.listenerCount('destroyed'), listening], [1, 4]);
  stop.dispose();
  stop();
  assert.deepEqual([page.listenerCount('destroyed'), listening, ipcMain.handlers.size], [0, 0, 0]);
  await createSecret(real, 'after');
  assert.deepEqual(page.sent, []);
});

test('a second registration throws what ipcMain throws, and leaves the first as it was', async (t) => {
  const room = await openRoom(t);
  const { ipcMain } = register(room);
  assert.throws(() => registerStrongroomIpc({ ipcMain, room, settingsOrigin: ORIGIN }), /second handler/);
  assert.equal(ipcMain.handlers.size, channels.length);
  ipcMain.removeHandler(`strongroom:${CHANNELS[0]}`);
  assert.throws(() => registerStrongroomIpc({ ipcMain, room, settingsOrigin: ORIGIN }), /second handler/);
  assert.equal(ipcMain.handlers.size, channels.length - 1);
});
