/** What somebody does to a closed store with the sqlite3 shell is found out, and does no further harm. */
import assert from 'node:assert/strict';
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AuditVerdict } from '../../contracts/index.js';
import { openStrongroom, type Strongroom, type StrongroomOptions } from '../../js/main/index.js';
import { afterwards, type Scope, temporaryDir } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { optionsFor } from '../support/room.js';
import { sqliteOfStore } from '../support/sqlite.js';

const NAMES = ['a', 'b', 'c'];
const USES = 10; // entries: key.create, three times secret.create, ten times secret.use

const original = optionsFor({ after });
let ids: string[];

before(async () => {
  const room = await openStrongroom(original);
  const secrets = [];
  for (const name of NAMES)
    secrets.push(await room.secrets.create({ name, kind: 'custom', value: `value of ${name}` }));
  ids = secrets.map((secret) => secret.id);
  for (let i = 0; i < USES; i++) await room.secrets.use(ids[i % 3] ?? '', { reason: `use ${i}` }, () => {});
  await room.close();
});

const dirs = new WeakMap<Strongroom, string>();
const dirOf = (room: Strongroom): string => dirs.get(room) ?? '';

/** A copy of the store, changed by `sql`. */
async function tampered(t: Scope, sql: string, more: Partial<StrongroomOptions> = {}): Promise<Strongroom> {
  const dir = join(temporaryDir(t), 'store');
  cpSync(original.dir, dir, { recursive: true, preserveTimestamps: true });
  sqliteOfStore(dir, sql);
  const room = await openStrongroom({ ...original, dir, ...more });
  dirs.set(room, dir);
  afterwards(t, () => room.close());
  return room;
}

const entry = `SELECT at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, code, detail, prev_hash, hash FROM audit`;
const columns = `at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, code, detail, prev_hash, hash`;

