import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditEntry, AuditVerdict } from '../../contracts/index.js';
import { Bench, newCanary } from './support.js';

const REASON = '=HYPERLINK("x") \x1b[31mred\x1b[0m';

/** A store with a secret that was added through the command line and used by an application. */
async function usedStore(bench: Bench): Promise<{ id: string; canary: string }> {
  const canary = newCanary();
  const added = await bench.json<{ id: string }>(['secrets', 'add', 'Token'], canary);
  assert.equal(added.code, 0, added.stdout);
  const { id } = added.answer;
  await bench.withRoom((room) => room.secrets.use(id, { reason: REASON }, () => {}));
  return { id, canary };
}

test('the log says who did what, newest first, and can be filtered', async (t) => {
  const bench = new Bench(t);
  const { id, canary } = await usedStore(bench);
  const { answer } = await bench.json<{ items: AuditEntry[]; nextCursor?: string }>(['audit', 'list']);
  assert.equal(answer.nextCursor, undefined);
  assert.deepEqual(
    answer.items.map(({ seq }) => seq),
    answer.items.map((_, i) => answer.items.length - i),
  );
  const created = answer.items.find(({ action }) => action === 'secret.create');
  assert.deepEqual([created?.role, created?.principalId, created?.secretId], ['core', 'strongroom-cli', id]);
  const used = answer.items[0];
  assert.deepEqual([used?.action, used?.reason, used?.outcome], ['secret.use', REASON, 'allowed']);

  const only = async (...filter: string[]) =>
    (await bench.json<{ items: AuditEntry[] }>(['audit', 'list', ...filter])).answer.items.map(({ action }) => action);
  assert.deepEqual(await only('--action', 'secret.use', '--secret-id', id), ['secret.use']);
  assert.deepEqual(await only('--actor', 'nobody'), []);
  assert.deepEqual(await only('--until', '2020-01-01'), []);
  const today = new Date().toISOString().slice(0, 10);
  assert.equal(
    (await only('--since', '2020-01-01', '--until', `${Number(today.slice(0, 4)) + 1}-01-01`)).length,
    answer.items.length,
  );

  const first = await bench.json<{ items: AuditEntry[]; nextCursor: string }>(['audit', 'list', '--limit', '1']);
  const second = await bench.json<{ items: AuditEntry[] }>([
    'audit',
    'list',
    '--limit',
    '1',
    '--cursor',
    first.answer.nextCursor,
  ]);
  assert.deepEqual(
    [first.answer.items[0]?.seq, second.answer.items[0]?.seq],
    [answer.items.length, answer.items.length - 1],
  );

  const shown = await bench.terminal(['audit', 'list'], []);
  assert.match(shown.stdout, /secret\.use +allowed +sec_\w+ +=HYPERLINK\("x"\) \\x1b\[31mred/);
  assert.ok(!shown.stdout.includes('\x1b'));
  assert.ok(!bench.output.includes(canary));
});

test('verify exits with 0 for an intact log and 1 for one that was touched', async (t) => {
  const bench = new Bench(t);
  await usedStore(bench);
  const intact = await bench.json<AuditVerdict>(['audit', 'verify']);
  assert.equal(intact.code, 0);
  assert.deepEqual([intact.answer.ok, intact.answer.sealChecked, intact.answer.firstBad], [true, true, undefined]);
  assert.match((await bench.run(['audit', 'verify'])).stdout, /^intact: \d+ entries, sealed through entry \d+\n$/);

  const database = join(bench.dir, 'strongroom.db');
  const columns = execFileSync('sqlite3', [
    database,
    "SELECT name FROM sqlite_schema WHERE sql LIKE '%prev_hash%' AND type = 'table'",
  ]);
  const log = columns.toString().trim().split('\n')[0];
  execFileSync('sqlite3', [database, `UPDATE ${log} SET reason = 'another' WHERE action = 'secret.use'`]);
  const listed = await bench.json<{ items: AuditEntry[] }>(['audit', 'list', '--action', 'secret.use']);
  const touched = await bench.json<AuditVerdict>(['audit', 'verify']);
  assert.equal(touched.code, 1);
  assert.deepEqual(
    [touched.answer.ok, touched.answer.firstBad],
    [false, { seq: listed.answer.items[0]?.seq, problem: 'hash' }],
  );
  const told = await bench.run(['audit', 'verify']);
  assert.equal(told.code, 1);
  assert.match(told.stdout, /^NOT INTACT at entry \d+: its content was changed \(hash\)/);
});

test('an export is complete, private and never in the way of another file', async (t) => {
  const bench = new Bench(t);
  const { canary } = await usedStore(bench);
  const listed = (await bench.json<{ items: AuditEntry[] }>(['audit', 'list', '--limit', '500'])).answer.items;
  const file = join(bench.home, 'log.jsonl');
  const written = await bench.json<{ output: string; format: string; bytes: number }>([
    'audit',
    'export',
    '--output',
    file,
  ]);
  assert.deepEqual(written.answer, { output: file, format: 'jsonl', bytes: statSync(file).size });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, 'utf8');
  const entries = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry);
  assert.deepEqual(entries, listed.toReversed());
  assert.equal((await bench.run(['audit', 'export'])).stdout, text);
  assert.equal((await bench.run(['audit', 'export', '--json'])).stdout, text);

  const csv = (await bench.run(['audit', 'export', '--format', 'csv'])).stdout;
  assert.match(csv.split(/\r?\n/)[0] ?? '', /^seq,at,role,/);
  assert.ok(csv.includes(`"'=HYPERLINK(""x"")`), 'a formula is neutralised');

  writeFileSync(file, 'mine');
  const refused = await bench.run(['audit', 'export', '--output', file]);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /^strongroom: ALREADY_EXISTS: .* exists; give --force to replace it\n$/);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.equal((await bench.run(['audit', 'export', '--output', file, '--force'])).code, 0);
  assert.equal(readFileSync(file, 'utf8'), text);
  const nowhere = await bench.run(['audit', 'export', '--output', join(bench.home, 'no/such/folder')]);
  assert.equal(nowhere.code, 3);
  assert.match(nowhere.stderr, /^strongroom: NOT_FOUND: /);
  assert.ok(!existsSync(join(bench.home, 'no')));
  assert.ok(!(bench.output + text + csv).includes(canary));
});

test('an export to a terminal shows control characters instead of obeying them', async (t) => {
  const bench = new Bench(t);
  await usedStore(bench);
  const shown = await bench.terminal(['audit', 'export', '--format', 'csv'], []);
  assert.equal(shown.code, 0);
  assert.match(shown.stdout, /\\x1b\[31mred/);
  assert.ok(!shown.stdout.includes('\x1b[31m'));
});
