import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Broker } from '../../js/main/broker.js';
import type { NativeRoom } from '../../js/main/native.js';
import { INHERITED, type SpawnRequest, spawnWithSecret } from '../../js/main/spawn.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, type Scope, temporaryDir } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { ended, linesOf, stop } from '../support/process.js';

/** Says what it sees, as a line of JSON: its environment, and the first line of its input if it is asked for. */
const PROGRAM = `
  const tell = (line) => console.log(JSON.stringify({ env: process.env, argv: process.argv, cwd: process.cwd(), line }));
  if (process.argv.includes('read')) {
    const lines = require('node:readline').createInterface({ input: process.stdin });
    lines.on('line', (line) => tell(line));
  } else {
    tell(null);
    process.stdin.resume();
  }
`;

interface Sight {
  env: Record<string, string>;
  argv: string[];
  cwd: string;
  line: string | null;
}

/** Starts the program; it goes with the test. */
function start(
  scope: Scope,
  request: Omit<SpawnRequest, 'command'>,
  secret: Buffer,
  signal?: AbortSignal,
): ChildProcess {
  const { args = [], ...rest } = request;
  const child = spawnWithSecret({ command: process.execPath, args: ['-e', PROGRAM, ...args], ...rest }, secret, signal);
  afterwards(scope, () => stop(child));
  return child;
}

async function sight(child: ChildProcess): Promise<Sight> {
  const { value } = await linesOf(child.stdout).next();
  return JSON.parse(value);
}

function refused(request: Partial<SpawnRequest> & Record<string, unknown>, secret: string | Buffer = canary()) {
  const whole = { command: process.execPath, auth: { type: 'env', name: 'TOKEN' }, ...request } as SpawnRequest;
  return failsWith('INVALID_REQUEST', () => {
    spawnWithSecret(whole, Buffer.from(secret)).kill();
  });
}

test('a secret in the environment is there, and nowhere in the arguments', async (t) => {
  const secret = canary();
  const bytes = Buffer.from(secret);
  const child = start(t, { args: ['one', 'two words'], auth: { type: 'env', name: 'API_TOKEN' } }, bytes);
  bytes.fill(0); // as the caller does, at once
  const seen = await sight(child);
  assert.equal(seen.env.API_TOKEN, secret);
  assert.deepEqual(seen.argv.slice(-2), ['one', 'two words']);
  const cmdline = readFileSync(`/proc/${child.pid}/cmdline`);
  assert.ok(cmdline.includes('two words'));
  assert.equal(containsCanary(cmdline, secret), undefined);
  assert.equal(containsCanary(Buffer.from(child.spawnargs.join(' ')), secret), undefined);
});

test('a secret on standard input is one line, the input stays open, and the environment has nothing of it', async (t) => {
  const secret = `${canary()} é`;
  const bytes = Buffer.from(secret);
  const child = start(t, { args: ['read'], auth: { type: 'stdin' } }, bytes);
  bytes.fill(0);
  const lines = linesOf(child.stdout);
  const first: Sight = JSON.parse((await lines.next()).value);
  assert.equal(first.line, secret);
  child.stdin?.write('a message\n');
  const second: Sight = JSON.parse((await lines.next()).value);
  assert.equal(second.line, 'a message');
  for (const file of ['cmdline', 'environ']) {
    assert.equal(containsCanary(readFileSync(`/proc/${child.pid}/${file}`), secret), undefined);
  }
});

test('the line that was written to a child is wiped', async (t) => {
  const { concat } = Buffer;
  const lines: Buffer[] = [];
  t.mock.method(Buffer, 'concat', (...given: Parameters<typeof Buffer.concat>) => {
    const line = concat(...given);
    lines.push(line);
    return line;
  });
  const secret = canary();
  const child = start(t, { args: ['read'], auth: { type: 'stdin' } }, Buffer.from(secret));
  t.mock.restoreAll();
  assert.deepEqual(lines.map(String), [`${secret}\n`], 'not wiped before it is written');
  assert.equal((await sight(child)).line, secret);
  // What is written later is done later.
  await new Promise((resolve) => child.stdin?.write('a message\n', resolve));
  assert.deepEqual(lines, [Buffer.alloc(secret.length + 1)]);
});