const logTampering: [string, string, AuditVerdict['firstBad']][] = [
  ['an edited reason', `UPDATE audit SET reason = 'nothing to see' WHERE seq = 7`, { seq: 7, problem: 'hash' }],
  ['an edited outcome', `UPDATE audit SET outcome = 'denied' WHERE seq = 5`, { seq: 5, problem: 'hash' }],
  ['an edited time', `UPDATE audit SET at = at + 1 WHERE seq = 14`, { seq: 14, problem: 'hash' }],
  [
    'another secret blamed',
    `UPDATE audit SET secret_id = (SELECT secret_id FROM audit WHERE seq = 6) WHERE seq = 5`,
    { seq: 5, problem: 'hash' },
  ],
  ['an empty text for none', `UPDATE audit SET detail = '' WHERE seq = 6`, { seq: 6, problem: 'hash' }],
  ['an edited hash', `UPDATE audit SET hash = zeroblob(32) WHERE seq = 8`, { seq: 8, problem: 'hash' }],
  ['an edited previous hash', `UPDATE audit SET prev_hash = zeroblob(32) WHERE seq = 8`, { seq: 8, problem: 'link' }],
  ['a deleted entry', `DELETE FROM audit WHERE seq = 9`, { seq: 9, problem: 'gap' }],
  ['the first one deleted', `DELETE FROM audit WHERE seq = 1`, { seq: 1, problem: 'gap' }],
  [
    'some deleted, the rest renumbered',
    `DELETE FROM audit WHERE seq = 9; UPDATE audit SET seq = seq - 1 WHERE seq > 9`,
    { seq: 9, problem: 'link' },
  ],
  [
    "two entries in each other's place",
    `UPDATE audit SET seq = -6 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 7; UPDATE audit SET seq = 7 WHERE seq = -6`,
    { seq: 6, problem: 'link' },
  ],
  [
    'an inserted entry',
    `UPDATE audit SET seq = -seq - 1 WHERE seq > 9; UPDATE audit SET seq = -seq WHERE seq < 0; INSERT INTO audit SELECT 10, ${columns} FROM (${entry} WHERE seq = 9)`,
    { seq: 10, problem: 'link' },
  ],
  ['the newest entry deleted', `DELETE FROM audit WHERE seq = 14`, { seq: 14, problem: 'gap' }],
  ['the end cut off', `DELETE FROM audit WHERE seq > 10`, { seq: 11, problem: 'gap' }],
  ['everything deleted', `DELETE FROM audit`, { seq: 1, problem: 'gap' }],
  ['the seal deleted', `DELETE FROM audit_seal`, { seq: 16, problem: 'seal' }],
  [
    'the end cut off, the seal deleted',
    `DELETE FROM audit WHERE seq > 10; DELETE FROM audit_seal`,
    { seq: 12, problem: 'seal' },
  ],
  [
    'the end cut off, the seal moved back',
    `DELETE FROM audit WHERE seq > 10; UPDATE audit_seal SET seq = 10, hash = (SELECT hash FROM audit WHERE seq = 10)`,
    { seq: 10, problem: 'seal' },
  ],
  [
    'a reason longer than any',
    `UPDATE audit SET reason = hex(zeroblob(3000)) WHERE seq = 7`,
    { seq: 7, problem: 'hash' },
  ],
  [
    'an entry before the first',
    `INSERT INTO audit (seq, ${columns}) SELECT -1, ${columns} FROM audit WHERE seq = 1`,
    { seq: 0, problem: 'link' },
  ],
  ['a seal of an entry before the first', `UPDATE audit_seal SET seq = -1`, { seq: 0, problem: 'seal' }],
  ['an edited seal', `UPDATE audit_seal SET mac = zeroblob(32)`, { seq: 14, problem: 'seal' }],
];
for (const [what, sql, firstBad] of logTampering) {
  test(`the log: ${what}`, async (t) => {
    const room = await tampered(t, sql);
    // The key is fetched, which has an entry, and one more follows it: both stand after what was tampered with.
    await room.secrets.use(ids[0] ?? '', { reason: 'afterwards' }, () => {});
    const verdict = await room.audit.verify();
    assert.deepEqual([verdict.ok, verdict.firstBad], [false, firstBad]);

    // Work goes on, and covers nothing up.
    assert.equal(await room.secrets.reveal(ids[0] ?? '', { reason: 'afterwards' }), 'value of a');
    await room.unlock();
    const later = await room.audit.verify();
    assert.equal(later.ok, false);
    // A seal that is missing is missed at the newest entry.
    assert.ok((later.firstBad?.seq ?? 0) >= (firstBad?.seq ?? 0), JSON.stringify(later));
    assert.ok((await room.audit.list()).items.length > 0);
  });
}

test('the log: the end cut off while the store is open', async (t) => {
  const room = await tampered(t, 'SELECT 1');
  await room.secrets.use(ids[0] ?? '', { reason: 'the newest' }, () => {});
  sqliteOfStore(dirOf(room), 'DELETE FROM audit WHERE seq > 14');
  const verdict = await room.audit.verify();
  assert.deepEqual([verdict.ok, verdict.firstBad], [false, { seq: 15, problem: 'truncated' }]);
});

test('a log that does not verify is not pruned, and the notice says so', async (t) => {
  const room = await tampered(t, `UPDATE audit SET reason = 'x' WHERE seq = 7`, { audit: { maxEntries: 5 } });
  await room.unlock();
  await failsWith('CORRUPT', room.audit.prune());
  assert.ok((await room.audit.list()).items.length > 4 + USES);
  assert.ok(room.status().notices.some((notice) => notice.code === 'audit-not-pruned'));
});

test('a log rewritten with right hashes throughout has no right seal', async (t) => {
  // The attacker knows the format and the database, but has no key: entry 14 goes, and another takes its place.
  const room = await tampered(
    t,
    `UPDATE audit SET hash = randomblob(32) WHERE seq = 14; UPDATE audit_seal SET hash = (SELECT hash FROM audit WHERE seq = 14)`,
  );
  const verdict = await room.audit.verify();
  assert.equal(verdict.ok, false);
});

