import type {
  AuditFilter,
  AuditVerdict,
  Caller,
  Channel,
  Envelope,
  RequestOf,
  ResponseOf,
  SecretInfo,
  StatusInfo,
  StrongroomEvent,
} from '../../contracts/index.js';
import { StrongroomError, unwrap } from './errors.js';
import { type NativeRoom, native } from './native.js';
import { type ExistingStoreOptions, nativeOptions, type StrongroomOptions } from './options.js';

/** Why a secret is used: 1 to 500 code points, written to the audit log. Never put a secret in it. */
export interface AccessOptions {
  reason: string;
}

type EventOf<T extends StrongroomEvent['type']> = Extract<StrongroomEvent, { type: T }>;

const EVENT_TYPES: readonly string[] = ['changed', 'consent', 'lock'];

const CORE: Caller = { role: 'core', principalId: 'core' };

/** The secrets of a room, for main-process code. */
export class Secrets {
  readonly #room: Strongroom;
  readonly #native: NativeRoom;

  constructor(room: Strongroom, nativeRoom: NativeRoom) {
    this.#room = room;
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
    return this.#call('secrets.create', secret);
  }

  /** Metadata in order of creation; `limit` 1 to 500, default 200. Never touches the keyring. */
  list(filter: RequestOf<'secrets.list'> = {}): Promise<ResponseOf<'secrets.list'>> {
    return this.#call('secrets.list', filter);
  }

  /** One secret's metadata. `NOT_FOUND`, or `CORRUPT` if its row is damaged. */
  get(id: string): Promise<SecretInfo> {
    return this.#call('secrets.get', { id });
  }

  /** Like `get`, by the name of the environment variable it stands for. */
  getByEnvKey(envKey: string): Promise<SecretInfo> {
    return this.#call('secrets.get', { envKey });
  }

  /** Changes metadata; what is not given stays, `envKey: null` clears it. `CONFLICT` if `revision` is given and stale. */
  update(id: string, changes: Omit<RequestOf<'secrets.update'>, 'id'>): Promise<SecretInfo> {
    return this.#call('secrets.update', { ...changes, id });
  }

  /** Stores a new value; the old one is gone. The version grows by one. */
  replaceValue(id: string, value: string): Promise<SecretInfo> {
    return this.#call('secrets.replaceValue', { id, value });
  }

  /** Deletes value and metadata. The audit entries about it stay. */
  async delete(id: string): Promise<void> {
    await this.#call('secrets.delete', { id });
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
    const plaintext = unwrap(await this.#native.use(id, options?.reason));
    try {
      return await action(plaintext);
    } finally {
      plaintext.fill(0);
    }
  }

  #call<C extends Channel>(channel: C, payload: RequestOf<C>): Promise<ResponseOf<C>> {
    return callAsCore(this.#room, channel, payload);
  }
}

/** The audit log of a room. */
export class Audit {
  readonly #room: Strongroom;
  readonly #native: NativeRoom;

  constructor(room: Strongroom, nativeRoom: NativeRoom) {
    this.#room = room;
    this.#native = nativeRoom;
  }

  /** Entries, newest first; `limit` 1 to 500, default 200. */
  list(filter: AuditFilter = {}): Promise<ResponseOf<'audit.list'>> {
    return callAsCore(this.#room, 'audit.list', filter);
  }

  /**
   * Walks the whole chain and checks the newest seal. Asks the keyring for the key if it can be had without a prompt;
   * without it the chain alone is checked and `sealChecked` is false.
   */
  verify(): Promise<AuditVerdict> {
    return callAsCore(this.#room, 'audit.verify', {});
  }

  /** Drops what the retention settings let go, behind a sealed checkpoint. `CORRUPT` if that part does not verify. */
  async prune(): Promise<{ removed: number }> {
    return unwrap(await this.#native.prune());
  }

  /**
   * The log as text, oldest entry first, in pieces: JSON Lines, or CSV (RFC 4180, with a header; cells that a
   * spreadsheet would run as formulas are neutralised by a leading apostrophe).
   *
   * @example
   * for await (const piece of room.audit.export({ format: 'csv' })) file.write(piece);
   */
  async *export(options: { format: 'jsonl' | 'csv' }): AsyncGenerator<string, void, undefined> {
    const cursor = unwrap(this.#native.exportAudit(options?.format));
    for (;;) {
      const piece = unwrap(await cursor.next());
      if (piece === null) return;
      yield piece;
    }
  }
}

/** An open store. Made by {@link openStrongroom}. */
export class Strongroom {
  readonly secrets: Secrets;
  readonly audit: Audit;
  readonly #native: NativeRoom;
  readonly #listeners: Listeners;

  /** @internal Use {@link openStrongroom}. */
  constructor(nativeRoom: NativeRoom, listeners: Listeners) {
    this.#native = nativeRoom;
    this.#listeners = listeners;
    this.secrets = new Secrets(this, nativeRoom);
    this.audit = new Audit(this, nativeRoom);
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
   * Gets the key, with the keyring's prompt if it is locked; makes it for a new store. Rejects with `KEYRING_LOCKED`,
   * `KEYRING_UNAVAILABLE`, `KEY_MISSING` or `CANCELLED` (the prompt was dismissed); nothing is changed then.
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
  }

  /**
   * One message of the contract, for transports: limits, schema, role, handler, schema. Never rejects, and no answer
   * can carry a plaintext.
   */
  dispatch(caller: Caller, channel: string, payload: unknown): Promise<Envelope<unknown>> {
    return this.#native.dispatch(caller, channel, payload);
  }

  /** Listens to what changes, until the returned function is called. Events carry metadata only. */
  on<T extends StrongroomEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    if (!EVENT_TYPES.includes(type) || typeof listener !== 'function') {
      throw new StrongroomError('INVALID_REQUEST', `on() needs one of ${EVENT_TYPES.join(', ')} and a function`);
    }
    return this.#listeners.add(type, listener);
  }
}

/** Listeners by event type; what one throws is reported as an uncaught exception and keeps none of the others from running. */
class Listeners {
  readonly #byType = new Map<string, Set<(event: never) => void>>();

  add<T extends StrongroomEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    const set = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, set);
    // A wrapper of its own, so that one function registered twice is called twice and disposed of once.
    const entry = (event: never): void => listener(event);
    set.add(entry);
    return () => void set.delete(entry);
  }

  emit(event: StrongroomEvent): void {
    for (const listener of [...(this.#byType.get(event.type) ?? [])]) {
      try {
        listener(event as never);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#byType.clear();
  }
}

async function callAsCore<C extends Channel>(
  room: Strongroom,
  channel: C,
  payload: RequestOf<C>,
): Promise<ResponseOf<C>> {
  return unwrap(await room.dispatch(CORE, channel, payload)) as ResponseOf<C>; // the core has checked the response
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
  if (typeof options !== 'object' || options === null) {
    throw new StrongroomError('INVALID_REQUEST', 'openStrongroom needs an object with dir and appId');
  }
  const listeners = new Listeners();
  // The addon keeps the function until the room is closed: it must not keep alive what a room that was dropped told.
  const heard = new WeakRef(listeners);
  const nativeRoom = unwrap(await native.open(nativeOptions(options), (event) => heard.deref()?.emit(event)));
  return new Strongroom(nativeRoom, listeners);
}
