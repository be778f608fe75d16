import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SecretInfo } from '../../contracts/index.js';
import { Bench, newCanary } from './support.js';

interface Failed {
  error: { code: string; message: string };
}

test('a value from standard input is stored, listed without it, and removed', async (t) => {
  const bench = new Bench(t);
  const canary = newCanary();
  const added = await bench.run(
    ['secrets', 'add', 'GitHub', '--env-key', 'GITHUB_TOKEN', '--metadata', 'team=core=a'],
    `${canary}\n`,
  );
  assert.equal(added.code, 0, added.stderr);
  const id = /^added (sec_\w{26})\n$/.exec(added.stdout)?.[1];
  assert.ok(id);
  assert.match(added.stderr, /master\.key/, 'the first secret makes the key file, and says to back it up');
  assert.equal(statSync(join(bench.dir, 'master.key')).mode & 0o777, 0o600);
  assert.equal(await bench.valueOf('GitHub'), canary);

  const listed = await bench.json<{ items: SecretInfo[] }>(['secrets', 'list']);
  assert.equal(listed.code, 0);
  assert.equal(listed.answer.items.length, 1);
  const [secret] = listed.answer.items;
  assert.equal(secret?.id, id);
  assert.equal(secret.kind, 'api_key');
  assert.equal(secret.envKey, 'GITHUB_TOKEN');
  assert.deepEqual(secret.metadata, { team: 'core=a' });
  const shown = (await bench.run(['secrets', 'list'])).stdout.split('\n');
  assert.match(shown[0] ?? '', /^ID +KIND +ENV KEY +UPDATED +NAME$/);
  assert.equal(shown[1]?.indexOf('GitHub'), shown[0]?.indexOf('NAME'));

  const removed = await bench.json(['secrets', 'remove', 'GITHUB_TOKEN', '--yes']);
  assert.deepEqual(removed.answer, { id, removed: true });
  assert.equal((await bench.run(['secrets', 'list'])).stdout, 'no secrets\n');
  assert.ok(!bench.output.includes(canary));
});

test('one newline at the end of standard input is dropped, and none with --raw', async (t) => {
  const bench = new Bench(t);
  const cases: [name: string, options: string[], input: string, stored: string][] = [
    ['lf', [], 'a\n', 'a'],
    ['crlf', [], 'a\r\n', 'a'],
    ['two', [], 'a\n\n', 'a\n'],
    ['none', [], ' a ', ' a '],
    ['raw', ['--raw', '--kind', 'ssh_key'], '-----BEGIN\n-----END\n', '-----BEGIN\n-----END\n'],
    ['bom', [], '\ufeffa', '\ufeffa'],
  ];
  for (const [name, options, input] of cases) {
    const { code, stderr } = await bench.run(['secrets', 'add', name, ...options], input);
    assert.equal(code, 0, stderr);
  }
  for (const [name, , , stored] of cases) assert.equal(await bench.valueOf(name), stored, name);
});

test('a value that cannot be stored is refused', async (t) => {
  const bench = new Bench(t);
  const empty = await bench.run(['secrets', 'add', 'empty'], '\n');
  assert.equal(empty.code, 2);
  assert.match(empty.stderr, /the value is empty/);
  const long = await bench.run(['secrets', 'add', 'long'], 'x'.repeat(50_000));
  assert.equal(long.code, 3);
  assert.match(long.stderr, /^strongroom: LIMIT_EXCEEDED: /);
  const limit = await bench.run(['secrets', 'add', 'limit'], 'x'.repeat(10_001));
  assert.equal(limit.code, 2);
  assert.match(limit.stderr, /^strongroom: INVALID_REQUEST: .*\/value/);
  assert.ok(!existsSync(join(bench.dir, 'master.key')));
});

test('a taken name, an unknown secret and another app are failures with their codes', async (t) => {
  const bench = new Bench(t);
  assert.equal((await bench.run(['secrets', 'add', 'one'], newCanary())).code, 0);
  const taken = await bench.json<Failed>(['secrets', 'add', 'one'], newCanary());
  assert.deepEqual([taken.code, taken.answer.error.code], [3, 'ALREADY_EXISTS']);
  const unknown = await bench.json<Failed>(['secrets', 'remove', 'two', '--yes']);
  assert.deepEqual([unknown.code, unknown.answer.error.code], [3, 'NOT_FOUND']);
  const kind = await bench.json<Failed>(['secrets', 'list', '--kind', 'nonsense']);
  assert.deepEqual([kind.code, kind.answer.error.code], [2, 'INVALID_REQUEST']);
  assert.match(kind.answer.error.message, /^the request is not valid: --kind: [^/]*$/);
  const two = await bench.json<Failed>(['secrets', 'add', 'x'.repeat(101), '--kind', 'nonsense'], newCanary());
  assert.match(two.answer.error.message, /^the request is not valid: \/name: [^/]*; --kind: [^/]*$/);
  const other = await bench.plain(['secrets', 'list', '--dir', bench.dir, '--app-id', 'org.example.other']);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /without --app-id/);
  const itself = await bench.plain(['secrets', 'list', '--dir', bench.dir]);
  assert.deepEqual([itself.code, itself.stderr], [0, '']);
});

