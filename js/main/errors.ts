import type { Envelope, ErrorCode, Issue } from '../../contracts/index.js';

/**
 * What every call of this package throws. Program against `code`; show `message` to a person. Neither ever contains a
 * secret.
 */
export class StrongroomError extends Error {
  /** One of the stable codes (README, "Errors"). */
  readonly code: ErrorCode;
  /** A word for the cause where one code covers several, e.g. `no-session-bus` under `KEYRING_UNAVAILABLE`. */
  readonly detail: string | undefined;
  /** The places that were refused, for `INVALID_REQUEST` and `INVALID_SCHEMA`. Paths are JSON Pointers (RFC 6901). */
  readonly issues: readonly Issue[] | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { detail?: string | undefined; issues?: readonly Issue[] | undefined } = {},
  ) {
    super(message);
    this.name = 'StrongroomError';
    this.code = code;
    this.detail = more.detail;
    this.issues = more.issues;
  }
}

/** The value of an envelope; throws its error as a StrongroomError. */
export function unwrap<T>(envelope: Envelope<T>): T {
  if (envelope.ok) return envelope.value;
  const { code, message, detail, issues } = envelope.error;
  throw new StrongroomError(code, message, { detail, issues });
}
