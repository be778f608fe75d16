/** What the element needs of the outside: one function that asks, one that listens. */

import type {
  ChangedEvent,
  Channel,
  ConsentEvent,
  ErrorCode,
  Issue,
  LockEvent,
  ProgressEvent,
  RequestOf,
  ResponseOf,
} from '../../contracts/index.js';

/**
 * `deaf`: the host answers, but its events cannot be had (too many pages have them, or something is in between).
 * `refused`: it answers, but does not know this page (it was started anew, with another token).
 */
export type ConnectionState = 'online' | 'deaf' | 'offline' | 'refused';

/** Everything that can be listened to. `connection` comes from the client itself, and never over a preload bridge. */
export interface SettingsEvents {
  changed: ChangedEvent;
  lock: LockEvent;
  consent: ConsentEvent;
  progress: ProgressEvent;
  connection: { readonly type: 'connection'; readonly state: ConnectionState };
}

/** The codes of the core, and one of our own: the transport is gone and it is unknown whether the request arrived. */
export type ClientErrorCode = ErrorCode | 'DISCONNECTED';

/**
 * The element's way to the core. `invoke` resolves with the envelope's value or throws an error with `code` and, where
 * the core named places, `issues`; `on` returns the function that ends the listening.
 */
export interface SettingsClient {
  invoke<C extends Channel>(channel: C, payload: RequestOf<C>): Promise<ResponseOf<C>>;
  on<T extends keyof SettingsEvents>(type: T, listener: (event: SettingsEvents[T]) => void): () => void;
}

/** A refusal of the core, or the loss of the way to it. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  readonly detail: string | undefined;
  readonly issues: readonly Issue[];

  constructor(code: ClientErrorCode, message: string, issues: readonly Issue[] = [], detail?: string) {
    super(message);
    this.code = code;
    this.issues = issues;
    this.detail = detail;
  }

  /** Whatever a client threw, as a ClientError: clients of other transports throw errors of their own class. */
  static from(thrown: unknown): ClientError {
    if (thrown instanceof ClientError) return thrown;
    const like = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Partial<ClientError>;
    const code = typeof like.code === 'string' ? like.code : 'INTERNAL';
    return new ClientError(
      code,
      String(like.message ?? ''),
      Array.isArray(like.issues) ? like.issues : [],
      like.detail,
    );
  }
}
