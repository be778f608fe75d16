import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ClientOptions, WebSocket } from 'ws';
import { EventStream } from '../../js/host/events.js';
import { kEventsProtocol } from '../../js/host/guard.js';

/** A stream that pings every few milliseconds, behind a server without any of the host's checks. */
async function open(t: TestContext, options: ClientOptions): Promise<{ stream: EventStream; socket: WebSocket }> {
  const stream = new EventStream(20);
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (request, socket, head) => stream.accept(request, socket, head));
  await once(server, 'listening');
  t.after(() => {
    stream.close();
    stream.terminate();
    server.close();
  });
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, [kEventsProtocol], options);
  await once(socket, 'open');
  return { stream, socket };
}

test('a page that answers its pings stays connected', async (t) => {
  const { stream, socket } = await open(t, {});
  for (let pings = 0; pings < 4; pings += 1) await once(socket, 'ping');
  const heard = once(socket, 'message');
  stream.send({ type: 'lock', state: 'locked' });
  assert.equal(String((await heard)[0]), '{"type":"lock","state":"locked"}');
});

test('a page that does not answer is cut off', async (t) => {
  const { socket } = await open(t, { autoPong: false });
  assert.equal((await once(socket, 'close'))[0], 1006);
});

test('a page that does not read is cut off before its backlog grows', async (t) => {
  const { stream, socket } = await open(t, {});
  socket.pause();
  const event = { type: 'changed', id: 'x'.repeat(64 * 1024) };
  let sent = 0;
  for (; sent < 2_000 && stream.size > 0; sent += 1) {
    stream.send(event);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(stream.size, 0);
  assert.ok(sent < 2_000);
  socket.terminate();
});
