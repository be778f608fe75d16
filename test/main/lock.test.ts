import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStrongroom } from '../../js/main/index.js';
import { afterwards } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { ended, linesOf, start } from '../support/process.js';
import { openRoom, optionsFor } from '../support/room.js';

const plaintextOf = (plaintext: Buffer): string => plaintext.toString('utf8');

test('unlock keys a new store and may be called again', async (t) => {
  const room = await openRoom(t);
  await room.unlock();
  await room.unlock();
  assert.equal(room.status().state, 'unlocked');
  assert.deepEqual(
    (await room.audit.list()).items.map((entry) => [entry.action, entry.detail]),
    [['key.create', 'master-key-file']],
  );
});

test('unlock answers when its entry is on disk', async (t) => {
  const options = optionsFor(t);
  const first = await openStrongroom(options);
  await first.unlock();
  await first.close();

  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  // Another process is writing.
  const shell = start(t, 'sqlite3', [join(options.dir, 'strongroom.db')], { stdio: ['pipe', 'pipe', 'ignore'] });
  shell.stdin?.write(".timeout 5000\nBEGIN IMMEDIATE; SELECT 'begun';\n");
  assert.equal((await linesOf(shell.stdout).next()).value, 'begun');
  const happened: string[] = [];
  const unlocked = new Promise<void>((resolve) => {
    room.on('lock', ({ state }) => {
      if (state === 'unlocked') resolve();
    });
  });
  const unlocking = room.unlock().then(() => happened.push('answered'));
  await unlocked;
  const again = room.unlock().then(() => happened.push('answered'));
  assert.equal((await room.audit.list({ action: 'key.unlock' })).items.length, 0);
  happened.push('not yet on disk');
  shell.stdin?.end(); // which rolls back
  await ended(shell);
  await Promise.all([unlocking, again]);
  assert.deepEqual(happened, ['not yet on disk', 'answered', 'answered']);
  assert.equal((await room.audit.list({ action: 'key.unlock' })).items.length, 1);
});

test('an unlock whose entry cannot be written fails and leaves the store locked', async (t) => {
  const options = optionsFor(t);
  const first = await openStrongroom(options);
  const { id } = await first.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  await first.close();

  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  const file = join(options.dir, 'strongroom.db');
  renameSync(file, `${file}.away`); // noticed before each write
  await failsWith('STORE_READ_ONLY', room.unlock());
  assert.equal(room.status().state, 'locked');
  await failsWith(
    'STORE_READ_ONLY',
    room.secrets.use(id, { reason: 'r' }, () => assert.fail()),
  );
  renameSync(`${file}.away`, file);

  await room.unlock();
  assert.equal(room.status().state, 'unlocked');
  assert.equal(await room.secrets.use(id, { reason: 'r' }, plaintextOf), 'value');
  const actions = (await room.audit.list()).items.map((entry) => entry.action);
  assert.deepEqual(actions, ['secret.use', 'key.unlock', 'secret.create', 'key.create']);
});

test('lock holds until unlock: no use brings the key back, metadata and the log stay readable', async (t) => {
  const room = await openRoom(t);
  const secret = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  await room.lock();
  assert.equal(room.status().state, 'locked');
  for (let i = 0; i < 3; i++) {
    const error = await failsWith('KEYRING_LOCKED', room.secrets.use(secret.id, { reason: 'r' }, plaintextOf));
    assert.equal(error.detail, 'locked-by-app');
  }
  await failsWith('KEYRING_LOCKED', room.secrets.reveal(secret.id, { reason: 'r' }));
  await failsWith('KEYRING_LOCKED', room.secrets.create({ name: 'b', kind: 'custom', value: 'v' }));
  await failsWith('KEYRING_LOCKED', room.secrets.replaceValue(secret.id, 'w'));
  await failsWith('KEYRING_LOCKED', room.secrets.update(secret.id, { kind: 'ssh_key' }));
  await failsWith('KEYRING_LOCKED', room.audit.prune());
  assert.deepEqual(await room.secrets.get(secret.id), secret);
  assert.equal((await room.secrets.update(secret.id, { name: 'renamed' })).name, 'renamed');

  const denied = (await room.audit.list({ outcome: 'failed' })).items;
  assert.deepEqual(new Set(denied.map((entry) => entry.code)), new Set(['KEYRING_LOCKED']));
  assert.equal(denied.length, 7, 'each attempt on a secret is on record');
  const verdict = await room.audit.verify();
  assert.deepEqual([verdict.ok, verdict.sealChecked], [true, false]);

  await room.unlock();
  assert.equal(await room.secrets.use(secret.id, { reason: 'r' }, plaintextOf), 'value');
  const sealed = await room.audit.verify();
  assert.deepEqual([sealed.ok, sealed.sealChecked, sealed.sealedThrough], [true, true, sealed.entries]);
});

