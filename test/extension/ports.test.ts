/** connectExtensionPort and connectStrongroom over real ports: message channels, worker threads and child processes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Channel, Envelope, StrongroomEvent } from '../../contracts/index.js';
import { connectExtensionPort, type ExtensionPortOptions, type PortRoom } from '../../js/electron/index.js';
import { connectStrongroom } from '../../js/extension/index.js';
import { MAX_IN_FLIGHT } from '../../js/extension/protocol.js';
import type { Strongroom } from '../../js/main/index.js';
import { assertTable, channels, channelsOf, codeOf, requests } from '../electron/requests.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, type Scope } from '../support/directory.js';
import { openRoom } from '../support/room.js';
import { RemoteExtension } from './remote.js';

const PRINCIPAL = 'acme.extension';

/** A channel whose far end speaks the protocol by hand. */
class RawEnd {
  readonly near: MessagePort;
  readonly far: MessagePort;
  readonly received: { id?: unknown; envelope?: Envelope<unknown>; event?: StrongroomEvent }[] = [];
  #next = 0;

  constructor(scope: Scope) {
    const { port1, port2 } = new MessageChannel();
    this.near = port1;
    this.far = port2;
    port2.on('message', (message) => this.received.push(message));
    afterwards(scope, () => port2.close());
  }

  async answerTo(id: unknown): Promise<Envelope<unknown>> {
    for (;;) {
      const index = this.received.findIndex((message) => message.id === id);
      const [found] = index === -1 ? [] : this.received.splice(index, 1);
      if (found?.envelope !== undefined) return found.envelope;
      await once(this.far, 'message');
    }
  }

  async send(channel: unknown, payload: unknown, more: object = {}): Promise<Envelope<unknown>> {
    const id = this.#next++;
    this.far.postMessage({ strongroom: 1, id, channel, payload, ...more });
    return this.answerTo(id);
  }
}

function connectRaw(
  scope: Scope,
  room: PortRoom,
  more: Partial<ExtensionPortOptions> = {},
): RawEnd & { stop: () => void } {
  const end = new RawEnd(scope);
  return Object.assign(end, { stop: connectExtensionPort({ port: end.near, room, principalId: PRINCIPAL, ...more }) });
}

/** A room that answers when the test says so. Simulated. */
function heldRoom() {
  const held: { channel: string; payload: unknown; answer: (envelope: Envelope<unknown>) => void }[] = [];
  const listeners = new Set<(event: never) => void>();
  const room: PortRoom = {
    dispatch: (_caller, channel, payload) =>
      new Promise((answer) => {
        held.push({ channel, payload, answer });
      }),
    on: (_type, listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    sees: async () => false,
  };
  return { room, held, listeners };
}

const manifest = (id: string) =>
  ({
    id,
    displayName: 'Acme',
    description: '',
    version: '1',
    schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } },
    auth: { type: 'bearer', field: 'token' },
    origins: ['https://api.acme.example'],
  }) as const;

const createConnection = (room: Strongroom, providerId: string, token = canary()) =>
  room.connections.create({ providerId, scope: 'user', displayName: 'Mine', secrets: { token } });

for (const role of ['extension', 'tool'] as const) {
  test(`over a message channel the table holds for the role ${role}`, async (t) => {
    const end = connectRaw(t, await openRoom(t), { role });
    await assertTable(role, (channel, payload) => end.send(channel, payload));
  });
}

