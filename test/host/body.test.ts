import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { kBodyLimit, readIpcRequest } from '../../js/host/body.js';
import { newCanary } from './support.js';

/** Every buffer with `canary` that was put together while the test ran. */
function wholes(t: TestContext, canary: string): Buffer[] {
  const { concat } = Buffer;
  const kept: Buffer[] = [];
  t.mock.method(Buffer, 'concat', (...given: Parameters<typeof Buffer.concat>) => {
    const whole = concat(...given);
    if (whole.includes(canary)) kept.push(whole);
    return whole;
  });
  return kept;
}

/** A request whose body is `pieces`, and breaks off after them unless it ends. */
function incoming(pieces: readonly Buffer[], ends = true): IncomingMessage {
  const stream = Object.assign(new PassThrough({ highWaterMark: 2 * kBodyLimit }), { headers: {} });
  for (const piece of pieces) stream.write(piece);
  if (ends) stream.end();
  else stream.on('data', () => setImmediate(() => stream.destroy()));
  return stream as unknown as IncomingMessage;
}

function wiped(buffers: readonly Buffer[]): void {
  for (const buffer of buffers) assert.ok(buffer.length > 0 && buffer.equals(Buffer.alloc(buffer.length)));
}

test('what was read of a body is wiped, whatever it was', async (t) => {
  const value = newCanary();
  const whole = wholes(t, value);
  const text = JSON.stringify({ channel: 'secrets.create', payload: { value } });
  for (const [body, answer] of [
    [text, { channel: 'secrets.create', payload: { value } }],
    [text.slice(1), 400],
    [`["${value}"]`, 400],
  ] as const) {
    const pieces = [Buffer.from(body.slice(0, 10)), Buffer.from(body.slice(10))];
    const read = await readIpcRequest(incoming(pieces));
    if (typeof answer === 'number') assert.equal('status' in read && read.status, answer);
    else assert.deepEqual(read, answer);
    assert.equal(whole.length, 1);
    wiped([...pieces, ...whole.splice(0)]);
  }
});

test('what was read of a body that is too large or breaks off is wiped', async () => {
  const large = [Buffer.from(newCanary()), Buffer.alloc(kBodyLimit, 0x20)];
  const refused = await readIpcRequest(incoming(large));
  assert.equal('status' in refused && refused.status, 413);
  wiped(large);
  const part = [Buffer.from(`{"channel":"${newCanary()}`)];
  const broken = await readIpcRequest(incoming(part, false));
  assert.equal('status' in broken && broken.status, 400);
  wiped(part);
});