test('a handle is redeemed for a program into a buffer that is wiped, whether it is started or not', async (t) => {
  const secret = canary();
  const auth = { type: 'stdin', field: 'token' } as const;
  const spawned = async (args: string[]): Promise<ChildProcess> => {
    const plaintext = Buffer.from(secret);
    const value = { plaintext, connectionId: 'con', providerId: 'acme.api', auth };
    const broker = new Broker(() => assert.fail('nothing is asked of the core'), {
      redeem: () => Promise.resolve({ ok: true, value }),
    } as Partial<NativeRoom> as NativeRoom);
    try {
      const child = await broker.spawn('handle', { command: process.execPath, args }, { reason: 'start' });
      afterwards(t, () => stop(child));
      return child;
    } finally {
      assert.deepEqual(plaintext, Buffer.alloc(secret.length));
    }
  };
  const child = await spawned(['-e', PROGRAM, 'read']);
  assert.equal((await sight(child)).line, secret);
  await failsWith('INVALID_REQUEST', spawned(['-e', PROGRAM, secret]));
});

test('a child inherits what is listed, gets what is added, and nothing else of this process', async (t) => {
  const other = canary();
  for (const [name, value] of [
    ['STRONGROOM_TEST_OTHER', other],
    ['LC_TEST', 'yes'],
    ['NODE_EXTRA_CA_CERTS', ''],
  ] as const) {
    process.env[name] = value;
    afterwards(t, () => {
      delete process.env[name];
    });
  }
  const cwd = temporaryDir(t);
  const child = start(
    t,
    { env: { ADDED: '1', LANG: 'de_DE.UTF-8' }, cwd, auth: { type: 'env', name: 'TOKEN' } },
    Buffer.from('s3cret'),
  );
  const seen = await sight(child);
  assert.equal(seen.cwd, cwd);
  assert.deepEqual(seen.env, {
    ...Object.fromEntries(
      INHERITED.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]]),
    ),
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('LC_'))),
    ADDED: '1',
    LANG: 'de_DE.UTF-8',
    TOKEN: 's3cret',
  });
  assert.equal(containsCanary(readFileSync(`/proc/${child.pid}/environ`), other), undefined);
});

test('text that contains the secret is refused, without repeating it', async () => {
  const secret = canary();
  for (const [place, request] of [
    ['/args/1', { args: ['-v', `--token=${secret}`] }],
    ['/args/0', { args: [secret] }],
    ['/env/OTHER', { env: { OTHER: `Bearer ${secret}` } }],
    ['/env', { env: { [secret]: '1' } }],
    ['/command', { command: `/bin/${secret}` }],
    ['/cwd', { cwd: `/${secret}` }],
  ] as const) {
    const error = await refused(request, secret);
    assert.equal(error.issues?.[0]?.path, place);
    assert.equal(containsCanary(Buffer.from(`${error.stack} ${JSON.stringify(error)}`), secret), undefined);
  }
});

test('a shell is refused, as a program and as an option', async () => {
  for (const command of [
    'sh',
    '/bin/sh',
    'bash',
    '/usr/bin/zsh',
    'dash',
    'fish',
    'busybox',
    'env',
    '/usr/bin/nice',
    'xargs',
    'sudo',
    '/usr/bin/timeout',
    'find',
    'pwsh',
    'cmd.exe',
    'PowerShell.exe',
  ]) {
    assert.equal((await refused({ command })).issues?.[0]?.code, 'shell', command);
  }
  for (const option of [
    { shell: true },
    { shell: '/bin/sh' },
    { shell: false },
    { argv0: 'x' },
    { stdio: 'inherit' },
  ]) {
    assert.equal((await refused(option)).issues?.[0]?.code, 'unknown');
  }
});