for (const kind of ['worker thread', 'child process', 'child process with JSON messages'] as const) {
  test(`in a ${kind} the table holds, and no addon is loaded`, async (t) => {
    const room = await openRoom(t);
    const extension = await RemoteExtension.start(t, kind);
    connectExtensionPort({ port: extension.port, room, principalId: PRINCIPAL });
    await assertTable('extension', async (channel, payload) => {
      try {
        return { ok: true, value: await extension.order('invoke', channel, payload) };
      } catch (error) {
        return { ok: false, error: error as { code: 'INTERNAL'; message: string } };
      }
    });
    assert.deepEqual(await extension.order('addon'), []);
  });

  test(`in a ${kind} the client registers, finds, hears of changes and is refused with codes`, async (t) => {
    const room = await openRoom(t);
    await room.providers.register(manifest('other.api'));
    const extension = await RemoteExtension.start(t, kind);
    connectExtensionPort({ port: extension.port, room, principalId: PRINCIPAL });
    const provider = (await extension.order('providers.register', manifest('acme.api'))) as { owner: string };
    assert.equal(provider.owner, PRINCIPAL);
    await extension.heard(
      (event) => event.type === 'changed' && event.entity === 'provider' && event.id === 'acme.api',
    );
    await assert.rejects(extension.order('providers.register', manifest('other.mine')), { code: 'FORBIDDEN' });

    const theirs = await createConnection(room, 'other.api');
    const mine = await createConnection(room, 'acme.api');
    await extension.heard((event) => event.type === 'changed' && event.id === mine.id && event.change === 'created');
    assert.deepEqual(
      ((await extension.order('connections.list')) as { items: { id: string }[] }).items.map(({ id }) => id),
      [mine.id],
    );
    await assert.rejects(extension.order('connections.get', theirs.id), { code: 'NOT_FOUND' });
    await room.connections.delete(theirs.id);
    await room.connections.delete(mine.id);
    await extension.heard((event) => event.type === 'changed' && event.id === mine.id && event.change === 'deleted');
    await room.lock();
    await extension.heard((event) => event.type === 'lock' && event.state === 'locked');
    assert.ok(!JSON.stringify(extension.events()).includes(theirs.id));
    const entities = extension.events().map((event) => (event.type === 'changed' ? event.entity : event.type));
    assert.deepEqual(new Set(entities), new Set(['provider', 'connection', 'lock']));
  });

  test(`when a ${kind} ends, its port lets go of the room`, async (t) => {
    const { room, listeners } = heldRoom();
    const extension = await RemoteExtension.start(t, kind);
    connectExtensionPort({ port: extension.port, room, principalId: PRINCIPAL });
    assert.equal(listeners.size, 2);
    await extension.end();
    assert.equal(listeners.size, 0);
  });
}

test('identity fields of a message change nothing', async (t) => {
  const room = await openRoom(t);
  const end = connectRaw(t, room);
  // Of another principal: one alone may not be refused so often.
  const second = connectRaw(t, room, { principalId: 'acme.second' });
  const smuggled = {
    role: 'core',
    principalId: 'core',
    caller: { role: 'core', principalId: 'core' },
    uses: ['other.api'],
  };
  for (const channel of channels) {
    const allowed = channelsOf('extension').includes(channel);
    const code = codeOf(await end.send(channel, requests[channel], smuggled));
    assert.equal(code === 'FORBIDDEN', !allowed, `${channel}: ${code}`);
    const inPayload = codeOf(await second.send(channel, { ...requests[channel], ...smuggled }));
    assert.ok(['INVALID_REQUEST', 'FORBIDDEN'].includes(inPayload), `${channel}: ${inPayload}`);
  }
  const { items } = await room.audit.list();
  assert.deepEqual(
    [...new Set(items.map(({ role, principalId }) => `${role} ${principalId}`))],
    [`extension ${PRINCIPAL}`],
  );
});

test('what a principal is told to use, it may see; changing the list afterwards changes nothing', async (t) => {
  const room = await openRoom(t);
  for (const id of ['one.api', 'two.api']) await room.providers.register(manifest(id));
  const uses = ['one.api'];
  const end = connectRaw(t, room, { uses });
  uses.push('two.api');
  const one = await createConnection(room, 'one.api');
  const two = await createConnection(room, 'two.api');
  assert.equal(codeOf(await end.send('connections.get', { id: one.id })), 'ok');
  assert.equal(codeOf(await end.send('connections.get', { id: two.id })), 'NOT_FOUND');
});

test('changes of connections that it may not see are never refused to an extension', async (t) => {
  const room = await openRoom(t);
  for (const id of ['other.api', 'used.api']) await room.providers.register(manifest(id));
  const end = connectRaw(t, room, { uses: ['used.api'] });
  const used = await createConnection(room, 'used.api');
  assert.equal(codeOf(await end.send('connections.get', { id: used.id })), 'ok');
  const theirs: string[] = [];
  for (let i = 0; i < 70; i++) theirs.push((await createConnection(room, 'other.api')).id);
  // Changes are looked at in their order: with this one the others are done.
  await room.connections.delete(used.id);
  while (!end.received.some(({ event }) => event?.type === 'changed' && event.change === 'deleted')) {
    await once(end.far, 'message');
  }
  assert.equal(codeOf(await end.send('connections.list', {})), 'ok');
  assert.ok(!theirs.some((id) => JSON.stringify(end.received).includes(id)));
  assert.deepEqual((await room.audit.list({ actor: PRINCIPAL })).items, []);
});

