/** A store whose key is kept by a real gnome-keyring on a private D-Bus session; each room is in a process of its own. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditVerdict, SecretInfo, StatusInfo } from '../../contracts/index.js';
import type { StrongroomOptions } from '../../js/main/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { type Scope, temporaryDir } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { type PrivateKeyring, privateKeyring, withoutBus } from '../support/keyring.js';
import { RemoteRoom } from '../support/remote.js';
import { dumpOfStore } from '../support/sqlite.js';

const APP_ID = 'org.strongroom.interop';
const APP_NAME = 'Strongroom interop';

const optionsIn = (scope: Scope, more: Partial<StrongroomOptions> = {}): StrongroomOptions => ({
  dir: join(temporaryDir(scope), 'store'),
  appId: APP_ID,
  appName: APP_NAME,
  ...more,
});

const statusOf = (room: RemoteRoom) => room.call<StatusInfo>({ method: 'status' });
const use = (room: RemoteRoom, id: string) => room.call<string>({ method: 'use', id });
const create = (room: RemoteRoom, name: string, value: string) =>
  room.call<SecretInfo>({ method: 'create', name, value });

/** A store with one secret, keyed by the keyring and closed again. */
async function keyedStore(scope: Scope, keyring: PrivateKeyring, value: string) {
  const options = optionsIn(scope);
  const room = await RemoteRoom.open(scope, options, { env: keyring.env });
  const { id } = await create(room, 'token', value);
  await room.end();
  return { options, id };
}

/** The secrets that secret-tool finds for the app, and what it says about them. */
async function slotItems(keyring: PrivateKeyring) {
  const { stdout, stderr } = await keyring.secretTool(['search', '--all', '--unlock', 'application', APP_ID]);
  const text = `${stdout}${stderr}`; // attributes go to standard error
  const all = (name: string) => [...text.matchAll(new RegExp(`^${name} = (.*)$`, 'gm'))].map((match) => match[1] ?? '');
  return {
    labels: all('label'),
    secrets: all('secret'),
    schemas: all('schema'),
    stores: all('attribute.store'),
    slots: all('attribute.slot'),
  };
}

test('unlocked keyring: created in one process, the same bytes in the next; the item is as documented', async (t) => {
  const keyring = await privateKeyring(t);
  const options = optionsIn(t);
  const value = `${canary()} 🔑 é`;
  const first = await RemoteRoom.open(t, options, { env: keyring.env });
  assert.equal((await statusOf(first)).keyProvider, null);
  assert.deepEqual((await slotItems(keyring)).labels, [], 'no key before the first secret');
  const { id } = await create(first, 'token', value);
  const status = await statusOf(first);
  assert.deepEqual([status.state, status.keyProvider, status.notices], ['unlocked', 'os-keyring', []]);
  await first.end();

  const second = await RemoteRoom.open(t, options, { env: keyring.env });
  assert.deepEqual((await statusOf(second)).state, 'locked');
  assert.equal(await use(second, id), value);
  assert.deepEqual([(await statusOf(second)).state, (await statusOf(second)).keyProvider], ['unlocked', 'os-keyring']);
  const verdict = await second.call<AuditVerdict>({ method: 'audit.verify' });
  assert.deepEqual([verdict.ok, verdict.sealChecked], [true, true]);

  const items = await slotItems(keyring);
  assert.deepEqual(items.labels, [`${APP_NAME} – Strongroom key`]);
  assert.deepEqual(items.schemas, ['org.strongroom.KeySlot']);
  assert.deepEqual(items.stores, [status.storeId]);
  assert.match(items.slots[0] ?? '', /^slt_/);
  assert.equal(Buffer.from(items.secrets[0] ?? '', 'base64').length, 32);
  assert.equal(containsCanary(options.dir, items.secrets[0] ?? ''), undefined, 'the slot key is not in the store');
  assert.equal(containsCanary(options.dir, value), undefined);
  assert.equal(existsSync(join(options.dir, 'master.key')), false);
  assert.equal(keyring.prompts(), 0);
});

