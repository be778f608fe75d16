/** What both transports share: who is taken for a caller, how a refusal travels, and how one stops. */
import { type Caller, type Envelope, ROLES } from '../../contracts/channel.js';
import type { ErrorCode } from '../../contracts/errors.js';
import type { Strongroom } from '../main/strongroom.js';

/** The part of a Strongroom that a transport needs. */
export type TransportRoom = Pick<Strongroom, 'dispatch' | 'on'>;

/** A function that ends something, once; `dispose` is the same function, for lists of disposables. */
export interface Disposer {
  (): void;
  readonly dispose: () => void;
}

export function disposer(end: () => void): Disposer {
  let done = false;
  const dispose = (): void => {
    if (done) return;
    done = true;
    end();
  };
  return Object.assign(dispose, { dispose });
}

export function refusal(code: ErrorCode, message: string, detail?: string): Envelope<never> {
  return { ok: false, error: { code, message, ...(detail === undefined ? {} : { detail }) } };
}

/**
 * A copy of what an app says a sender is, if it is an identity from outside: a role other than `core`, and a principal
 * of 1 to 200 characters.
 */
export function outsideCaller(said: unknown): Caller | undefined {
  if (typeof said !== 'object' || said === null) return undefined;
  const { role, principalId, uses } = said as Partial<Caller>;
  if (role === undefined || role === 'core' || !ROLES.includes(role)) return undefined;
  if (typeof principalId !== 'string' || principalId === '' || [...principalId].length > 200) return undefined;
  if (uses === undefined) return Object.freeze({ role, principalId });
  if (!Array.isArray(uses) || !uses.every((id) => typeof id === 'string')) return undefined;
  return Object.freeze({ role, principalId, uses: Object.freeze([...uses]) });
}

/** The core's answer; `gone` says that nobody waits for it any more. A transport never throws at its other end. */
export async function ask(
  room: TransportRoom,
  caller: Caller,
  channel: string,
  payload: unknown,
  gone?: AbortSignal,
): Promise<Envelope<unknown>> {
  try {
    return await room.dispatch(caller, channel, payload, { signal: gone });
  } catch {
    // What was thrown may quote the request.
    return refusal('INTERNAL', 'the request failed inside the main process');
  }
}