test('without the key the chain is still checked, and the verdict says that the seal was not', async (t) => {
  const sound = await tampered(t, 'SELECT 1');
  await sound.lock();
  const verdict = await sound.audit.verify();
  assert.deepEqual([verdict.ok, verdict.sealChecked, verdict.entries], [true, false, 4 + USES]);
  const room = await tampered(t, `UPDATE audit SET reason = 'x' WHERE seq = 7`);
  await room.lock();
  const bad = await room.audit.verify();
  assert.deepEqual([bad.ok, bad.firstBad], [false, { seq: 7, problem: 'hash' }]);
});

/** Exactly the secrets named cannot be opened. */
async function assertCorrupt(room: Strongroom, damaged: readonly string[], what: string): Promise<void> {
  for (const [i, name] of NAMES.entries()) {
    const id = ids[i] ?? '';
    if (damaged.includes(name)) await failsWith('CORRUPT', room.secrets.reveal(id, { reason: what }));
    else assert.equal(await room.secrets.reveal(id, { reason: what }), `value of ${name}`, what);
  }
}

const secretTampering: [string, (id: string[]) => string, string[]][] = [
  [
    'swapped records',
    ([a, b]) => `CREATE TEMP TABLE old AS SELECT * FROM secret_values;
      UPDATE secret_values SET record = (SELECT record FROM old WHERE secret_id = '${b}') WHERE secret_id = '${a}';
      UPDATE secret_values SET record = (SELECT record FROM old WHERE secret_id = '${a}') WHERE secret_id = '${b}';`,
    ['a', 'b'],
  ],
  [
    'a record copied from another',
    ([a, b]) =>
      `UPDATE secret_values SET record = (SELECT record FROM secret_values WHERE secret_id = '${b}') WHERE secret_id = '${a}'`,
    ['a'],
  ],
  ['another kind', ([a]) => `UPDATE secrets SET kind = 'api_key' WHERE id = '${a}'`, ['a']],
  ['another version', ([, b]) => `UPDATE secrets SET version = version + 1 WHERE id = '${b}'`, ['b']],
  [
    'a record cut short',
    ([a]) => `UPDATE secret_values SET record = substr(record, 1, length(record) - 1) WHERE secret_id = '${a}'`,
    ['a'],
  ],
  ['an empty record', ([a]) => `UPDATE secret_values SET record = zeroblob(0) WHERE secret_id = '${a}'`, ['a']],
  [
    'a longer record',
    ([a]) => `UPDATE secret_values SET record = CAST(record || x'00' AS BLOB) WHERE secret_id = '${a}'`,
    ['a'],
  ],
  ['no record', ([a]) => `DELETE FROM secret_values WHERE secret_id = '${a}'`, ['a']],
];
for (const [what, sql, damaged] of secretTampering) {
  test(`secrets: ${what} is CORRUPT, and the others can be read`, async (t) => {
    const room = await tampered(t, sql(ids));
    await assertCorrupt(room, damaged, what);
    assert.equal((await room.audit.list({ outcome: 'failed' })).items.length, damaged.length);
    assert.equal((await room.audit.verify()).ok, true, 'the log itself is sound, and has the failures');
  });
}

