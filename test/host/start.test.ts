import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
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

/** Runs what `npm start` runs, in a home of its own and without a session bus. */
async function start(t: TestContext, env: NodeJS.ProcessEnv): Promise<Started> {
  const home = await temporaryFolder(t);
  const child = spawn(process.execPath, ['--import', 'tsx', 'js/host/start.ts'], {
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
  t.after(() => child.kill('SIGKILL'));
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
