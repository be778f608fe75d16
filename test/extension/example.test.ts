/** What `npm start` runs where there is no Electron: the example extension in a worker thread, from the built files. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WebSocket } from 'ws';
import type { Connection, ConsentDecision, ConsentRequest, Envelope, ProviderInfo } from '../../contracts/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, temporaryDir } from '../support/directory.js';
import { stop } from '../support/process.js';

/** The running host, as its page uses it. */
class Started {
  readonly child;
  stdout = '';
  stderr = '';
  /** What came of {@link answer}. */
  readonly answers: Promise<unknown>[] = [];
  #url = '';
  #token = '';

  private constructor(t: TestContext, env: NodeJS.ProcessEnv) {
    const home = temporaryDir(t);
    this.child = spawn(process.execPath, ['--import', 'tsx', 'js/host/start.ts'], {
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
    afterwards(t, () => stop(this.child));
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
  }

  static async make(t: TestContext, env: NodeJS.ProcessEnv = {}): Promise<Started> {
    const started = new Started(t, env);
    while (!started.stdout.includes('\n')) await once(started.child.stdout, 'data');
    const [, url = '', token = ''] = /^Settings: (http:\/\/127\.0\.0\.1:\d+)\/#(\S+)\n$/.exec(started.stdout) ?? [];
    started.#url = url;
    started.#token = token;
    return started;
  }

  async ask<T>(channel: string, payload: object): Promise<T> {
    const response = await fetch(`${this.#url}/ipc`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ channel, payload }),
    });
    const envelope = (await response.json()) as Envelope<T>;
    assert.ok(envelope.ok, JSON.stringify(envelope));
    return envelope.value;
  }

  /** Answers every request for consent, as a person with one mind would. */
  async answer(t: TestContext, decision: ConsentDecision, asked: ConsentRequest[]): Promise<void> {
    const socket = new WebSocket(
      `${this.#url.replace('http', 'ws')}/events`,
      ['strongroom.events.v1', `strongroom.token.${this.#token}`],
      { origin: this.#url },
    );
    afterwards(t, () => socket.terminate());
    await once(socket, 'open');
    socket.on('message', (text) => {
      const event = JSON.parse(String(text)) as { type: string; request: ConsentRequest };
      if (event.type !== 'consent') return;
      asked.push(event.request);
      this.answers.push(this.ask('consent.respond', { id: event.request.id, decision }));
    });
  }

  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.stderr);
      if (match !== null) return match[0];
      await once(this.child.stderr, 'data');
    }
  }
}

test('the example asks to use a token, uses it with consent, and never sees it', async (t) => {
  const started = await Started.make(t);
  await started.said(/the provider example\.echo is there/);
  const { items } = await started.ask<{ items: ProviderInfo[] }>('providers.list', {});
  assert.equal(items.length, 7);
  const echo = items.find(({ id }) => id === 'example.echo');
  assert.equal(echo?.owner, 'example.extension');
  const baseUrl = echo?.schema.properties.baseUrl?.default;

  const asked: ConsentRequest[] = [];
  await started.answer(t, 'allow-once', asked);
  const token = canary();
  const connection = await started.ask<Connection>('connections.create', {
    providerId: 'example.echo',
    scope: 'user',
    displayName: 'Mine',
    fields: { baseUrl },
    secrets: { token },
  });
  const line = await started.said(/^example extension: "Mine": the service answered 200: .*$/m);
  const answer = JSON.parse(line.slice(line.indexOf('{'))) as { signedIn: boolean; path: string; headers: object };
  assert.deepEqual([answer.signedIn, answer.path], [true, '/hello']);
  assert.match(JSON.stringify(answer.headers), /"authorization":"[^"]*redacted/);
  assert.deepEqual(
    asked.map(({ principalId, connectionId, reason }) => ({ principalId, connectionId, reason })),
    [{ principalId: 'example.extension', connectionId: connection.id, reason: 'Show that the echo service answers' }],
  );
  assert.equal(containsCanary(Buffer.from(started.stderr + started.stdout), token), undefined);

  started.child.kill('SIGTERM');
  assert.deepEqual(await once(started.child, 'close'), [0, null]);
  assert.match(started.stdout, /^Settings: \S+\n$/);
});

test('a denial is taken for one', async (t) => {
  const started = await Started.make(t);
  await started.said(/the provider example\.echo is there/);
  const asked: ConsentRequest[] = [];
  await started.answer(t, 'deny', asked);
  await started.ask('connections.create', {
    providerId: 'example.echo',
    scope: 'user',
    displayName: 'Mine',
    fields: { baseUrl: 'http://127.0.0.1:9' },
    secrets: { token: canary() },
  });
  await started.said(/^example extension: "Mine": CONSENT_DENIED: /m);
  await Promise.all(started.answers);
  assert.equal(asked.length, 1);
});

test('STRONGROOM_EXAMPLE=0 leaves all of it out', async (t) => {
  const started = await Started.make(t, { STRONGROOM_EXAMPLE: '0' });
  assert.deepEqual(await started.ask('providers.list', {}), { items: [] });
  started.child.kill('SIGINT');
  assert.deepEqual(await once(started.child, 'close'), [0, null]);
  assert.doesNotMatch(started.stderr, /example/);
});

test('a second start registers nothing again', async (t) => {
  const dir = join(temporaryDir(t), 'store');
  const registrations = async (): Promise<number> => {
    const started = await Started.make(t, { STRONGROOM_DIR: dir });
    await started.said(/the provider example\.echo is there/);
    const { items } = await started.ask<{ items: { principalId: string }[] }>('audit.list', {
      action: 'provider.register',
    });
    started.child.kill('SIGTERM');
    await once(started.child, 'close');
    return items.filter(({ principalId }) => principalId === 'core').length;
  };
  assert.equal(await registrations(), 6);
  assert.equal(await registrations(), 6);
});