test('no bus: the key is in master.key (0600), and a notice asks for its backup', async (t) => {
  const env = withoutBus(t);
  const options = optionsIn(t);
  const room = await RemoteRoom.open(t, options, { env });
  const { id } = await create(room, 'token', 'value');
  const status = await statusOf(room);
  assert.equal(status.keyProvider, 'master-key-file');
  assert.equal(status.notices.length, 1);
  assert.match(status.notices[0]?.message ?? '', /[Bb]ack this file up/);
  assert.equal(statSync(join(options.dir, 'master.key')).mode & 0o777, 0o600);
  assert.equal(await use(room, id), 'value');
  await room.end();
});

test('no bus and only the keyring allowed: KEYRING_UNAVAILABLE, and nothing is created', async (t) => {
  const env = withoutBus(t);
  const options = optionsIn(t, { keyProviders: ['os-keyring'] });
  const room = await RemoteRoom.open(t, options, { env });
  const error = await failsWith('KEYRING_UNAVAILABLE', create(room, 'token', 'value'));
  assert.equal(error.detail, 'no-session-bus');
  await failsWith('KEYRING_UNAVAILABLE', room.call({ method: 'unlock' }));
  const status = await statusOf(room);
  assert.deepEqual([status.state, status.keyProvider], ['locked', null]);
  assert.deepEqual(((await room.call({ method: 'list' })) as { items: unknown[] }).items, []);
  await room.end();
  assert.deepEqual(readdirSync(options.dir), ['strongroom.db']);
  const dump = dumpOfStore(options.dir);
  assert.ok(!dump.includes('INSERT INTO key_slots') && !dump.includes('INSERT INTO secret'), dump);
  const failures = [...dump.matchAll(/INSERT INTO audit VALUES.*'failed','KEYRING_UNAVAILABLE'/g)];
  assert.ok(failures.length >= 1, 'the attempt is on record');
});

test('a bus without a Secret Service is told apart from no bus', async (t) => {
  const keyring = await privateKeyring(t);
  await keyring.stop();
  const room = await RemoteRoom.open(t, optionsIn(t, { keyProviders: ['os-keyring'] }), { env: keyring.env });
  assert.equal((await failsWith('KEYRING_UNAVAILABLE', create(room, 'a', 'v'))).detail, 'no-secret-service');
  await room.end();
});

test('locked keyring: metadata without a prompt, use is KEYRING_LOCKED, and unlocking it is enough', async (t) => {
  const keyring = await privateKeyring(t);
  const { options, id } = await keyedStore(t, keyring, 'value');
  await keyring.lock();

  const room = await RemoteRoom.open(t, options, { env: keyring.env });
  const { items } = await room.call<{ items: SecretInfo[] }>({ method: 'list' });
  assert.deepEqual(
    items.map((item) => item.name),
    ['token'],
  );
  await room.call({ method: 'get', id });
  await room.call({ method: 'audit.list', filter: {} });
  const verdict = await room.call<AuditVerdict>({ method: 'audit.verify' });
  assert.deepEqual([verdict.ok, verdict.sealChecked], [true, false]);
  assert.equal((await statusOf(room)).state, 'locked');
  assert.equal(keyring.prompts(), 0, 'nothing of this asked for a prompt');

  const before = dumpOfStore(options.dir);
  const error = await failsWith('KEYRING_LOCKED', use(room, id));
  assert.equal(error.detail, 'locked');
  assert.ok(keyring.prompts() > 0, 'a use asks for a prompt; nobody is there to answer it');
  await failsWith('KEYRING_LOCKED', create(room, 'other', 'v'));
  const withoutAudit = (dump: string) => dump.split('\n').filter((line) => !/INSERT INTO audit/.test(line));
  assert.deepEqual(withoutAudit(dumpOfStore(options.dir)), withoutAudit(before));

  await keyring.unlock();
  assert.equal(await use(room, id), 'value', 'without reopening');
  assert.equal((await statusOf(room)).state, 'unlocked');
  await room.end();
});