test('locking with uses in flight: each gets its plaintext or KEYRING_LOCKED, and the log agrees', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const uses = Array.from({ length: 200 }, () => room.secrets.use(id, { reason: 'r' }, plaintextOf));
  await room.lock();
  const settled = await Promise.allSettled(uses);
  const values = settled.filter((use) => use.status === 'fulfilled');
  for (const use of settled) {
    if (use.status === 'fulfilled') assert.equal(use.value, 'value');
    else await failsWith('KEYRING_LOCKED', Promise.reject(use.reason));
  }
  const entries = await room.audit.list({ action: 'secret.use', limit: 500 });
  assert.equal(entries.items.length, 200);
  assert.equal(entries.items.filter((entry) => entry.outcome === 'allowed').length, values.length);
});

test('what is asked once close was called answers CLOSED, though the store is still being closed', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const before = room.secrets.use(id, { reason: 'accepted' }, plaintextOf);
  const closing = room.close();
  await Promise.all([
    failsWith('CLOSED', () => room.status()),
    failsWith('CLOSED', room.secrets.list()),
    failsWith('CLOSED', room.secrets.update(id, { name: 'b' })),
    failsWith('CLOSED', room.secrets.use(id, { reason: 'r' }, plaintextOf)),
    failsWith('CLOSED', room.audit.list()),
    failsWith('CLOSED', room.providers.list()),
  ]);
  assert.equal(await before, 'value');
  await closing;
});

test('after close every call answers CLOSED, and closing again is no error', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  await room.close();
  await room.close();
  await failsWith('CLOSED', () => room.status());
  await failsWith('CLOSED', room.unlock());
  await failsWith('CLOSED', room.secrets.use(id, { reason: 'r' }, plaintextOf));
  await failsWith('CLOSED', room.secrets.reveal(id, { reason: 'r' }));
  await failsWith('CLOSED', room.secrets.list());
  await failsWith('CLOSED', room.secrets.get(id));
  await failsWith('CLOSED', room.secrets.create({ name: 'b', kind: 'custom', value: 'v' }));
  await failsWith('CLOSED', room.secrets.update(id, { name: 'b' }));
  await failsWith('CLOSED', room.secrets.replaceValue(id, 'w'));
  await failsWith('CLOSED', room.secrets.delete(id));
  await failsWith('CLOSED', room.audit.list());
  await failsWith('CLOSED', room.audit.verify());
  await failsWith('CLOSED', room.audit.prune());
  await failsWith('CLOSED', async () => {
    for await (const piece of room.audit.export({ format: 'csv' })) assert.fail(piece);
  });
  assert.deepEqual(
    await room
      .dispatch({ role: 'settings', principalId: 'settings' }, 'status.get', {})
      .then((envelope) => envelope.ok),
    false,
  );
  await room.lock(); // nothing to drop, and no error
});

