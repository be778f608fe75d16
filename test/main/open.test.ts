import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStrongroom, type StrongroomOptions } from '../../js/main/index.js';
import { afterwards, temporaryDir } from '../support/directory.js';
import { failsWith, places } from '../support/errors.js';
import { APP_ID, openRoom, optionsFor } from '../support/room.js';
import { sqliteOfStore } from '../support/sqlite.js';

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

test('opening creates the directory (0700) with the database (0600), and no key', async (t) => {
  const dir = join(temporaryDir(t), 'a', 'b', 'store');
  const room = await openRoom(t, { dir });
  assert.equal(mode(dir), '700');
  for (const file of ['strongroom.db', 'strongroom.db-wal', 'strongroom.db-shm']) {
    assert.equal(mode(join(dir, file)), '600', file);
  }
  assert.equal(existsSync(join(dir, 'master.key')), false);
  assert.deepEqual(room.status().notices, []);
});

test('the modes hold under any umask', async (t) => {
  for (const mask of [0o000, 0o277]) {
    const before = process.umask(mask);
    try {
      const room = await openRoom(t);
      await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
    } finally {
      process.umask(before);
    }
  }
});

test('status of a new store: locked, no provider, schema version 1, a store id; it stays the same store', async (t) => {
  const options = optionsFor(t, { appName: 'The test' });
  const room = await openStrongroom(options);
  const status = room.status();
  assert.match(status.storeId, /^str_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  assert.deepEqual(status, {
    state: 'locked',
    keyProvider: null,
    schemaVersion: 2,
    storeId: status.storeId,
    appId: APP_ID,
    appName: 'The test',
    durability: 'full',
    notices: [],
  });
  await room.close();

  const again = await openStrongroom(options);
  afterwards(t, () => again.close());
  assert.equal(again.status().storeId, status.storeId);
});

test('the first secret keys the store; the notice asks for a backup of master.key, once', async (t) => {
  const options = optionsFor(t);
  const room = await openStrongroom(options);
  await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  assert.equal(mode(join(options.dir, 'master.key')), '600');
  assert.equal(statSync(join(options.dir, 'master.key')).size, 32);
  const { state, keyProvider, notices } = room.status();
  assert.deepEqual({ state, keyProvider }, { state: 'unlocked', keyProvider: 'master-key-file' });
  assert.equal(notices.length, 1);
  assert.match(notices[0]?.message ?? '', /[Bb]ack this file up/);
  await room.close();

  const again = await openStrongroom(options);
  afterwards(t, () => again.close());
  assert.deepEqual({ ...again.status(), notices: [] }, { ...again.status(), state: 'locked', notices: [] });
  await again.unlock();
  assert.deepEqual(again.status().notices, []);
  assert.equal(again.status().keyProvider, 'master-key-file');
});

test('durability is full unless normal is asked for', async (t) => {
  const room = await openRoom(t, { audit: { durability: 'normal' } });
  assert.equal(room.status().durability, 'normal');
});

test('options are refused with their places', async (t) => {
  const dir = temporaryDir(t);
  const good: StrongroomOptions = { dir, appId: APP_ID };
  const bad: [Record<string, unknown>, string[]][] = [
    [{}, ['/appId required', '/dir required']],
    [{ dir }, ['/appId required']],
    [{ ...good, dir: '' }, ['/dir min_length']],
    [{ ...good, dir: 'a\0b' }, ['/dir pattern']],
    [{ ...good, dir: 7 }, ['/dir type']],
    [{ ...good, appId: 'no-dot' }, ['/appId pattern']],
    [{ ...good, appId: `a.${'b'.repeat(254)}` }, ['/appId max_length']],
    [{ ...good, appName: '' }, ['/appName min_length']],
    [{ ...good, appName: 'two\nlines' }, ['/appName pattern']],
    [{ ...good, keyProviders: [] }, ['/keyProviders min_items']],
    [{ ...good, keyProviders: ['os-keyring', 'os-keyring'] }, ['/keyProviders unique_items']],
    [{ ...good, keyProviders: ['basic-text'] }, ['/keyProviders/0 enum']],
    [{ ...good, keyProviders: 'os-keyring' }, ['/keyProviders type']],
    [{ ...good, audit: { durability: 'none' } }, ['/audit/durability enum']],
    [{ ...good, audit: { retentionDays: 0 } }, ['/audit/retentionDays minimum']],
    [{ ...good, audit: { retentionDays: 1.5 } }, ['/audit/retentionDays type']],
    [{ ...good, audit: { maxEntries: -1 } }, ['/audit/maxEntries minimum']],
    [{ ...good, audit: { maxEntries: Number.NaN } }, ['/audit/maxEntries type']],
    [{ ...good, audit: { retention: 3 } }, ['/audit/retention additional_property']],
    [{ ...good, dir: () => dir }, ['/dir not_json']],
    [{ ...good, consent: 'allow-always' }, ['/consent type']],
    [{ ...good, consentTimeoutMs: 0, handleTtlMs: '1' }, ['/consentTimeoutMs minimum', '/handleTtlMs type']],
  ];
  for (const [options, expected] of bad) {
    const error = await failsWith('INVALID_REQUEST', openStrongroom(options as unknown as StrongroomOptions));
    assert.deepEqual(places(error), expected, JSON.stringify(options));
  }
  assert.equal(existsSync(join(dir, 'strongroom.db')), false);
});

test('a tool opens what is there, whatever app it belongs to, and makes nothing', async (t) => {
  const dir = join(temporaryDir(t), 'store');
  await failsWith('NOT_FOUND', openStrongroom({ dir, existing: true }));
  await failsWith('NOT_FOUND', openStrongroom({ dir, appId: APP_ID, existing: true }));
  assert.equal(existsSync(dir), false);
  await (await openStrongroom({ dir, appId: APP_ID })).close();
  const room = await openStrongroom({ dir, existing: true });
  assert.equal(room.status().appId, APP_ID);
  await room.close();
  await failsWith('INVALID_REQUEST', openStrongroom({ dir, appId: 'org.example.other', existing: true }));
});

test('options of consent, and of what is still to come, are accepted', async (t) => {
  const reserved = {
    consent: () => 'deny' as const,
    consentTimeoutMs: 1000,
    handleTtlMs: 1000,
    envPrefix: 'APP_',
    credentialsFile: 'f',
  };
  const room = await openStrongroom({ ...optionsFor(t), ...reserved });
  assert.equal(room.status().state, 'locked');
  await room.close();
});

test('an option that nobody knows is refused, so that a misspelt one is not passed over', async (t) => {
  const options = { ...optionsFor(t), keyProvider: ['master-key-file'] };
  const error = await failsWith('INVALID_REQUEST', openStrongroom(options));
  assert.deepEqual(places(error), ['/keyProvider additional_property']);
});

test('what is no object of options is refused', async () => {
  for (const options of [undefined, null, 'dir', 1]) {
    await failsWith('INVALID_REQUEST', openStrongroom(options as unknown as StrongroomOptions));
  }
});

test('a directory that others can enter is refused, with the command that mends it', async (t) => {
  const options = optionsFor(t);
  await (await openStrongroom(options)).close();
  for (const bits of [0o750, 0o701, 0o777]) {
    chmodSync(options.dir, bits);
    const error = await failsWith('INSECURE_PERMISSIONS', openStrongroom(options));
    assert.ok(error.message.includes(`chmod 700 '${options.dir}'`), error.message);
    assert.equal(mode(options.dir), bits.toString(8), 'nothing is repaired unasked');
  }
  chmodSync(options.dir, 0o700);
  const room = await openStrongroom(options);
  await room.close();
});

test('a database or key file that others can read is refused', async (t) => {
  const options = optionsFor(t);
  const room = await openStrongroom(options);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  await room.close();

  chmodSync(join(options.dir, 'strongroom.db'), 0o640);
  await failsWith('INSECURE_PERMISSIONS', openStrongroom(options));
  chmodSync(join(options.dir, 'strongroom.db'), 0o600);

  const key = join(options.dir, 'master.key');
  chmodSync(key, 0o644);
  const again = await openStrongroom(options);
  afterwards(t, () => again.close());
  const use = () => again.secrets.use(id, { reason: 'test' }, (plaintext) => plaintext.toString());
  await failsWith('INSECURE_PERMISSIONS', use);
  chmodSync(key, 0o600);
  assert.equal(await use(), 'v', 'the mode put right makes it work without reopening');
});

test('a symbolic link in place of the directory or the database is refused', async (t) => {
  const base = temporaryDir(t);
  const options = optionsFor(t, { dir: join(base, 'store') });
  await (await openStrongroom(options)).close();
  symlinkSync(options.dir, join(base, 'link'));
  await failsWith('INSECURE_PERMISSIONS', openStrongroom({ ...options, dir: join(base, 'link') }));

  const other = join(base, 'other');
  mkdirSync(other, { mode: 0o700 });
  symlinkSync(join(options.dir, 'strongroom.db'), join(other, 'strongroom.db'));
  await failsWith('INSECURE_PERMISSIONS', openStrongroom({ ...options, dir: other }));
});

test('a database from a newer version is refused and not touched', async (t) => {
  const options = optionsFor(t);
  await (await openStrongroom(options)).close();
  sqliteOfStore(options.dir, 'PRAGMA user_version = 1000');
  const file = join(options.dir, 'strongroom.db');
  const before = readFileSync(file);
  const error = await failsWith('NEWER_SCHEMA', openStrongroom(options));
  assert.match(error.message, /1000/);
  assert.deepEqual(readFileSync(file), before);
});

test('a file that is no store of ours is refused and not touched', async (t) => {
  const foreign = temporaryDir(t);
  const file = join(foreign, 'strongroom.db');
  const contents: Record<string, () => void> = {
    'no database': () => writeFileSync(file, 'These are notes, not a database. '.repeat(50), { mode: 0o600 }),
    'a few bytes': () => writeFileSync(file, 'SQLite format 3\0', { mode: 0o600 }),
    'another application': () => {
      writeFileSync(file, '', { mode: 0o600 });
      sqliteOfStore(foreign, 'CREATE TABLE cookies (name TEXT); PRAGMA user_version = 1;');
    },
  };
  for (const [what, make] of Object.entries(contents)) {
    make();
    const before = readFileSync(file);
    await failsWith('CORRUPT', openStrongroom({ dir: foreign, appId: APP_ID }));
    assert.deepEqual(readFileSync(file), before, what);
  }
});

test('a store belongs to one app', async (t) => {
  const options = optionsFor(t);
  await (await openStrongroom(options)).close();
  const error = await failsWith('INVALID_REQUEST', openStrongroom({ ...options, appId: 'org.other.app' }));
  assert.equal(error.detail, 'app-id');
});

test('a wrong-sized or missing master.key is an error that changes nothing', async (t) => {
  const options = optionsFor(t);
  const first = await openStrongroom(options);
  const { id } = await first.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  await first.close();
  const key = join(options.dir, 'master.key');
  const bytes = readFileSync(key);

  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  const use = () => room.secrets.use(id, { reason: 'test' }, (plaintext) => plaintext.toString());
  for (const wrong of [Buffer.alloc(0), bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
    writeFileSync(key, wrong);
    await failsWith('CORRUPT', use);
    assert.deepEqual(readFileSync(key), wrong);
  }
  writeFileSync(key, Buffer.alloc(32, 7));
  assert.equal((await failsWith('CORRUPT', use)).detail, 'slot-does-not-open');
  writeFileSync(key, bytes);
  assert.equal(await use(), 'v');
});

test('a relative directory is that of the moment of opening', async (t) => {
  const base = temporaryDir(t);
  const cwd = process.cwd();
  process.chdir(base);
  afterwards(t, () => process.chdir(cwd));
  const room = await openStrongroom({ dir: 'store', appId: APP_ID, keyProviders: ['master-key-file'] });
  afterwards(t, () => room.close());
  process.chdir(cwd);
  await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  assert.ok(existsSync(join(base, 'store', 'master.key')));
});

test('many rooms may have one store open, and see what the others write', async (t) => {
  const options = optionsFor(t);
  const rooms = await Promise.all(Array.from({ length: 8 }, () => openStrongroom(options)));
  afterwards(t, () => Promise.all(rooms.map((room) => room.close())));
  assert.equal(new Set(rooms.map((room) => room.status().storeId)).size, 1);
  const created = await Promise.all(
    rooms.map((room, i) => room.secrets.create({ name: `s${i}`, kind: 'custom', value: `v${i}` })),
  );
  for (const room of rooms) {
    assert.equal((await room.secrets.list()).items.length, 8);
    for (const [i, { id }] of created.entries()) assert.equal(await room.secrets.reveal(id, { reason: 'r' }), `v${i}`);
  }
  assert.equal((await rooms[0]?.audit.list({ action: 'key.create' }))?.items.length, 1);
});