test('slot item deleted: KEY_MISSING and state key-missing, nothing changes; put back, it works', async (t) => {
  const keyring = await privateKeyring(t);
  const { options, id } = await keyedStore(t, keyring, 'value');
  const items = await slotItems(keyring);
  const attributes = ['application', APP_ID, 'store', items.stores[0] ?? '', 'slot', items.slots[0] ?? ''];
  assert.equal((await keyring.secretTool(['clear', ...attributes])).code, 0);
  assert.deepEqual((await slotItems(keyring)).labels, []);

  const room = await RemoteRoom.open(t, options, { env: keyring.env });
  const before = dumpOfStore(options.dir);
  await failsWith('KEY_MISSING', use(room, id));
  assert.equal((await statusOf(room)).state, 'key-missing');
  await failsWith('KEY_MISSING', room.call({ method: 'unlock' }));
  await failsWith('KEY_MISSING', create(room, 'other', 'v'));
  const withoutAudit = (dump: string) => dump.split('\n').filter((line) => !/INSERT INTO audit/.test(line));
  assert.deepEqual(
    withoutAudit(dumpOfStore(options.dir)),
    withoutAudit(before),
    'no slot, no secret, no key was touched',
  );
  assert.deepEqual((await slotItems(keyring)).labels, [], 'no new key was made');
  assert.equal(existsSync(join(options.dir, 'master.key')), false, 'nor did another provider step in');

  const stored = await keyring.secretTool(
    ['store', `--label=${APP_NAME} – Strongroom key`, 'xdg:schema', 'org.strongroom.KeySlot', ...attributes],
    items.secrets[0],
  );
  assert.equal(stored.code, 0, stored.stderr.toString());
  assert.equal(await use(room, id), 'value');
  assert.equal((await statusOf(room)).state, 'unlocked');
  await room.end();
});

test("another key in the place of the slot's own is CORRUPT, not a new key", async (t) => {
  const keyring = await privateKeyring(t);
  const { options, id } = await keyedStore(t, keyring, 'value');
  const items = await slotItems(keyring);
  const attributes = [
    'xdg:schema',
    'org.strongroom.KeySlot',
    'application',
    APP_ID,
    'store',
    items.stores[0] ?? '',
    'slot',
    items.slots[0] ?? '',
  ];
  const put = (secret: string) => keyring.secretTool(['store', '--label=x', ...attributes], secret);
  for (const wrong of [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(31).toString('base64'), 'not base64!']) {
    await put(wrong);
    const room = await RemoteRoom.open(t, options, { env: keyring.env });
    await failsWith('CORRUPT', use(room, id));
    await room.end();
    assert.deepEqual((await slotItems(keyring)).secrets, [wrong], 'the item is left as it is');
  }
  await put(items.secrets[0] ?? '');
  const room = await RemoteRoom.open(t, options, { env: keyring.env });
  assert.equal(await use(room, id), 'value');
  await room.end();
});

test('a daemon that is restarted is found again without reopening', async (t) => {
  const keyring = await privateKeyring(t);
  const { options, id } = await keyedStore(t, keyring, 'value');
  const room = await RemoteRoom.open(t, options, { env: keyring.env });
  assert.equal(await use(room, id), 'value');
  await room.call({ method: 'lock' });
  await keyring.stop();
  await failsWith('KEYRING_UNAVAILABLE', room.call({ method: 'unlock' }));
  await keyring.restart();
  await room.call({ method: 'unlock' });
  assert.equal(await use(room, id), 'value');
  await room.end();
});

test('many uses and processes at once get the key of one slot', async (t) => {
  const keyring = await privateKeyring(t);
  const options = optionsIn(t);
  const rooms = await Promise.all([1, 2, 3].map(() => RemoteRoom.open(t, options, { env: keyring.env })));
  const created = await Promise.all(rooms.map((room, i) => create(room, `s${i}`, `v${i}`)));
  assert.equal((await slotItems(keyring)).labels.length, 1, 'whoever was second took the slot of the first');
  for (const room of rooms) {
    for (const [i, { id }] of created.entries()) {
      const uses = await room.call<{ value: string }[]>({ method: 'use', id, times: 20 });
      assert.deepEqual(new Set(uses.map((each) => each.value)), new Set([`v${i}`]));
    }
  }
  await Promise.all(rooms.map((room) => room.end()));
});
