import type {
  Channel,
  Connection,
  Envelope,
  ProviderInfo,
  ProviderManifest,
  RequestOf,
  ResponseOf,
} from '../../contracts/index.js';
import { StrongroomError, unwrap } from '../main/errors.js';
import { type EventOf, Listeners } from '../main/listeners.js';
import { BrokerResponse, type FetchInit, fetchRequest } from './fetch.js';
import { type OpenPort, openPort, type Port } from './port.js';
import { type ExtensionEvent, membersOf, PROTOCOL_VERSION, type RequestId, requestIdOf } from './protocol.js';

/** The channels that extensions and tools may use. The core refuses them all others. */
export type ExtensionChannel = {
  [C in Channel]: 'extension' extends typeof import('../../contracts/index.js').contracts[C]['roles'][number]
    ? C
    : never;
}[Channel];

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const EVENT_TYPES: readonly string[] = ['changed', 'lock'];

/** An extension's way to secrets that it may use and never sees. Made by {@link connectStrongroom}. */
export class StrongroomClient {
  readonly #port: OpenPort;
  readonly #waiting = new Map<RequestId, Waiting>();
  readonly #listeners = new Listeners();
  // Two clients may share a port; each finds its answers by numbers that the other does not use.
  #next = Math.floor(Math.random() * 2 ** 32) * 2 ** 20;
  #closed = false;

  /** @internal Use {@link connectStrongroom}. */
  constructor(port: Port) {
    this.#port = openPort(
      port,
      (message) => this.#receive(message),
      () => this.close(),
    );
  }

  readonly providers = {
    /**
     * Registers a provider under the extension's own publisher, or replaces what it registered before. Rejects with
     * `INVALID_SCHEMA` (places below `/schema`), `INVALID_REQUEST` or `FORBIDDEN`.
     */
    register: (manifest: ProviderManifest): Promise<ProviderInfo> =>
      this.invoke('providers.register', manifest as RequestOf<'providers.register'>),
    /** Its connections are kept, and can be used again when it is registered again. */
    unregister: async (id: string): Promise<void> => {
      await this.invoke('providers.unregister', { id });
    },
    /** All of them, by id. */
    list: (): Promise<ResponseOf<'providers.list'>> => this.invoke('providers.list', {}),
  };

  readonly connections = {
    /** Those of providers that the extension registered or declared use of; `limit` 1 to 500, default 200. */
    list: (filter: RequestOf<'connections.list'> = {}): Promise<ResponseOf<'connections.list'>> =>
      this.invoke('connections.list', filter),
    /** `NOT_FOUND`, also for one that the extension may not see. */
    get: (id: string): Promise<Connection> => this.invoke('connections.get', { id }),
    /** The connection to use for a provider: the workspace's, otherwise the user's. `NOT_FOUND` if there is none. */
    resolve: (query: RequestOf<'connections.resolve'>): Promise<Connection> =>
      this.invoke('connections.resolve', query),
  };

  readonly access = {
    /**
     * Asks for a handle: a person decides, unless they have before. `reason` is shown to them as the extension's own
     * words. Rejects with `CONSENT_DENIED`, or `CONSENT_TIMEOUT` when nobody answered.
     */
    request: (request: RequestOf<'access.request'>): Promise<ResponseOf<'access.request'>> =>
      this.invoke('access.request', request),
    /** Gives a handle back. One that is not there any more is no error. */
    release: async (handle: string): Promise<void> => {
      await this.invoke('access.release', { handle });
    },
  };

  readonly broker = {
    /**
     * Has the main process send a request with the credential that `handle` stands for, and to no origin but those of
     * the provider. Redirects are not followed. `ORIGIN_NOT_ALLOWED`, `HANDLE_INVALID`, `LIMIT_EXCEEDED`, `TIMEOUT`.
     *
     * @example
     * const response = await strongroom.broker.fetch(handle, { url: new URL('/user', connection.fields.baseUrl) });
     * if (response.ok) console.log(await response.json());
     */
    fetch: async (handle: string, init: FetchInit): Promise<BrokerResponse> =>
      new BrokerResponse(await this.invoke('broker.fetch', fetchRequest(handle, init))),
  };

  /** Sends one message of the contract. Throws its refusal as a StrongroomError; `CLOSED` when the port has ended. */
  invoke<C extends ExtensionChannel>(channel: C, payload: RequestOf<C>): Promise<ResponseOf<C>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closed();
      const id = this.#next;
      this.#next += 1;
      this.#waiting.set(id, { resolve: (value) => resolve(value as ResponseOf<C>), reject }); // the core has checked it
      try {
        this.#port.post({ strongroom: PROTOCOL_VERSION, id, channel, payload });
      } catch (error) {
        this.#waiting.delete(id);
        throw new StrongroomError('INVALID_REQUEST', `the request cannot be sent: ${nameOf(error)}`);
      }
    });
  }

  /**
   * Listens until the returned function is called: `changed` for connections that the extension may see and for its own
   * providers, `lock` when the store is locked or unlocked.
   */
  on<T extends ExtensionEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    if (!EVENT_TYPES.includes(type) || typeof listener !== 'function') {
      throw new StrongroomError('INVALID_REQUEST', `on() needs one of ${EVENT_TYPES.join(', ')} and a function`);
    }
    return this.#closed ? () => undefined : this.#listeners.add(type, listener);
  }

  /** Ends the use of the port: what waits is rejected with `CLOSED`. The port itself stays open. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.detach();
    this.#listeners.clear();
    for (const { reject } of this.#waiting.values()) reject(closed());
    this.#waiting.clear();
  }

  #receive(message: unknown): void {
    const members = membersOf(message);
    if (members === undefined) return;
    if (isEvent(members.event)) {
      this.#listeners.emit(members.event);
      return;
    }
    const id = requestIdOf(members.id);
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || waiting === undefined) return;
    this.#waiting.delete(id);
    try {
      waiting.resolve(unwrap(members.envelope as Envelope));
    } catch (error) {
      waiting.reject(error instanceof StrongroomError ? error : broken());
    }
  }
}

function isEvent(event: unknown): event is ExtensionEvent {
  return typeof event === 'object' && event !== null && EVENT_TYPES.includes(String((event as ExtensionEvent).type));
}

function closed(): StrongroomError {
  return new StrongroomError('CLOSED', 'the connection to the main process has ended');
}

function broken(): StrongroomError {
  return new StrongroomError('INTERNAL', 'the main process gave an answer that is none');
}

/** Never its message: that may quote the value. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'an unknown failure';
}

/**
 * Connects an extension with the Strongroom of its main process. No addon is loaded and no secret gets here.
 *
 * @param port In a utility process `process.parentPort`, in a worker thread `parentPort`, in a child process `process`;
 *   or a MessagePort that the app handed over. The other end is given to `connectExtensionPort` of `strongroom/electron`.
 * @example
 * const strongroom = connectStrongroom(process.parentPort);
 * const connection = await strongroom.connections.resolve({ providerId: 'acme.api' });
 * const { handle } = await strongroom.access.request({
 *   connectionId: connection.id, field: 'token', reason: 'List your open issues',
 * });
 * const response = await strongroom.broker.fetch(handle, { url: 'https://api.acme.example/issues' });
 */
export function connectStrongroom(port: Port): StrongroomClient {
  return new StrongroomClient(port);
}
