import type { ProviderInfo, ProviderManifest, RequestOf, ResponseOf } from '../../contracts/index.js';
import type { CoreCaller } from './call.js';
import type { Effects, TestHandler } from './effects.js';
import { StrongroomError } from './errors.js';

/** The providers of a room, for main-process code. */
export class Providers {
  readonly #core: CoreCaller;
  readonly #effects: Effects;

  constructor(core: CoreCaller, effects: Effects) {
    this.#core = core;
    this.#effects = effects;
  }

  /**
   * Registers a provider of the app's own; registering it again replaces it and keeps its connections. Rejects with
   * `INVALID_SCHEMA` (places below `/schema`) or `INVALID_REQUEST` for a manifest that is refused, `ALREADY_EXISTS` for
   * an id that an extension has registered.
   */
  register(manifest: ProviderManifest): Promise<ProviderInfo> {
    return this.#core('providers.register', manifest as RequestOf<'providers.register'>);
  }

  /** All of them, by id. */
  list(): Promise<ResponseOf<'providers.list'>> {
    return this.#core('providers.list', {});
  }

  /** One of them. `NOT_FOUND`. */
  async get(id: string): Promise<ProviderInfo> {
    const found = (await this.list()).items.find((provider) => provider.id === id);
    if (found === undefined) throw new StrongroomError('NOT_FOUND', 'there is no such provider');
    return found;
  }

  /** Unregisters a provider, whoever registered it. While it has connections, it is kept as not registered. */
  async unregister(id: string): Promise<void> {
    await this.#core('providers.unregister', { id });
  }

  /**
   * Says how connections of a provider are tested, in place of the test of its manifest. The handler gets the secrets in
   * buffers that are wiped when it has settled, and 30 seconds. Returns the function that takes it away again.
   *
   * @example
   * room.providers.onTest('acme.api', async ({ connection, secrets, signal }) => {
   *   const ok = await ping(connection.fields.baseUrl, secrets.token, signal);
   *   return { ok, message: ok ? 'Signed in' : 'The token was refused' };
   * });
   */
  onTest(id: string, handler: TestHandler): () => void {
    if (typeof id !== 'string' || typeof handler !== 'function') {
      throw new StrongroomError('INVALID_REQUEST', 'onTest() needs the id of a provider and a function');
    }
    return this.#effects.addTester(id, handler);
  }
}
