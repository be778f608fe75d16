import type { RequestOf, ResponseOf, SecretInfo } from '../../contracts/index.js';
import { checkAction } from './arguments.js';
import type { CoreCaller } from './call.js';
import { unwrap } from './errors.js';
import type { NativeRoom } from './native.js';

/** Why a secret is used: 1 to 500 code points, written to the audit log. Never put a secret in it. */
export interface AccessOptions {
  reason: string;
}

/** The secrets of a room, for main-process code. */
export class Secrets {
  readonly #core: CoreCaller;
  readonly #native: NativeRoom;

  constructor(core: CoreCaller, nativeRoom: NativeRoom) {
    this.#core = core;
    this.#native = nativeRoom;
  }

  /**
   * Stores a secret. Rejects with `ALREADY_EXISTS` if the name or env key is taken, `KEYRING_*` or `KEY_MISSING` if
   * there is no key to encrypt it with; then nothing was stored.
   *
   * @example
   * const { id } = await room.secrets.create({ name: 'GitHub', kind: 'api_key', value: token, envKey: 'GITHUB_TOKEN' });
   */
  create(secret: RequestOf<'secrets.create'>): Promise<SecretInfo> {
    return this.#core('secrets.create', secret);
  }

  /** Metadata in order of creation; `limit` 1 to 500, default 200. Never touches the keyring. */
  list(filter: RequestOf<'secrets.list'> = {}): Promise<ResponseOf<'secrets.list'>> {
    return this.#core('secrets.list', filter);
  }

  /** One secret's metadata. `NOT_FOUND`, or `CORRUPT` if its row is damaged. */
  get(id: string): Promise<SecretInfo> {
    return this.#core('secrets.get', { id });
  }

  /** Like `get`, by the name of the environment variable it stands for. */
  getByEnvKey(envKey: string): Promise<SecretInfo> {
    return this.#core('secrets.get', { envKey });
  }

  /**
   * Changes metadata; what is not given stays, `envKey: null` clears it. `CONFLICT` if `revision` is given and stale.
   * Where all is as it was, the revision stays, and nothing is written.
   */
  update(id: string, changes: Omit<RequestOf<'secrets.update'>, 'id'>): Promise<SecretInfo> {
    return this.#core('secrets.update', { ...changes, id });
  }

  /** Stores a new value; the old one is gone. The version grows by one. */
  replaceValue(id: string, value: string): Promise<SecretInfo> {
    return this.#core('secrets.replaceValue', { id, value });
  }

  /** Deletes value and metadata. The audit entries about it stay. */
  async delete(id: string): Promise<void> {
    await this.#core('secrets.delete', { id });
  }

  /**
   * The plaintext, once its audit entry is durable. A JavaScript string cannot be wiped: prefer {@link use}.
   * `CORRUPT` if the record was changed, `AUDIT_UNAVAILABLE` if the entry could not be written.
   */
  async reveal(id: string, options: AccessOptions): Promise<string> {
    return unwrap(await this.#native.reveal(id, options?.reason));
  }

  /**
   * Hands the plaintext (UTF-8) to `action`, once its audit entry is durable, and wipes the buffer when the action has
   * settled: do not keep it. Resolves to what the action returns. Errors as for {@link reveal}.
   *
   * @example
   * await room.secrets.use(id, { reason: 'nightly sync' }, async (token) => api.login(token));
   */
  async use<T>(id: string, options: AccessOptions, action: (plaintext: Buffer) => T | Promise<T>): Promise<T> {
    checkAction('use', action);
    const plaintext = unwrap(await this.#native.use(id, options?.reason));
    try {
      return await action(plaintext);
    } finally {
      plaintext.fill(0);
    }
  }
}