test('any single bit of a record: format, generation, nonce, ciphertext, tag', async (t) => {
  const record = (room: string) =>
    String(
      sqliteOfStore(room, `SELECT hex(record) AS record FROM secret_values WHERE secret_id = '${ids[0]}'`)[0]?.record,
    );
  const bytes = Buffer.from(record(original.dir), 'hex');
  const dir = join(temporaryDir(t), 'store');
  cpSync(original.dir, dir, { recursive: true });
  const room = await openStrongroom({ ...original, dir, audit: { durability: 'normal' } });
  afterwards(t, () => room.close());
  await room.unlock();
  for (let bit = 0; bit < bytes.length * 8; bit += bit < 17 * 8 ? 1 : 5) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    sqliteOfStore(
      dir,
      `PRAGMA busy_timeout = 5000; UPDATE secret_values SET record = x'${flipped.toString('hex')}' WHERE secret_id = '${ids[0]}'`,
    );
    await assertCorrupt(room, ['a'], `bit ${bit}`);
  }
  sqliteOfStore(dir, `UPDATE secret_values SET record = x'${bytes.toString('hex')}' WHERE secret_id = '${ids[0]}'`);
  await assertCorrupt(room, [], 'put back');
});

test('a secret under another id is CORRUPT there; nothing is at the old one', async (t) => {
  const moved = `${(ids[0] ?? '').slice(0, -1)}${(ids[0] ?? '').endsWith('0') ? '1' : '0'}`;
  const room = await tampered(
    t,
    `PRAGMA foreign_keys = OFF; UPDATE secrets SET id = '${moved}' WHERE id = '${ids[0]}'; UPDATE secret_values SET secret_id = '${moved}' WHERE secret_id = '${ids[0]}'`,
  );
  await failsWith('CORRUPT', room.secrets.reveal(moved, { reason: 'r' }));
  await failsWith('NOT_FOUND', room.secrets.reveal(ids[0] ?? '', { reason: 'r' }));
  assert.equal(await room.secrets.reveal(ids[1] ?? '', { reason: 'r' }), 'value of b');
});

test('a record that was replaced does not come back', async (t) => {
  const dir = join(temporaryDir(t), 'store');
  cpSync(original.dir, dir, { recursive: true });
  const old = sqliteOfStore(dir, `SELECT hex(record) AS record FROM secret_values WHERE secret_id = '${ids[0]}'`)[0]
    ?.record;
  const first = await openStrongroom({ ...original, dir });
  await first.secrets.replaceValue(ids[0] ?? '', 'the new value');
  await first.close();
  sqliteOfStore(dir, `UPDATE secret_values SET record = x'${old}' WHERE secret_id = '${ids[0]}'`);
  const room = await openStrongroom({ ...original, dir });
  afterwards(t, () => room.close());
  await assertCorrupt(room, ['a'], 'a replay');
});

test('a store made of two: a record of one is CORRUPT in the other', async (t) => {
  const other = optionsFor(t);
  const first = await openStrongroom(other);
  const { id } = await first.secrets.create({ name: 'a', kind: 'custom', value: 'from the other store' });
  await first.close();
  const foreign = sqliteOfStore(
    other.dir,
    `SELECT hex(record) AS record FROM secret_values WHERE secret_id = '${id}'`,
  )[0]?.record;
  const room = await tampered(t, `UPDATE secret_values SET record = x'${foreign}' WHERE secret_id = '${ids[0]}'`);
  await assertCorrupt(room, ['a'], 'foreign');
});

test('metadata that is damaged hides one secret and is counted', async (t) => {
  const room = await tampered(t, `UPDATE secrets SET metadata = 'not JSON' WHERE id = '${ids[1]}'`);
  const { items, damaged } = await room.secrets.list();
  assert.deepEqual([items.map((item) => item.name), damaged], [['a', 'c'], 1]);
  await failsWith('CORRUPT', room.secrets.get(ids[1] ?? ''));
  await room.secrets.delete(ids[1] ?? '');
  assert.equal((await room.secrets.list()).damaged, undefined, 'it can be deleted');
});

test('a slot that was edited is CORRUPT and left as it is', async (t) => {
  const room = await tampered(t, 'UPDATE key_slots SET generation = 2');
  await failsWith('CORRUPT', room.unlock());
  await failsWith('CORRUPT', room.secrets.create({ name: 'd', kind: 'custom', value: 'v' }));
});

