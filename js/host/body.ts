/** Reading a request's body under a limit, leaving no copy behind that we could have wiped. */

import type { IncomingMessage } from 'node:http';
import type { Refusal } from './guard.js';

/** The largest message the core accepts, in bytes. */
export const kBodyLimit = 1024 * 1024;

const kTooLarge: Refusal = { status: 413, code: 'LIMIT_EXCEEDED', message: 'The request is larger than 1 MiB.' };
const kMalformed: Refusal = { status: 400, code: 'INVALID_REQUEST', message: 'The body is not valid JSON in UTF-8.' };
const kWrongShape: Refusal = {
  status: 400,
  code: 'INVALID_REQUEST',
  message: 'The body must be an object with a string "channel" and, besides it, only "payload".',
};

/** What a caller asks for. The payload is whatever JSON it was; the core validates it. */
export interface IpcRequest {
  readonly channel: string;
  readonly payload: unknown;
}

/**
 * Reads, decodes and parses the body of `POST /ipc`. Stops at the limit without reading on, whatever Content-Length
 * said. The bytes may hold a secret on its way in, so every buffer is overwritten before this returns; the strings that
 * JSON.parse makes belong to the JavaScript engine and live until they are collected.
 */
export async function readIpcRequest(incoming: IncomingMessage): Promise<IpcRequest | Refusal> {
  const bytes = await readLimited(incoming);
  if (!Buffer.isBuffer(bytes)) return bytes;
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The engine's message quotes the input, which may be a secret.
    return kMalformed;
  } finally {
    bytes.fill(0);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return kWrongShape;
  const { channel, payload } = parsed as { channel?: unknown; payload?: unknown };
  const keys = Object.keys(parsed);
  if (typeof channel !== 'string' || keys.some((key) => key !== 'channel' && key !== 'payload')) return kWrongShape;
  return { channel, payload };
}

async function readLimited(incoming: IncomingMessage): Promise<Buffer | Refusal> {
  if (Number(incoming.headers['content-length'] ?? 0) > kBodyLimit) return kTooLarge;
  const chunks: Buffer[] = [];
  let length = 0;
  const wipe = (): void => {
    for (const chunk of chunks) chunk.fill(0);
  };
  return await new Promise((resolve) => {
    const settle = (result: Buffer | Refusal): void => {
      incoming.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      wipe();
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > kBodyLimit) {
        incoming.pause();
        settle(kTooLarge);
      }
    };
    const onEnd = (): void => settle(Buffer.concat(chunks, length));
    const onBroken = (): void => settle(kMalformed);
    incoming.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}
