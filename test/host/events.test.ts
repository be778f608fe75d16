import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { type ClientOptions, WebSocket } from 'ws';
import { EventStream } from '../../js/host/events.js';
import { kEventsProtocol } from '../../js/host/guard.js';

const PING_EVERY_MS = 1_000;

interface Opened {
  stream: EventStream;
  socket: WebSocket;
  /** The stream's end of the connection. */
  end: Duplex;
  /** The time at which the stream pings has come. */
  ping(): void;
}

/** A stream that pings when the test says so, behind a server without any of the host's checks. */
async function open(t: TestContext, options: ClientOptions): Promise<Opened> {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const stream = new EventStream(PING_EVERY_MS);
  const server = createServer().listen(0, '127.0.0.1');
  const accepted = new Promise<Duplex>((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      stream.accept(request, socket, head);
      resolve(socket);
    });
  });
  await once(server, 'listening');
  t.after(() => {
    stream.close();
    stream.terminate();
    server.close();
  });
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, [kEventsProtocol], options);
  await once(socket, 'open');
  return { stream, socket, end: await accepted, ping: () => t.mock.timers.tick(PING_EVERY_MS) };
}

test('a page that answers its pings stays connected', async (t) => {
  const { stream, socket, end, ping } = await open(t, {});
  for (let pings = 0; pings < 4; pings += 1) {
    const answered = once(end, 'data');
    ping();
    await Promise.race([answered, once(end, 'close').then(() => assert.fail('it was cut off'))]);
  }
  const heard = once(socket, 'message');
  stream.send({ type: 'lock', state: 'locked' });
  assert.equal(String((await heard)[0]), '{"type":"lock","state":"locked"}');
});

test('a page that does not answer is cut off', async (t) => {
  const { stream, socket, ping } = await open(t, { autoPong: false });
  const closed = once(socket, 'close');
  ping();
  assert.equal(stream.size, 1);
  ping();
  assert.equal((await closed)[0], 1006);
});

test('a page that does not read is cut off before its backlog grows', async (t) => {
  const { stream, socket, end } = await open(t, {});
  socket.pause();
  const event = { type: 'changed', id: 'x'.repeat(64 * 1024) };
  const most = 2_000; // far more than the kernel takes off our hands
  let sent = 0;
  let backlog = 0;
  for (; sent < most && stream.size > 0; sent += 1) {
    backlog = Math.max(backlog, end.writableLength);
    stream.send(event);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(stream.size, 0);
  assert.ok(sent < most, `${sent} events sent`);
  // It was its backlog, of one event more than is allowed at most, that ended it: nothing was pinged.
  assert.ok(backlog > 256 * 1024 && backlog < (256 + 2 * 64) * 1024, `a backlog of ${backlog} bytes`);
  socket.terminate();
});