test('a port needs an identity from outside', async (t) => {
  const room = await openRoom(t);
  const { port1 } = new MessageChannel();
  const wrong = [
    { principalId: '' },
    { principalId: 'x'.repeat(201) },
    { role: 'core' },
    { role: 'settings' },
    { uses: 'a' },
  ];
  for (const more of wrong) {
    const options = { port: port1, room, principalId: PRINCIPAL, ...more } as ExtensionPortOptions;
    assert.throws(() => connectExtensionPort(options), { code: 'INVALID_REQUEST' }, JSON.stringify(more));
  }
  assert.deepEqual([port1.listenerCount('message'), port1.listenerCount('close')], [0, 0]);
  port1.close();
});

test('messages that are not of the protocol are ignored, malformed requests answered', async (t) => {
  const end = connectRaw(t, await openRoom(t));
  const foreign = [
    null,
    7,
    'providers.list',
    [],
    { channel: 'providers.list', id: 900 },
    { strongroom: 2, id: 901, channel: 'providers.list', payload: {} },
    { strongroom: 1, channel: 'providers.list', payload: {} },
    { strongroom: 1, id: -1, channel: 'providers.list', payload: {} },
    { strongroom: 1, id: 0.5, channel: 'providers.list', payload: {} },
    { strongroom: 1, id: '', channel: 'providers.list', payload: {} },
    { strongroom: 1, id: 'x'.repeat(65), channel: 'providers.list', payload: {} },
    { strongroom: 1, id: { toString: 1 }, channel: 'providers.list', payload: {} },
    { strongroom: 1, event: { type: 'lock', state: 'unlocked' } },
  ];
  for (const message of foreign) end.far.postMessage(message);
  for (const channel of [undefined, 7, null, ['providers.list'], { toString: 'providers.list' }]) {
    assert.equal(codeOf(await end.send(channel, {})), 'INVALID_REQUEST');
  }
  assert.equal(codeOf(await end.send('providers.list', undefined)), 'INVALID_REQUEST');
  assert.equal(codeOf(await end.send('__proto__', {})), 'UNKNOWN_CHANNEL');
  end.far.postMessage({ strongroom: 1, id: 'text', channel: 'providers.list', payload: {} });
  assert.equal(codeOf(await end.answerTo('text')), 'ok');
  assert.deepEqual(end.received, []);
});

test(`more than ${MAX_IN_FLIGHT} requests at once are refused, and room is made by answers`, async (t) => {
  const { room, held } = heldRoom();
  const end = connectRaw(t, room);
  const answers = Array.from({ length: MAX_IN_FLIGHT }, () => end.send('providers.list', {}));
  assert.equal(codeOf(await end.send('providers.list', {})), 'LIMIT_EXCEEDED');
  assert.equal(held.length, MAX_IN_FLIGHT);
  held[0]?.answer({ ok: true, value: { items: [] } });
  assert.equal(codeOf(await (answers[0] as Promise<Envelope<unknown>>)), 'ok');
  const next = end.send('providers.list', {});
  for (const { answer } of held.slice(1)) answer({ ok: true, value: { items: [] } });
  await Promise.all(answers);
  while (held.length <= MAX_IN_FLIGHT) await once(end.near, 'message');
  held.at(-1)?.answer({ ok: true, value: { items: [] } });
  assert.equal(codeOf(await next), 'ok');
});

test('a handle that is granted after the port has closed is given back', async (t) => {
  const { room, held } = heldRoom();
  const end = connectRaw(t, room);
  end.far.postMessage({ strongroom: 1, id: 1, channel: 'access.request', payload: {} });
  end.far.postMessage({ strongroom: 1, id: 2, channel: 'providers.list', payload: {} });
  while (held.length < 2) await once(end.near, 'message');
  end.far.close();
  await once(end.near, 'close');
  held[1]?.answer({ ok: true, value: { items: [] } });
  held[0]?.answer({ ok: true, value: { handle: 'hdl_x' } });
  await new Promise(setImmediate);
  assert.deepEqual(
    held.slice(2).map(({ channel, payload }) => [channel, payload]),
    [['access.release', { handle: 'hdl_x' }]],
  );
});

