/**
 * The whole way of an extension, with nothing simulated: a worker thread as the extension, a real store on a real keyring,
 * a real HTTP service that echoes what it gets, and a search for the secret in everything the worker has ever held.
 */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { ConsentDecision, ConsentRequest } from '../../contracts/index.js';
import { connectExtensionPort } from '../../js/electron/index.js';
import { openStrongroom, type Strongroom } from '../../js/main/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, type Scope, temporaryDir } from '../support/directory.js';
import { privateKeyring } from '../support/keyring.js';

const ROOT = join(__dirname, '..', '..');
const PRINCIPAL = 'acme.mailer';
const PROVIDER = 'acme.mail';

/** What runs in the worker: an extension that does what the test says, through the client that extensions use. */
const EXTENSION = `
const { parentPort, workerData } = require('node:worker_threads');
const { connectStrongroom } = require(workerData.client);
const client = connectStrongroom(workerData.port);
globalThis.kept = [];  // everything it ever got stays reachable
parentPort.on('message', async ({ id, path, args }) => {
  try {
    const method = path.split('.').reduce((at, name) => at[name].bind ? at[name].bind(at) : at[name], client);
    let value = await method(...args);
    if (value && typeof value.text === 'function') value = { status: value.status, text: await value.text(), headers: value.headers };
    kept.push(value);
    parentPort.postMessage({ id, value: JSON.parse(JSON.stringify(value ?? null)) });
  } catch (error) {
    kept.push(error);
    parentPort.postMessage({ id, error: { code: error.code, message: error.message } });
  }
});
`;

class Extension {
  readonly traffic: unknown[] = [];
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (answer: { value?: unknown; error?: { code: string } }) => void>();
  #last = 0;

  constructor(scope: Scope, room: Strongroom) {
    // Two channels with a wire tap between them: what the worker sends and gets, and what the room does.
    const near = new MessageChannel();
    const far = new MessageChannel();
    near.port1.on('message', (message) => {
      this.traffic.push(message);
      far.port1.postMessage(message);
    });
    far.port1.on('message', (message) => {
      this.traffic.push(message);
      near.port1.postMessage(message);
    });
    connectExtensionPort({ port: far.port2, room, principalId: PRINCIPAL });
    this.#worker = new Worker(EXTENSION, {
      eval: true,
      workerData: { port: near.port2, client: join(ROOT, 'dist/js/extension/index.js') },
      transferList: [near.port2],
    });
    this.#worker.on('message', ({ id, ...answer }) => this.#waiting.get(id)?.(answer));
    afterwards(scope, async () => {
      await this.#worker.terminate();
      near.port1.close();
      far.port1.close();
    });
  }

  /** Calls `path` of the extension's client, in the worker. */
  call<T>(path: string, ...args: unknown[]): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    this.#worker.postMessage({ id, path, args });
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        this.#waiting.delete(id);
        if (error) reject(Object.assign(new Error(error.code), error));
        else resolve(value as T);
      });
    });
  }

  async heap(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of await this.#worker.getHeapSnapshot()) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }
}

/** A service that sends back, as text and headers, all that it was sent. */
async function echoService(scope: Scope) {
  const seen: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.setHeader('X-Echo', request.headers.authorization ?? 'nothing');
    response.setHeader('X-Encoded', Buffer.from(request.headers.authorization ?? '').toString('base64'));
    response.end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(scope, () => server.close());
  return { seen, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

type Handle = { handle: string };
type Answer = { status: number; text: string };

test('a worker uses a token that it never sees, for as long as a person allows it', async (t) => {
  const keyring = await privateKeyring(t);
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
  const service = await echoService(t);
  const token = canary();
  const asked: ConsentRequest[] = [];
  let decision: ConsentDecision = 'allow-once';
  const options = {
    dir: join(temporaryDir(t), 'store'),
    appId: 'org.strongroom.test',
    consent: async (request: ConsentRequest) => {
      asked.push(request);
      return decision;
    },
  };
  let room = await openStrongroom(options);
  afterwards(t, () => room.close());

  const extension = new Extension(t, room);
  await extension.call('providers.register', {
    id: PROVIDER,
    displayName: 'Acme Mail',
    description: 'Sends mail.',
    version: '1.0.0',
    auth: { type: 'bearer', field: 'token' },
    origins: [service.origin],
    schema: {
      type: 'object',
      required: ['token'],
      properties: { token: { type: 'string', title: 'Token', writeOnly: true, minLength: 8 } },
    },
  });
  // A person creates the connection; the extension finds it.
  const connection = await room.connections.create({
    providerId: PROVIDER,
    scope: 'user',
    displayName: 'My mail',
    secrets: { token },
  });
  const found = await extension.call<{ items: { id: string }[] }>('connections.list', {});
  assert.deepEqual(
    found.items.map(({ id }) => id),
    [connection.id],
  );

  const ask = () =>
    extension.call<Handle>('access.request', { connectionId: connection.id, field: 'token', reason: 'send a mail' });
  const send = (handle: string) =>
    extension.call<Answer>('broker.fetch', handle, {
      url: `${service.origin}/send?to=you`,
      headers: { accept: '*/*' },
    });

  // Allow once: one use, and the second asks again.
  const once = await ask();
  const answer = await send(once.handle);
  assert.equal(answer.status, 200);
  assert.equal(service.seen[0]?.authorization, `Bearer ${token}`, 'the service got the credential');
  assert.match(answer.text, /\[redacted\]/);
  await assert.rejects(send(once.handle), { code: 'HANDLE_INVALID' });
  assert.equal(asked.length, 1);
  assert.equal(asked[0]?.principalId, PRINCIPAL);
  assert.equal(asked[0]?.reason, 'send a mail');
  decision = 'allow-always';
  await send((await ask()).handle);
  assert.equal(asked.length, 2, 'the second use asked again');

  // Always allow: nobody is asked any more, not even after a restart.
  await send((await ask()).handle);
  assert.equal(asked.length, 2);
  await room.close();
  room = await openStrongroom(options);
  const later = new Extension(t, room);
  const again = await later.call<Handle>('access.request', {
    connectionId: connection.id,
    field: 'token',
    reason: 'send a mail',
  });
  const sendLater = () => later.call<Answer>('broker.fetch', again.handle, { url: `${service.origin}/send` });
  assert.equal((await sendLater()).status, 200);
  assert.equal(asked.length, 2);

  // Revoke: the very next call, and one that is on its way already.
  const served = service.seen.length;
  const [grant] = (await room.access.grants()).items;
  const queued = room.broker.fetch(again.handle, { url: `${service.origin}/queued` });
  const revoked = room.access.revoke(grant?.id ?? '');
  await assert.rejects(queued, { code: 'HANDLE_INVALID' });
  await revoked;
  await assert.rejects(sendLater(), { code: 'HANDLE_INVALID' });
  assert.ok(service.seen.length <= served + 1, 'at most the one that was on its way has reached the service');

  // Nowhere in what the workers held or in what went over the wire.
  for (const one of [extension, later]) {
    const heap = await one.heap();
    assert.ok(heap.includes('redacted'), 'the snapshot has what the worker got');
    assert.equal(containsCanary(heap, token), undefined, 'in the heap of the worker');
    assert.equal(containsCanary(Buffer.from(JSON.stringify(one.traffic)), token), undefined, 'on the wire');
  }
  assert.equal(containsCanary(options.dir, token), undefined, 'in the store');
  const verdict = await room.audit.verify();
  assert.deepEqual([verdict.ok, verdict.sealChecked], [true, true]);
});
