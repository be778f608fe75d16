import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Bench, newCanary } from './support.js';

const COMMANDS = [
  'doctor',
  'secrets list',
  'secrets add',
  'secrets remove',
  'connections list',
  'connections show',
  'connections set-secret',
  'connections clear-secret',
  'connections remove',
  'connections test',
  'grants list',
  'grants revoke',
  'grants silences',
  'grants unsilence',
  'audit verify',
  'audit list',
  'audit export',
];

test('every level has its help', async (t) => {
  const bench = new Bench(t);
  const whole = await bench.plain(['--help']);
  assert.equal(whole.code, 0);
  for (const command of COMMANDS) assert.match(whole.stdout, new RegExp(`^  ${command}`, 'm'));
  const group = await bench.plain(['secrets', '-h']);
  assert.equal(group.code, 0);
  assert.match(group.stdout, /^ {2}secrets add/m);
  assert.doesNotMatch(group.stdout, /^ {2}audit/m);
  const command = await bench.plain(['audit', 'export', '--help']);
  assert.equal(command.code, 0);
  assert.equal((await bench.plain(['help', 'audit', 'export'])).stdout, command.stdout);
  for (const option of ['--format', '--output', '--force', '--dir', '--json'])
    assert.ok(command.stdout.includes(option), option);
});

test('--version is the version of the package', async (t) => {
  const bench = new Bench(t);
  const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'));
  assert.equal((await bench.plain(['--version'])).stdout, `${version}\n`);
  assert.deepEqual(JSON.parse((await bench.plain(['--version', '--json'])).stdout), { version });
});

test('a wrong command line exits with 2, says where the help is, and creates nothing', async (t) => {
  const bench = new Bench(t);
  const wrong: [string[], RegExp][] = [
    [[], /no command.*strongroom --help/],
    [['frobnicate'], /no such command/],
    [['secrets'], /no command.*strongroom secrets --help/],
    [['secrets', 'list', '--kindd', 'x'], /no option --kindd/],
    [['audit', 'list', '--kind', 'x'], /"audit list" takes no option --kind/],
    [['secrets', 'list', '--dir', '--json'], /--dir needs a directory/],
    [['secrets', 'list', '--dir', ''], /--dir needs a directory/],
    [['doctor', '--dir='], /--dir needs a directory/],
    [['audit', 'list', '--limit', 'many'], /--limit needs a number/],
    [['audit', 'list', '--since', '2026-02-30'], /--since needs a day/],
    [['audit', 'list', '--action', 'zz'], /--action is one of secret\.create, .*, audit\.prune; see/],
    [['audit', 'export', '--format', 'xml'], /jsonl or csv/],
    [['grants', 'revoke'], /either the id of a grant or --all/],
    [['grants', 'revoke', 'grt_1', '--all'], /either the id of a grant or --all/],
    [['grants', 'revoke', 'grt_1', '--principal', 'x'], /need --all/],
    [['grants', 'revoke', '--all'], /no terminal to ask at; give --yes/],
    [['grants', 'unsilence', 'x', 'y', '--role', 'core'], /--role is extension or tool/],
    [['connections', 'set-secret', 'x'], /needs <field>/],
    [['doctor', 'now'], /"doctor" takes no arguments/],
  ];
  await Promise.all(
    wrong.map(async ([args, message]) => {
      const { code, stdout, stderr } = await bench.plain(args);
      const text = args.includes('--json') ? JSON.parse(stdout).error.message : stderr;
      assert.equal(code, 2, args.join(' '));
      assert.match(text, message);
      if (!args.includes('--json')) assert.match(stderr, /^strongroom: INVALID_REQUEST: [^\n]*\n$/);
    }),
  );
  assert.ok(!existsSync(join(bench.home, 'data')));
});

test('a value on the command line is refused with the reason, and not repeated', async (t) => {
  const bench = new Bench(t);
  const canary = newCanary();
  const ways = [
    ['secrets', 'add', 'name', canary],
    ['secrets', 'add', 'name', '--value', canary],
    ['secrets', 'add', 'name', `--token=${canary}`],
    ['connections', 'set-secret', 'name', 'token', canary],
  ];
  for (const args of ways) {
    const { code, stderr } = await bench.run(args);
    assert.equal(code, 2);
    assert.match(stderr, /a value is never taken from the command line/);
  }
  const { code, answer } = await bench.json<{ error: { code: string; message: string } }>([
    'secrets',
    'add',
    'name',
    canary,
  ]);
  assert.equal(code, 2);
  assert.equal(answer.error.code, 'INVALID_REQUEST');
  assert.ok(!bench.output.includes(canary));
  assert.ok(!existsSync(bench.dir));
});

test('a store that is not there is a failure, and is not made by looking', async (t) => {
  const bench = new Bench(t);
  for (const args of [
    ['secrets', 'list'],
    ['audit', 'verify'],
    ['audit', 'export'],
    ['secrets', 'remove', 'x', '--yes'],
    ['connections', 'set-secret', 'x', 'token'],
    ['grants', 'list'],
  ]) {
    const { code, stderr } = await bench.run(args);
    assert.equal(code, 3);
    assert.match(stderr, /^strongroom: NOT_FOUND: there is no store in /);
  }
  assert.ok(!existsSync(bench.dir));
});

test('the store is STRONGROOM_DIR, or strongroom in the data directory', async (t) => {
  const bench = new Bench(t);
  const place = async (env: NodeJS.ProcessEnv) =>
    (await bench.plain(['secrets', 'list'], { env })).stderr.trim().split(' in ')[1];
  assert.equal(await place({}), join(bench.home, 'data/strongroom'));
  assert.equal(await place({ XDG_DATA_HOME: 'relative' }), join(bench.home, '.local/share/strongroom'));
  assert.equal(await place({ STRONGROOM_DIR: join(bench.home, 'chosen') }), join(bench.home, 'chosen'));
});