test('what a shell would make something of is plain text', async (t) => {
  const args = ['$TOKEN', '`id`', ';', '&& id', '*', "'", '"'];
  const child = start(t, { args, auth: { type: 'env', name: 'TOKEN' } }, Buffer.from(canary()));
  assert.deepEqual((await sight(child)).argv.slice(-args.length), args);
});

test('NULs and names that are none are refused', async () => {
  for (const [place, request] of [
    ['/args/0', { args: ['a\0b'] }],
    ['/args', { args: 'a' }],
    ['/args/0', { args: [7] }],
    ['/env/A', { env: { A: 'a\0b' } }],
    ['/env/A', { env: { A: 7 } }],
    ['/env', { env: { 'A\0B': '1' } }],
    ['/env', { env: { 'A=B': '1' } }],
    ['/env', { env: { '': '1' } }],
    ['/command', { command: 'a\0b' }],
    ['/command', { command: '' }],
    ['/cwd', { cwd: 'a\0b' }],
    ['/auth', { auth: { type: 'argv' } }],
    ['/auth', { auth: undefined }],
    ['/auth/name', { auth: { type: 'env', name: 'A=B' } }],
    ['/auth/name', { auth: { type: 'env', name: '' } }],
    ['/auth/name', { auth: { type: 'env', name: '1A' } }],
    ['/auth/name', { auth: { type: 'env' } }],
    // Of these the child would take the secret for something else.
    ['/auth/name', { auth: { type: 'env', name: 'PATH' } }],
    ['/auth/name', { auth: { type: 'env', name: 'LC_ALL' } }],
    ['/auth/name', { auth: { type: 'env', name: 'LD_PRELOAD' } }],
    ['/auth/name', { auth: { type: 'env', name: 'GIT_SSH_COMMAND' } }],
    ['/auth/name', { auth: { type: 'env', name: 'https_proxy' } }],
    ['/auth/name', { auth: { type: 'env', name: 'NODE_OPTIONS' } }],
    ['/auth/name', { env: { TOKEN: '1' } }],
  ] as [string, Record<string, unknown>][]) {
    assert.equal((await refused(request)).issues?.[0]?.path, place, JSON.stringify(request));
  }
});

test('a secret that has no place there is refused', async () => {
  for (const secret of ['', 'a\0b', Buffer.from([0xff, 0xfe])]) await refused({}, secret);
  for (const secret of ['', 'a\nb', 'a\n', 'a\r', 'a\0']) await refused({ auth: { type: 'stdin' } }, secret);
});

test('a signal ends the child, and one that was given before starts none', async (t) => {
  const abort = new AbortController();
  const child = start(t, { auth: { type: 'env', name: 'TOKEN' } }, Buffer.from(canary()), abort.signal);
  await sight(child);
  abort.abort();
  assert.deepEqual(await ended(child), { code: null, signal: 'SIGTERM' });
  await failsWith('CANCELLED', () => {
    start(t, { auth: { type: 'stdin' } }, Buffer.from(canary()), AbortSignal.abort());
  });
});

test('a program that is not there, or does not read, is told of by the child alone', async (t) => {
  const secret = canary();
  const missing = spawnWithSecret({ command: '/nowhere/at-all', auth: { type: 'stdin' } }, Buffer.from(secret));
  const [error] = await once(missing, 'error');
  assert.equal(error.code, 'ENOENT');
  assert.equal(containsCanary(Buffer.from(`${error.stack} ${JSON.stringify(error)}`), secret), undefined);

  const deaf = spawnWithSecret({ command: '/bin/true', auth: { type: 'stdin' } }, Buffer.from(secret));
  afterwards(t, () => stop(deaf));
  assert.deepEqual(await ended(deaf), { code: 0, signal: null });
  deaf.stdin?.write('too late\n');
});
