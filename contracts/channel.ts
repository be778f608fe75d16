/** What a channel is: who may use it, what goes in and what comes out. */
import type * as z from 'zod';
import type { ErrorCode } from './errors.js';

/**
 * Who calls. `settings`: the trusted settings renderer; `extension`, `tool`: code that works with handles; `core`:
 * in-process code, which may use every channel. The transport decides the role from the sender, never from the message.
 */
export const ROLES = ['core', 'settings', 'extension', 'tool'] as const;
export type Role = (typeof ROLES)[number];

/** The identity a transport gives to the sender of a message. */
export interface Caller {
  role: Role;
  /** The extension's or tool's own id; for other roles a name for the audit log. */
  principalId: string;
  /** For extensions and tools: providers that it declared use of, as the app knows from its manifest. */
  uses?: readonly string[];
}

/** One entry of the channel table. `roles` leaves out `core`, which may use every channel. */
export interface Contract<Request extends z.ZodType = z.ZodType, Response extends z.ZodType = z.ZodType> {
  readonly roles: readonly Exclude<Role, 'core'>[];
  readonly request: Request;
  readonly response: Response;
}

export function contract<Request extends z.ZodType, Response extends z.ZodType>(
  roles: readonly Exclude<Role, 'core'>[],
  request: Request,
  response: Response,
): Contract<Request, Response> {
  return { roles, request, response };
}

/** One refused place of an input: `path` is a JSON Pointer, "" for the whole; `code` a short stable word. */
export interface Issue {
  path: string;
  code: string;
  message: string;
}

/** A failure as it crosses a transport. */
export interface ErrorInfo {
  code: ErrorCode;
  /** For a person; never contains a secret. */
  message: string;
  /** A word for the cause where one code covers several, such as `no-session-bus` under `KEYRING_UNAVAILABLE`. */
  detail?: string;
  /** The refused places, with `INVALID_REQUEST` and `INVALID_SCHEMA`. */
  issues?: Issue[];
}

/** The answer to every message. */
export type Envelope<T = unknown> = { ok: true; value: T } | { ok: false; error: ErrorInfo };
