import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { type StrongroomEvent, strongroomEvent } from '../../contracts/index.js';
import type { Strongroom } from '../../js/main/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { failsWith } from '../support/errors.js';
import { openRoom } from '../support/room.js';

/** Collects events; `next` resolves with the first of those that come and are not yet taken. */
function listen(room: Strongroom) {
  const events: StrongroomEvent[] = [];
  const arrived = new EventTarget();
  for (const type of ['changed', 'lock'] as const) {
    room.on(type, (event) => {
      events.push(event);
      arrived.dispatchEvent(new Event('event'));
    });
  }
  return {
    events,
    async next(): Promise<StrongroomEvent> {
      for (;;) {
        const event = events.shift();
        if (event) return event;
        await once(arrived, 'event');
      }
    },
  };
}

test('created, updated and deleted secrets are told with their id, and nothing else', async (t) => {
  const room = await openRoom(t);
  await room.unlock();
  const heard = listen(room);
  const value = canary();
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value });
  await room.secrets.update(id, { name: 'b' });
  await room.secrets.replaceValue(id, `${value}2`);
  await room.secrets.use(id, { reason: 'r' }, () => {});
  await room.secrets.delete(id);
  const changes = [await heard.next(), await heard.next(), await heard.next(), await heard.next()];
  assert.deepEqual(
    changes,
    ['created', 'updated', 'updated', 'deleted'].map((change) => ({ type: 'changed', entity: 'secret', id, change })),
  );
  for (const event of changes) strongroomEvent.parse(event);
  assert.equal(containsCanary(Buffer.from(JSON.stringify(changes)), value), undefined);
  assert.deepEqual(heard.events, []);
});

test('the state is told when it changes, and only then', async (t) => {
  const room = await openRoom(t);
  const heard = listen(room);
  await room.unlock();
  await room.unlock();
  await room.lock();
  await room.lock();
  await room.unlock();
  const states = [await heard.next(), await heard.next(), await heard.next()];
  assert.deepEqual(
    states,
    ['unlocked', 'locked', 'unlocked'].map((state) => ({ type: 'lock', state })),
  );
  assert.deepEqual(heard.events, []);
});

test('an update that changes nothing is not told, leaves no entry and no revision', async (t) => {
  const room = await openRoom(t);
  const secret = await room.secrets.create({
    name: 'a',
    kind: 'custom',
    value: canary(),
    metadata: { x: '1', y: '2' },
  });
  await room.providers.register({
    id: 'acme.api',
    displayName: 'Acme',
    description: 'A service',
    version: '1',
    schema: {
      type: 'object',
      properties: { name: { type: 'string' }, token: { type: 'string', writeOnly: true } },
    },
  });
  const connection = await room.connections.create({
    providerId: 'acme.api',
    fields: { name: 'me' },
    scope: 'user',
    displayName: 'Mine',
    secrets: { token: canary() },
  });
  const before = (await room.audit.list()).items.length;
  const heard = listen(room);
  const { id, name, envKey } = secret;
  const same = { name, kind: 'custom', envKey, metadata: { y: '2', x: '1' } } as const;
  assert.deepEqual(await room.secrets.update(id, { ...same, revision: 1 }), secret);
  assert.deepEqual(await room.secrets.update(id, {}), secret);
  const { displayName, fields } = connection;
  assert.deepEqual(await room.connections.update(connection.id, { displayName, fields, revision: 1 }), connection);
  assert.deepEqual(await room.connections.update(connection.id, { revision: 1 }), connection);
  assert.equal((await room.audit.list()).items.length, before);

  await failsWith('CONFLICT', room.secrets.update(id, { ...same, revision: 2 }));
  await failsWith('CONFLICT', room.connections.update(connection.id, { displayName, fields, revision: 2 }));
  await room.secrets.update(id, { name: 'b', revision: 1 });
  assert.deepEqual(await heard.next(), { type: 'changed', entity: 'secret', id, change: 'updated' });
  assert.deepEqual(heard.events, []);
});

test('what failed is not told', async (t) => {
  const room = await openRoom(t);
  await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  const heard = listen(room);
  await assert.rejects(room.secrets.create({ name: 'a', kind: 'custom', value: 'v' }));
  const { id } = await room.secrets.create({ name: 'b', kind: 'custom', value: 'v' });
  assert.deepEqual(await heard.next(), { type: 'changed', entity: 'secret', id, change: 'created' });
  assert.deepEqual(heard.events, []);
});

test('a listener hears until it is disposed of; the same function twice is two listeners', async (t) => {
  const room = await openRoom(t);
  await room.unlock();
  const heard: string[] = [];
  const listener = () => void heard.push('listener');
  const dispose = room.on('changed', listener);
  room.on('changed', listener);
  room.on('changed', () => heard.push('last'));
  const create = async (name: string) => {
    const told = new Promise((resolve) => {
      const stop = room.on('changed', () => {
        stop();
        resolve(undefined);
      });
    });
    await room.secrets.create({ name, kind: 'custom', value: 'v' });
    await told;
  };
  await create('a');
  assert.deepEqual(heard.splice(0), ['listener', 'listener', 'last']);
  dispose();
  dispose();
  await create('b');
  assert.deepEqual(heard.splice(0), ['listener', 'last']);
});

test('a room that is closed tells nothing more', async (t) => {
  const room = await openRoom(t);
  await room.unlock();
  const heard = listen(room);
  await room.close();
  assert.deepEqual(
    heard.events.filter((event) => event.type === 'changed'),
    [],
  );
});
