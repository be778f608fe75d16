import type { Connection, ConnectionTest, RequestOf, ResponseOf } from '../../contracts/index.js';
import type { CoreCaller } from './call.js';

/** The connections of a room, for main-process code. */
export class Connections {
  readonly #core: CoreCaller;

  constructor(core: CoreCaller) {
    this.#core = core;
  }

  /**
   * Creates a connection and stores its secrets. Rejects with `INVALID_REQUEST` and an issue for each field that the
   * provider's schema refuses (`/fields/…`, `/secrets/…`), and with `CONFLICT` (`terms-changed`) if how or where the
   * provider sends the secret is no longer what `termsDigest`, if given, says: that of the provider as it was shown
   * (`room.providers`). Then nothing was stored.
   *
   * @example
   * await room.connections.create({
   *   providerId: 'github.api', scope: 'user', displayName: 'My GitHub', secrets: { token },
   * });
   */
  create(connection: RequestOf<'connections.create'>): Promise<Connection> {
    return this.#core('connections.create', connection);
  }

  /** In order of creation; `limit` 1 to 500, default 200. Never touches the keyring. */
  list(filter: RequestOf<'connections.list'> = {}): Promise<ResponseOf<'connections.list'>> {
    return this.#core('connections.list', filter);
  }

  /** `NOT_FOUND`, or `CORRUPT` if its row is damaged. */
  get(id: string): Promise<Connection> {
    return this.#core('connections.get', { id });
  }

  /**
   * Changes name or fields (`fields` replaces all of them). `CONFLICT` if `revision` is stale, or (`terms-changed`) if
   * how or where the secret is sent is no longer what `termsDigest`, if given, says. Where all is as it was, the revision
   * stays, and nothing is written.
   */
  update(id: string, changes: Omit<RequestOf<'connections.update'>, 'id'>): Promise<Connection> {
    return this.#core('connections.update', { ...changes, id });
  }

  /**
   * Sets or replaces a secret field; handles for it die at once. The one that `auth` names accepts how and where it is
   * sent: with the `termsDigest` of the connection as it was shown, that and nothing else, otherwise `CONFLICT`
   * (`terms-changed`).
   */
  setSecret(
    id: string,
    field: string,
    value: string,
    shown: Pick<RequestOf<'connections.setSecret'>, 'termsDigest'> = {},
  ): Promise<Connection> {
    return this.#core('connections.setSecret', { ...shown, id, field, value });
  }

  /** Removes the value of a secret field; handles for it die at once. */
  clearSecret(id: string, field: string): Promise<Connection> {
    return this.#core('connections.clearSecret', { id, field });
  }

  /** Deletes it with its secrets and grants; handles for it die at once. The audit entries about it stay. */
  async delete(id: string): Promise<void> {
    await this.#core('connections.delete', { id });
  }

  /** Runs the provider's test and records what came of it. `NOT_FOUND` with the detail `no-test` if it has none. */
  test(id: string): Promise<ConnectionTest> {
    return this.#core('connections.test', { id });
  }

  /** Who may use it, who is silenced, and the newest entries of the audit log about it. */
  usage(id: string): Promise<ResponseOf<'connections.usage'>> {
    return this.#core('connections.usage', { id });
  }

  /** The workspace's connection to a provider if there is one, otherwise the user's. `NOT_FOUND` if there is neither. */
  resolve(query: RequestOf<'connections.resolve'>): Promise<Connection> {
    return this.#core('connections.resolve', query);
  }
}
