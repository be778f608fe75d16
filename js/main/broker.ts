import type { ChildProcess } from 'node:child_process';
import type { RequestOf, ResponseOf } from '../../contracts/index.js';
import type { CoreCaller } from './call.js';
import { StrongroomError, unwrap } from './errors.js';
import type { NativeRoom } from './native.js';
import type { AccessOptions } from './secrets.js';
import { checkProgram, type SpawnRequest, spawnWithSecret } from './spawn.js';

/** What `broker.spawn` starts. The provider's `auth` says how the secret gets there. */
export type SpawnOptions = Omit<SpawnRequest, 'auth'>;

/** Using what a handle stands for without touching it, for main-process code. */
export class Broker {
  readonly #core: CoreCaller;
  readonly #native: NativeRoom;

  constructor(core: CoreCaller, nativeRoom: NativeRoom) {
    this.#core = core;
    this.#native = nativeRoom;
  }

  /**
   * Sends a request with the credential of a handle, to an origin that the provider allows. Follows no redirects; the
   * response has the secret taken out. `ORIGIN_NOT_ALLOWED`, `HANDLE_INVALID`, `LIMIT_EXCEEDED` (a response of more
   * than 700,000 bytes), `TIMEOUT` (60 s).
   */
  fetch(handle: string, request: Omit<RequestOf<'broker.fetch'>, 'handle'>): Promise<ResponseOf<'broker.fetch'>> {
    return this.#core('broker.fetch', { ...request, handle });
  }

  /**
   * Starts a program with the secret of a handle in its environment or on its standard input, as the provider's `auth`
   * (`env` or `stdin`) says; never among its arguments. On Linux other programs of the same user can read a process's
   * environment. `INVALID_REQUEST` if the provider's `auth` is for HTTP, or for a program that is not started; what shows
   * without the secret is refused before the handle is redeemed.
   *
   * @example
   * const server = await room.broker.spawn(handle, { command: 'mcp-server' }, { reason: 'start the server' });
   */
  async spawn(handle: string, options: SpawnOptions, access: AccessOptions): Promise<ChildProcess> {
    checkProgram(options);
    const { plaintext, auth } = unwrap(await this.#native.redeem(handle, access?.reason, true));
    try {
      if (auth === null || (auth.type !== 'env' && auth.type !== 'stdin')) {
        throw new StrongroomError(
          'INVALID_REQUEST',
          "the provider's auth is not for a program: it must be env or stdin",
        );
      }
      return await spawnWithSecret(
        { ...options, auth: auth.type === 'env' ? { type: 'env', name: auth.name ?? '' } : { type: 'stdin' } },
        plaintext,
      );
    } finally {
      plaintext.fill(0);
    }
  }
}