test('a store whose key slots were deleted gets no new key, and no new seal', async (t) => {
  const rewrites = [
    'DELETE FROM key_slots',
    'DELETE FROM key_slots; DELETE FROM audit_seal; DELETE FROM audit WHERE seq > 1',
    'DELETE FROM key_slots; DELETE FROM audit_seal; DELETE FROM audit',
  ];
  for (const sql of rewrites) {
    const room = await tampered(t, sql);
    await failsWith('KEY_MISSING', room.unlock());
    await failsWith('KEY_MISSING', room.secrets.create({ name: 'd', kind: 'custom', value: 'v' }));
    await failsWith('KEY_MISSING', room.secrets.reveal(ids[0] ?? '', { reason: 'r' }));
    assert.equal(room.status().state, 'key-missing');
    // Without slots there is nobody to check a seal with; without a seal the log is known to have lost one.
    assert.equal((await room.audit.verify()).sealChecked, false);
    assert.equal((await room.audit.verify()).ok, !sql.includes('audit_seal'), sql);
  }
});

test('a table that silently takes no entry gives no plaintext', async (t) => {
  const room = await tampered(
    t,
    `
    CREATE TABLE other (${columns.replaceAll(/\bat\b/g, 'seq INTEGER PRIMARY KEY, at')}, UNIQUE (action, secret_id) ON CONFLICT IGNORE);
    INSERT OR IGNORE INTO other SELECT seq, ${columns} FROM audit;
    DROP TABLE audit;
    ALTER TABLE other RENAME TO audit;`,
  );
  await failsWith(
    'AUDIT_UNAVAILABLE',
    room.secrets.use(ids[0] ?? '', { reason: 'unseen' }, () => assert.fail()),
  );
});

test('triggers and views that somebody put into the file do nothing', async (t) => {
  const room = await tampered(
    t,
    `
    CREATE TRIGGER forget AFTER INSERT ON audit BEGIN DELETE FROM audit WHERE seq = NEW.seq; END;
    CREATE TRIGGER leak AFTER UPDATE ON secrets BEGIN UPDATE secrets SET name = 'leaked'; END;`,
  );
  await room.secrets.reveal(ids[0] ?? '', { reason: 'seen' });
  await room.secrets.update(ids[0] ?? '', { name: 'renamed' });
  const { items } = await room.audit.list({ action: 'secret.reveal' });
  assert.deepEqual(
    items.map((item) => item.reason),
    ['seen'],
  );
  assert.deepEqual(
    (await room.secrets.list()).items.map((item) => item.name),
    ['renamed', 'b', 'c'],
  );
  assert.equal((await room.audit.verify()).ok, true);
});

test('writes stop when the write-ahead log was removed, as by another SQLite of this process that dropped our locks', async (t) => {
  const room = await tampered(t, 'SELECT 1');
  await room.unlock();
  rmSync(join(dirOf(room), 'strongroom.db-wal'));
  await failsWith(
    'STORE_READ_ONLY',
    room.secrets.use(ids[0] ?? '', { reason: 'unseen' }, () => assert.fail()),
  );
});

test('a database that was moved away while it was open takes nothing more and gives no plaintext', async (t) => {
  const room = await tampered(t, 'SELECT 1');
  const { id } = await room.secrets.create({ name: 'd', kind: 'custom', value: 'v' });
  const file = join(dirOf(room), 'strongroom.db');
  renameSync(file, `${file}.away`);
  await failsWith(
    'STORE_READ_ONLY',
    room.secrets.use(id, { reason: 'unseen' }, () => assert.fail()),
  );
  await failsWith('STORE_READ_ONLY', room.secrets.replaceValue(id, 'w'));
  renameSync(`${file}.away`, file);
  assert.equal(await room.secrets.reveal(id, { reason: 'it is back' }), 'v');
  assert.equal((await room.audit.verify()).ok, true);
});
