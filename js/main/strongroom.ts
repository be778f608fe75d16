import type { Caller, Envelope, StatusInfo, StrongroomEvent } from '../../contracts/index.js';
import { Access } from './access.js';
import { isObject } from './arguments.js';
import { Audit } from './audit.js';
import { Broker } from './broker.js';
import { coreCaller } from './call.js';
import { Connections } from './connections.js';
import { Effects } from './effects.js';
import { StrongroomError, unwrap } from './errors.js';
import { type EventOf, Listeners } from './listeners.js';
import { type NativeRoom, native } from './native.js';
import { type ExistingStoreOptions, nativeOptions, type StrongroomOptions } from './options.js';
import { Providers } from './providers.js';
import { Secrets } from './secrets.js';

const EVENT_TYPES: readonly string[] = ['changed', 'consent', 'lock', 'progress'];

/** An open store. Made by {@link openStrongroom}. */
export class Strongroom {
  readonly secrets: Secrets;
  readonly providers: Providers;
  readonly connections: Connections;
  readonly access: Access;
  readonly broker: Broker;
  readonly audit: Audit;
  readonly #native: NativeRoom;
  readonly #listeners: Listeners;
  /** Keeps alive what the core's effects need: the addon itself holds it weakly. */
  readonly #effects: Effects;
  #tickets = 0;

  /** @internal Use {@link openStrongroom}. */
  constructor(nativeRoom: NativeRoom, listeners: Listeners, effects: Effects) {
    const core = coreCaller(nativeRoom);
    this.#native = nativeRoom;
    this.#listeners = listeners;
    this.#effects = effects;
    this.secrets = new Secrets(core, nativeRoom);
    this.providers = new Providers(core, effects);
    this.connections = new Connections(core);
    this.access = new Access(core, nativeRoom);
    this.broker = new Broker(core, nativeRoom);
    this.audit = new Audit(core, nativeRoom);
  }

  /** The state of the store, at once. Never touches the keyring. */
  status(): StatusInfo {
    return unwrap(this.#native.status());
  }

  /** How often the store has committed, and for how many writes: concurrent ones share a commit. */
  stats(): { commits: number; jobs: number } {
    return this.#native.stats();
  }

  /**
   * Gets the key, with the keyring's prompt if it is locked; makes it for a new store. Resolves when its audit entry is
   * on disk. Rejects with `KEYRING_LOCKED`, `KEYRING_UNAVAILABLE`, `KEY_MISSING` or `CANCELLED` (the prompt was
   * dismissed), or with `AUDIT_UNAVAILABLE`, `STORE_FULL`, `STORE_READ_ONLY` or `BUSY` where the entry cannot be
   * written; nothing is changed then, and the store stays locked.
   */
  async unlock(): Promise<void> {
    unwrap(await this.#native.unlock());
  }

  /** Wipes the key from memory. Until `unlock()` every use answers `KEYRING_LOCKED`; metadata can still be read. */
  async lock(): Promise<void> {
    unwrap(await this.#native.lock());
  }

  /** Finishes what is being written, wipes the key and closes the store. Later calls answer `CLOSED`. */
  async close(): Promise<void> {
    unwrap(await this.#native.close());
    this.#listeners.clear();
    this.#effects.clear();
  }

  /**
   * One message of the contract, for transports: limits, schema, role, handler, schema. Never rejects, and no answer
   * can carry a plaintext. `signal` says that the sender has gone: a request of its that waits for a person is then
   * withdrawn, with `CANCELLED`.
   */
  async dispatch(
    caller: Caller,
    channel: string,
    payload: unknown,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Envelope<unknown>> {
    if (signal === undefined) return this.#native.dispatch(caller, channel, payload);
    this.#tickets += 1;
    const ticket = this.#tickets;
    const withdraw = (): void => void this.#native.withdraw(ticket);
    const answer = this.#native.dispatch(caller, channel, payload, ticket);
    if (signal.aborted) withdraw();
    signal.addEventListener('abort', withdraw, { once: true });
    try {
      return await answer;
    } finally {
      signal.removeEventListener('abort', withdraw);
    }
  }

  /**
   * Whether a caller may see a connection: for a transport that is to tell it of a change. This is no message of the
   * caller's, so nothing counts as refused to it.
   */
  async sees(caller: Caller, connectionId: string): Promise<boolean> {
    return unwrap(await this.#native.sees(caller, connectionId));
  }

  /** Listens to what changes, until the returned function is called. Events carry metadata only. */
  on<T extends StrongroomEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    if (!EVENT_TYPES.includes(type) || typeof listener !== 'function') {
      throw new StrongroomError('INVALID_REQUEST', `on() needs one of ${EVENT_TYPES.join(', ')} and a function`);
    }
    return this.#listeners.add(type, listener);
  }
}

/**
 * Opens a store, and creates it if there is none. Never touches the keyring: a new store gets its key at first need.
 * Rejects with `INSECURE_PERMISSIONS`, `NEWER_SCHEMA`, `CORRUPT`, `STORE_FULL`, `BUSY` or `INVALID_REQUEST`.
 *
 * Several rooms, processes and worker threads may have one store open.
 *
 * @example
 * const room = await openStrongroom({ dir: path.join(app.getPath('userData'), 'secrets'), appId: 'com.example.app' });
 */
export async function openStrongroom(options: StrongroomOptions | ExistingStoreOptions): Promise<Strongroom> {
  if (!isObject(options)) {
    throw new StrongroomError('INVALID_REQUEST', 'openStrongroom needs an object with dir and appId');
  }
  const listeners = new Listeners();
  const effects = new Effects(options.consent);
  // The addon keeps the functions until the room is closed: they must not keep alive what a room that was dropped told.
  const heard = new WeakRef(listeners);
  const done = new WeakRef(effects);
  const nativeRoom = unwrap(
    await native.open(
      nativeOptions(options),
      (event) => heard.deref()?.emit(event),
      (effect) => done.deref()?.handle(effect),
    ),
  );
  effects.attach(nativeRoom);
  return new Strongroom(nativeRoom, listeners, effects);
}
