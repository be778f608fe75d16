/**
 * The wire protocol between an extension and the main process, version 1. Plain objects, so that a MessagePort, a
 * utility process and a child process with JSON messages carry the same:
 *
 *     extension -> main   {strongroom: 1, id, channel, payload}   a request
 *     main -> extension   {strongroom: 1, id, envelope}           its answer: {ok: true, value} or {ok: false, error}
 *     main -> extension   {strongroom: 1, event}                  something that happened, metadata only
 *
 * `id` is chosen by the extension: a whole number from 0, or text of 1 to 64 characters. Answers come in any order. A
 * message without the mark `strongroom: 1`, or with an id that is none, belongs to somebody else and is ignored; a
 * request that is malformed beyond that is answered with `INVALID_REQUEST`, one more than {@link MAX_IN_FLIGHT} at once
 * with `LIMIT_EXCEEDED`. Further members mean nothing: who asks is decided by the port, never by a message.
 */
import type { ChangedEvent, Envelope, LockEvent } from '../../contracts/index.js';

export const PROTOCOL_VERSION = 1;

/** How many requests of one port may be unanswered at a time. */
export const MAX_IN_FLIGHT = 64;

export type RequestId = number | string;

export interface RequestMessage {
  readonly strongroom: typeof PROTOCOL_VERSION;
  readonly id: RequestId;
  readonly channel: string;
  readonly payload: unknown;
}

export interface AnswerMessage {
  readonly strongroom: typeof PROTOCOL_VERSION;
  readonly id: RequestId;
  readonly envelope: Envelope;
}

/** What an extension is told of: changes of connections it may see and of its own providers, and locking. */
export type ExtensionEvent = ChangedEvent | LockEvent;

export interface EventMessage {
  readonly strongroom: typeof PROTOCOL_VERSION;
  readonly event: ExtensionEvent;
}

type Members = { readonly [name: string]: unknown };

/** A message of this protocol, whatever it holds beyond the mark; undefined for anything else. */
export function membersOf(message: unknown): Members | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  return (message as Members).strongroom === PROTOCOL_VERSION ? (message as Members) : undefined;
}

/** The id of a request or answer, if it is one. */
export function requestIdOf(id: unknown): RequestId | undefined {
  if (typeof id === 'number') return Number.isSafeInteger(id) && id >= 0 ? id : undefined;
  return typeof id === 'string' && id.length >= 1 && id.length <= 64 ? id : undefined;
}