test('removing asks first: not without a terminal, and only yes is yes', async (t) => {
  const bench = new Bench(t);
  assert.equal((await bench.run(['secrets', 'add', 'kept'], newCanary())).code, 0);
  const silent = await bench.run(['secrets', 'remove', 'kept']);
  assert.equal(silent.code, 2);
  assert.match(silent.stderr, /--yes/);
  const no = await bench.terminal(['secrets', 'remove', 'kept'], [['[y/N]', '\r']]);
  assert.equal(no.code, 1);
  assert.match(no.stdout, /Delete kept \(sec_\w+\)\?.*not removed/s);
  assert.equal((await bench.json<{ items: SecretInfo[] }>(['secrets', 'list'])).answer.items.length, 1);
  const yes = await bench.terminal(['secrets', 'remove', 'kept'], [['[y/N]', 'y\r']]);
  assert.equal(yes.code, 0);
  assert.equal((await bench.json<{ items: SecretInfo[] }>(['secrets', 'list'])).answer.items.length, 0);
});

test('the prompt does not show what is typed', async (t) => {
  const bench = new Bench(t);
  const canary = newCanary();
  const typed = await bench.terminal(['secrets', 'add', 'typed'], [['not shown', `${canary}x\x7f\r`]]);
  assert.equal(typed.code, 0, typed.stdout);
  assert.match(typed.stdout, /Value of typed \(not shown\): .*added sec_/s);
  assert.equal(await bench.valueOf('typed'), canary);

  const pasted = await bench.terminal(
    ['secrets', 'add', 'pasted'],
    [['not shown', `\x1b[200~${canary}\r2\r\x1b[201~\r`]],
  );
  assert.equal(pasted.code, 0, pasted.stdout);
  assert.equal(await bench.valueOf('pasted'), `${canary}\n2\n`);
  assert.ok(!bench.output.includes(canary));
});

test('leaving the prompt stores nothing', async (t) => {
  const bench = new Bench(t);
  const canary = newCanary();
  const left = await bench.terminal(['secrets', 'add', 'left'], [['not shown', `${canary}\x03`]]);
  assert.equal(left.code, 3);
  assert.match(left.stdout, /strongroom: CANCELLED/);
  const lines = await bench.terminal(['secrets', 'add', 'lines'], [['not shown', `${canary}\rsecond line\r`]]);
  assert.equal(lines.code, 2);
  assert.match(lines.stdout, /several lines/);
  assert.ok(!bench.output.includes(canary));
  assert.ok(!existsSync(bench.dir));
});

test('a name that tries to steer the terminal is shown as text', async (t) => {
  const bench = new Bench(t);
  const name = 'evil\x1b]0;title\x07\u202e\x1b[2J';
  assert.equal((await bench.run(['secrets', 'add', name], newCanary())).code, 0);
  const listed = await bench.terminal(['secrets', 'list'], []);
  assert.match(listed.stdout, /evil\\x1b\]0;title\\x07\\u202e\\x1b\[2J/);
  for (const sequence of ['\x1b]', '\x1b[2J', '\u202e']) assert.ok(!listed.stdout.includes(sequence));
  const { stdout, answer } = await bench.json<{ items: SecretInfo[] }>(['secrets', 'list']);
  assert.equal(answer.items[0]?.name, name);
  assert.ok(!stdout.includes('\x1b') && !stdout.includes('\u202e'));
});

test('a store is made where a full disk left an empty file of an earlier attempt', async (t) => {
  const bench = new Bench(t);
  const canary = newCanary();
  mkdirSync(bench.dir, { mode: 0o700 });
  writeFileSync(join(bench.dir, 'strongroom.db'), '', { mode: 0o600 });
  assert.equal((await bench.run(['secrets', 'list'])).code, 3);
  const { code, stderr } = await bench.run(['secrets', 'add', 'Token'], canary);
  assert.equal(code, 0, stderr);
  assert.equal(await bench.valueOf('Token'), canary);
});

test('what the core refuses is told by the option that gave it', async (t) => {
  const bench = new Bench(t);
  assert.equal((await bench.run(['secrets', 'add', 'Token'], newCanary())).code, 0);
  const refused = [
    [['secrets', 'add', 'Other', '--env-key', 'lower'], / --env-key: must match/],
    [['secrets', 'add', '', '--env-key=lower', '--kind', 'none'], / \/name: .*; --kind: .*; --env-key: must match/],
    [['secrets', 'list', '--kind', 'none'], / --kind: must be one of/],
    [['audit', 'list', '--limit', '501'], / --limit: must be at most 500$/m],
  ] as const;
  for (const [args, message] of refused) {
    const { code, stderr } = await bench.run(args, newCanary());
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\/(envKey|kind|limit)/);
  }
});
