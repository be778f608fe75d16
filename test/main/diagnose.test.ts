import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DoctorReport, diagnose, openStrongroom, type StrongroomOptions } from '../../js/main/index.js';
import { afterwards, temporaryDir } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { APP_ID, optionsFor } from '../support/room.js';
import { dumpOfStore, sqliteOfStore } from '../support/sqlite.js';

const problems = ({ checks }: DoctorReport): string[] =>
  checks.filter((check) => check.status === 'problem').map((check) => check.id);

/** The content of the files that hold data; SQLite's -shm and an empty -wal hold none. */
function dataOf(dir: string): Map<string, string> {
  const files = readdirSync(dir)
    .sort()
    .filter((name) => !name.endsWith('-shm') && statSync(join(dir, name)).size > 0);
  return new Map(files.map((name) => [name, readFileSync(join(dir, name)).toString('base64')]));
}

async function filledStore(options: StrongroomOptions): Promise<void> {
  const room = await openStrongroom(options);
  for (const name of ['a', 'b']) await room.secrets.create({ name, kind: 'custom', value: 'v' });
  await room.close();
}

test('a sound store has no problem, and each finding that is not ok has a suggestion', async (t) => {
  const options = optionsFor(t);
  await filledStore(options);
  const before = dumpOfStore(options.dir);
  const report = await diagnose(options);
  assert.equal(report.dir, options.dir);
  assert.deepEqual(problems(report), [], JSON.stringify(report.checks, null, 2));
  const byId = new Map(report.checks.map((check) => [check.id, check]));
  for (const id of ['permissions', 'store', 'key-slots', 'integrity', 'secrets', 'audit']) {
    assert.equal(byId.get(id)?.status, 'ok', id);
  }
  for (const check of report.checks) assert.equal(check.suggestion !== undefined, check.status !== 'ok', check.id);
  assert.equal(dumpOfStore(options.dir), before, 'looking changes nothing');
});

test('no store: it says so, makes none, and has nothing to say about the folder of somebody else', async (t) => {
  const folder = temporaryDir(t);
  chmodSync(folder, 0o755);
  for (const dir of [join(folder, 'nothing'), folder]) {
    const report = await diagnose({ dir, appId: APP_ID, keyProviders: ['master-key-file'] });
    assert.deepEqual(problems(report), ['store']);
    assert.match(
      report.checks.find((check) => check.id === 'store')?.detail ?? '',
      /^NOT_FOUND: there is no store in /,
    );
    assert.ok(!report.checks.some((check) => check.id === 'permissions'));
    assert.doesNotMatch(JSON.stringify(report), /chmod/);
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('each kind of damage is found, with its name and a suggestion', async (t) => {
  const damage: [string[], (dir: string) => void][] = [
    [['permissions', 'store'], (dir) => chmodSync(dir, 0o755)],
    [['permissions', 'store'], (dir) => chmodSync(join(dir, 'strongroom.db'), 0o644)],
    [['store'], (dir) => sqliteOfStore(dir, 'PRAGMA user_version = 1000')],
    [['key-slots'], (dir) => renameSync(join(dir, 'master.key'), join(dir, '..', 'taken'))],
    [['permissions', 'key-provider:master-key-file', 'key-slots'], (dir) => chmodSync(join(dir, 'master.key'), 0o644)],
    // What the key provider itself refuses, although it is closed to others.
    [['permissions', 'key-provider:master-key-file', 'key-slots'], (dir) => chmodSync(join(dir, 'master.key'), 0o700)],
    [['key-slots'], (dir) => sqliteOfStore(dir, 'UPDATE key_slots SET wrapped = zeroblob(48)')],
    [['secrets'], (dir) => sqliteOfStore(dir, "UPDATE secrets SET metadata = 'no JSON' WHERE name = 'a'")],
    [['audit'], (dir) => sqliteOfStore(dir, "UPDATE audit SET reason = 'edited' WHERE seq = 2")],
  ];
  for (const [expected, doIt] of damage) {
    const options = optionsFor(t);
    await filledStore(options);
    doIt(options.dir);
    const before = dataOf(options.dir);
    const report = await diagnose(options);
    assert.deepEqual(problems(report), expected, JSON.stringify(report.checks, null, 2));
    assert.deepEqual(dataOf(options.dir), before, 'looking repairs and removes nothing');
    for (const check of report.checks) assert.ok(check.status === 'ok' || check.suggestion, check.id);
  }
});

test('a store in use can be looked at', async (t) => {
  const options = optionsFor(t);
  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  const uses = Array.from({ length: 50 }, () => room.secrets.use(id, { reason: 'r' }, () => {}));
  assert.deepEqual(problems(await diagnose(options)), []);
  await Promise.all(uses);
});

test('bad options are refused', async () => {
  for (const options of [undefined, null, 'text', { dir: '' }]) {
    await failsWith('INVALID_REQUEST', diagnose(options as unknown as StrongroomOptions));
  }
});
