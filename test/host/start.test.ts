import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from './support.js';

interface Started {
  child: ChildProcess;
  output: { stdout: string; stderr: string };
  /** Resolves with the exit code once both streams have ended. */
  done: Promise<number | null>;
}

/**
 * Runs what `npm start` runs, or `npm start` itself, in a home of its own and without a session bus. It leads a process
 * group, as what a shell starts does.
 */
async function start(
  t: TestContext,
  env: NodeJS.ProcessEnv,
  command: readonly [string, ...string[]] = [process.execPath, '--import', 'tsx', 'js/host/start.ts'],
): Promise<Started> {
  const home = await temporaryFolder(t);
  const child = spawn(command[0], command.slice(1), {
    detached: true,
    cwd: join(__dirname, '..', '..'),
    env: {
      PATH: process.env.PATH,
      HOME: home,
      STRONGROOM_DIR: join(home, 'store'),
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch (error) {
      // The whole group has ended, as it should have.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  return { child, output, done: once(child, 'close').then(([code]) => code as number | null) };
}

/** The address and token of the line that says that the host is ready. */
async function ready({ child, output, done }: Started): Promise<{ url: string; token: string }> {
  const line = /^Settings: (http:\/\/127\.0\.0\.1:\d+)\/#([A-Za-z0-9_-]{43})\n/;
  while (!line.test(output.stdout)) {
    const ended = await Promise.race([done.then(() => true), once(child.stdout ?? child, 'data').then(() => false)]);
    if (ended) assert.fail(`it ended before it was ready: ${output.stderr}`);
  }
  const match = line.exec(output.stdout);
  return { url: match?.[1] ?? '', token: match?.[2] ?? '' };
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`it prints one line, serves the page and the core, and stops cleanly on ${signal}`, async (t) => {
    const started = await start(t, {});
    const { url, token } = await ready(started);
    assert.equal((await fetch(url)).status, 200);
    const answer = await fetch(`${url}/ipc`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ channel: 'status.get', payload: {} }),
    });
    assert.equal(((await answer.json()) as { ok: boolean }).ok, true);
    started.child.kill(signal);
    assert.equal(await started.done, 0);
    assert.equal(started.output.stdout, `Settings: ${url}/#${token}\n`);
    assert.ok(!started.output.stderr.includes(token));
  });
}

test('one wish to stop that comes as two signals lets it finish', async (t) => {
  const started = await start(t, {});
  await ready(started);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) started.child.kill(signal);
  assert.equal(await started.done, 0);
});

/** `npm start`; npm itself looks for nothing on the network. */
const kNpm = ['npm', 'start', '--silent', '--no-update-notifier'] as const;

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`npm start ends with its server when npm gets ${signal}`, async (t) => {
    const started = await start(t, {}, kNpm);
    const { url } = await ready(started);
    started.child.kill(signal);
    // The streams are the server's too.
    assert.equal(await started.done, 0);
    await assert.rejects(fetch(url));
  });
}

test('npm start ends cleanly when the terminal sends SIGINT to all of it', async (t) => {
  const started = await start(t, {}, kNpm);
  await ready(started);
  process.kill(-(started.child.pid as number), 'SIGINT');
  assert.equal(await started.done, 0);
});

test('npm start ends Electron when npm is ended', async (t) => {
  const dist = await temporaryFolder(t);
  const program = `#!${process.execPath}
process.on('SIGTERM', () => { console.log('ended'); process.exit(0); });
setInterval(() => {}, 60_000);
console.log('Settings: http://127.0.0.1:1/#${'x'.repeat(43)}');`;
  await writeFile(join(dist, 'electron'), program, { mode: 0o755 });
  const started = await start(t, { ELECTRON_OVERRIDE_DIST_PATH: dist, DISPLAY: ':0' }, kNpm);
  await ready(started);
  started.child.kill('SIGTERM');
  assert.equal(await started.done, 0);
  assert.match(started.output.stdout, /ended\n$/);
});

test('PORT chooses the port; one that is taken is said with its code', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const started = await start(t, { PORT: String(port) });
  assert.equal(await started.done, 3);
  assert.match(started.output.stderr, new RegExp(`^strongroom: EADDRINUSE: port ${port} is taken`, 'm'));
  assert.equal(started.output.stdout, '');
});

test('a PORT that is no port is a usage error', async (t) => {
  for (const port of ['http', '65536', '-1']) {
    const started = await start(t, { PORT: port });
    assert.equal(await started.done, 2);
    assert.match(started.output.stderr, /^strongroom: INVALID_REQUEST: PORT must be a number from 0 to 65535$/m);
  }
});

test('a store that others can read is refused with its code', async (t) => {
  const folder = join(await temporaryFolder(t), 'open');
  await mkdir(folder);
  await chmod(folder, 0o755);
  const started = await start(t, { STRONGROOM_DIR: folder });
  assert.equal(await started.done, 3);
  assert.match(started.output.stderr, /^strongroom: INSECURE_PERMISSIONS: /m);
});