test('nobody is asked any more for an extension that has gone', async (t) => {
  const room = await openRoom(t);
  await room.providers.register(manifest('one.api'));
  const { id } = await createConnection(room, 'one.api');
  for (let i = 0; i < 4; i++) {
    const end = connectRaw(t, room, { uses: ['one.api'] });
    const asked = new Promise((resolve) => room.on('consent', resolve));
    const over = new Promise<void>((resolve) => {
      room.on('changed', ({ entity, change }) => entity === 'consent' && change === 'deleted' && resolve());
    });
    const request = { connectionId: id, field: 'token', reason: 'to be gone' };
    end.far.postMessage({ strongroom: 1, id: 1, channel: 'access.request', payload: request });
    await asked;
    end.far.close();
    await over;
    assert.deepEqual((await room.access.pending()).items, []);
  }
  assert.deepEqual((await room.access.silenced()).items, []);
  await createConnection(room, 'one.api'); // with this write the entries before it are there
  const { items } = await room.audit.list({ action: 'access.request' });
  assert.deepEqual(
    items.map(({ outcome, code }) => [outcome, code]),
    Array(4).fill(['failed', 'CANCELLED']),
  );
});

test('disposal leaves no listener, and what was asked before is not answered', async (t) => {
  const { room, held, listeners } = heldRoom();
  const end = connectRaw(t, room);
  end.far.postMessage({ strongroom: 1, id: 1, channel: 'providers.list', payload: {} });
  await once(end.near, 'message');
  end.stop();
  end.stop();
  held[0]?.answer({ ok: true, value: { items: [] } });
  assert.equal(listeners.size, 0);
  for (const name of ['message', 'close', 'exit', 'disconnect']) assert.equal(end.near.listenerCount(name), 0, name);
  end.near.postMessage('last');
  await once(end.far, 'message');
  assert.deepEqual(end.received, ['last']);
});

function connectClient(scope: Scope, room: PortRoom) {
  const { port1, port2 } = new MessageChannel();
  const stop = connectExtensionPort({ port: port1, room, principalId: PRINCIPAL });
  const client = connectStrongroom(port2);
  afterwards(scope, () => port2.close());
  return { client, stop, near: port1, far: port2 };
}

test('a closed client rejects what waits and what comes later with CLOSED, and listens no more', async (t) => {
  const { room } = heldRoom();
  const { client, far } = connectClient(t, room);
  const waiting = client.providers.list();
  client.close();
  client.close();
  await assert.rejects(waiting, { name: 'StrongroomError', code: 'CLOSED' });
  await assert.rejects(client.providers.list(), { code: 'CLOSED' });
  for (const name of ['message', 'close', 'exit', 'disconnect']) assert.equal(far.listenerCount(name), 0, name);
});

test('a client whose port is closed at the other end rejects what waits', async (t) => {
  const { room } = heldRoom();
  const { client, near } = connectClient(t, room);
  const waiting = client.connections.list();
  near.close();
  await assert.rejects(waiting, { code: 'CLOSED' });
});

test('two clients on one port do not take each other’s answers', async (t) => {
  const room = await openRoom(t);
  const { client, far } = connectClient(t, room);
  const other = connectStrongroom(far);
  const both = await Promise.allSettled([
    client.providers.list(),
    other.connections.get(requests['connections.get' as Channel] as never),
  ]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  const [list, refused] = await Promise.allSettled([other.providers.list(), client.access.release('x')]);
  assert.equal(list?.status, 'fulfilled');
  assert.equal(refused?.status === 'rejected' && refused.reason.code, 'INVALID_REQUEST');
});

test('a request that no port can carry is refused, and says nothing of what it held', async (t) => {
  const { room, held } = heldRoom();
  const { client } = connectClient(t, room);
  const value = canary();
  await assert.rejects(
    client.connections.list({ search: Object.assign(() => 0, { value }) as never }),
    (error: Error) => {
      assert.equal((error as { code?: string }).code, 'INVALID_REQUEST');
      assert.equal(containsCanary(Buffer.from(error.message), value), undefined);
      return true;
    },
  );
  assert.equal(held.length, 0);
});

test('an answer that is none becomes INTERNAL', async (t) => {
  const { port1, port2 } = new MessageChannel();
  afterwards(t, () => port1.close());
  port1.on('message', ({ id }) => port1.postMessage({ strongroom: 1, id, envelope: undefined }));
  await assert.rejects(connectStrongroom(port2).providers.list(), { code: 'INTERNAL' });
});
