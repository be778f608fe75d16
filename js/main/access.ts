import type { ConsentDecision, PrincipalRole, RequestOf, ResponseOf } from '../../contracts/index.js';
import { checkAction, isObject } from './arguments.js';
import type { CoreCaller } from './call.js';
import { StrongroomError, unwrap } from './errors.js';
import type { NativeRoom } from './native.js';
import type { AccessOptions } from './secrets.js';

/** Consent and handles, for main-process code. */
export class Access {
  readonly #core: CoreCaller;
  readonly #native: NativeRoom;

  constructor(core: CoreCaller, nativeRoom: NativeRoom) {
    this.#core = core;
    this.#native = nativeRoom;
  }

  /**
   * Asks for a handle on behalf of an extension or tool: at once with a grant that stands, otherwise when a person has
   * answered. Rejects with `CONSENT_DENIED` or `CONSENT_TIMEOUT`.
   */
  async request(
    request: { principalId: string; role: PrincipalRole } & RequestOf<'access.request'>,
  ): Promise<ResponseOf<'access.request'>> {
    if (!isObject(request)) throw new StrongroomError('INVALID_REQUEST', 'request() needs an object');
    const { principalId, role, ...payload } = request;
    return this.#core('access.request', payload, { role, principalId });
  }

  /**
   * Hands the secret (UTF-8) that a handle stands for to `action`, once its audit entry is durable, and wipes the buffer
   * when the action has settled. `HANDLE_INVALID` if the handle is unknown, used up, revoked or its time is over.
   */
  async redeem<T>(handle: string, options: AccessOptions, action: (plaintext: Buffer) => T | Promise<T>): Promise<T> {
    checkAction('redeem', action);
    const { plaintext } = unwrap(await this.#native.redeem(handle, options?.reason));
    try {
      return await action(plaintext);
    } finally {
      plaintext.fill(0);
    }
  }

  /** Gives a handle back. One that is not there any more is no error. */
  async release(handle: string): Promise<void> {
    await this.#core('access.release', { handle });
  }

  /** Decisions that stand; with `once: true` also those for a single use that is still to come. */
  grants(filter: RequestOf<'grants.list'> = {}): Promise<ResponseOf<'grants.list'>> {
    return this.#core('grants.list', filter);
  }

  /** Takes a grant back: the very next use of its handles is refused, and one under way gets no answer. */
  async revoke(grantId: string): Promise<void> {
    await this.#core('grants.revoke', { id: grantId });
  }

  /** Requests that wait for a person, oldest first. */
  pending(): Promise<ResponseOf<'consent.list'>> {
    return this.#core('consent.list', {});
  }

  /** Answers a request. `NOT_FOUND` if it was answered already, or is over. */
  async respond(requestId: string, decision: ConsentDecision): Promise<void> {
    await this.#core('consent.respond', { id: requestId, decision });
  }

  /** Who is denied without a prompt for a while, after three denials in ten minutes. */
  silenced(): Promise<ResponseOf<'consent.silenced'>> {
    return this.#core('consent.silenced', {});
  }

  /** Ends a silence before its time. */
  async unsilence(silence: RequestOf<'consent.unsilence'>): Promise<void> {
    await this.#core('consent.unsilence', silence);
  }
}