test('close finishes what was accepted: every promise settles, what was acknowledged is there', async (t) => {
  const options = optionsFor(t);
  const room = await openStrongroom(options);
  await room.unlock();
  const creates = Array.from({ length: 100 }, (_, i) =>
    room.secrets.create({ name: `s${i}`, kind: 'custom', value: `v${i}` }),
  );
  await room.close();
  const settled = await Promise.allSettled(creates);
  const again = await openStrongroom(options);
  afterwards(t, () => again.close());
  const present = new Set((await again.secrets.list({ limit: 500 })).items.map((item) => item.name));
  for (const [i, create] of settled.entries()) {
    assert.equal(present.has(`s${i}`), create.status === 'fulfilled', `s${i}`);
    if (create.status === 'rejected') await failsWith('CLOSED', Promise.reject(create.reason));
  }
});

test('an export that is under way when the room closes ends with CLOSED', async (t) => {
  const room = await openRoom(t, { audit: { durability: 'normal' } });
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const uses = Array.from({ length: 1000 }, () => room.secrets.use(id, { reason: 'r'.repeat(500) }, plaintextOf));
  await Promise.all(uses);
  const pieces = room.audit.export({ format: 'jsonl' })[Symbol.asyncIterator]();
  assert.equal((await pieces.next()).done, false);
  await room.close();
  await failsWith('CLOSED', pieces.next());
});

test('a missing key is KEY_MISSING, is seen in the state, changes nothing, and heals when it is put back', async (t) => {
  const options = optionsFor(t);
  const first = await openStrongroom(options);
  const { id } = await first.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  await first.close();
  const key = join(options.dir, 'master.key');
  const bytes = readFileSync(key);
  renameSync(key, `${options.dir}.key`);

  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  assert.equal(room.status().state, 'locked', 'opening does not look');
  await failsWith('KEY_MISSING', room.secrets.use(id, { reason: 'r' }, plaintextOf));
  assert.equal(room.status().state, 'key-missing');
  await failsWith('KEY_MISSING', room.unlock());
  await failsWith('KEY_MISSING', room.secrets.create({ name: 'b', kind: 'custom', value: 'v' }));
  assert.throws(() => readFileSync(key), { code: 'ENOENT' }, 'no new key is made for an old store');

  renameSync(`${options.dir}.key`, key);
  assert.equal(await room.secrets.use(id, { reason: 'r' }, plaintextOf), 'value');
  assert.equal(room.status().state, 'unlocked');
  assert.deepEqual(readFileSync(key), bytes);
});

test('an unlock that lock overtakes is CANCELLED or was in time; the store is locked either way', async (t) => {
  for (let round = 0; round < 10; round++) {
    const room = await openRoom(t);
    const unlocking = room.unlock().then(
      () => 'unlocked',
      (error) => error.code,
    );
    await room.lock();
    assert.ok(['unlocked', 'CANCELLED'].includes(await unlocking));
    assert.equal(room.status().state, 'locked');
  }
});

test('an unlock asked for after a lock succeeds, whatever was under way before', async (t) => {
  for (let round = 0; round < 10; round++) {
    const room = await openRoom(t);
    const first = room.unlock().catch((error: { code: string }) => error.code);
    const locking = room.lock();
    const second = room.unlock();
    await Promise.all([first, locking, second]);
    assert.equal(room.status().state, 'unlocked');
    assert.equal((await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' })).version, 1);
    assert.deepEqual((await room.audit.list({ action: 'key.create' })).items.length, 1);
  }
});

test('a look at the log beside a first use does not take the key away from it', async (t) => {
  for (let round = 0; round < 10; round++) {
    const options = optionsFor(t);
    const first = await openStrongroom(options);
    const [, secret] = await Promise.all([
      first.audit.verify(),
      first.secrets.create({ name: 'a', kind: 'custom', value: 'value' }),
    ]);
    await first.close();

    const room = await openStrongroom(options);
    const looks = Promise.all([room.audit.verify(), room.audit.verify()]);
    assert.equal(await room.secrets.use(secret.id, { reason: 'r' }, plaintextOf), 'value');
    for (const verdict of await looks) assert.equal(verdict.ok, true);
    await room.close();
  }
});
