import type { Caller, ChangedEvent, Connection, Envelope, PrincipalRole } from '../../contracts/index.js';
import { type OpenPort, openPort, type Port } from '../extension/port.js';
import {
  type ExtensionEvent,
  MAX_IN_FLIGHT,
  membersOf,
  PROTOCOL_VERSION,
  type RequestId,
  requestIdOf,
} from '../extension/protocol.js';
import { isObject } from '../main/arguments.js';
import { CORE } from '../main/call.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/strongroom.js';
import { ask, type Disposer, disposer, outsideCaller, refusal, type TransportRoom } from './caller.js';

/** The part of a Strongroom that a port needs. */
export type PortRoom = TransportRoom & Pick<Strongroom, 'sees'>;

export interface ExtensionPortOptions {
  /** The main process's end: a MessagePortMain, a UtilityProcess, a Worker, a ChildProcess or Node's MessagePort. */
  readonly port: Port;
  readonly room: PortRoom;
  /** The extension's id, `publisher.name`, as the app knows it. Everything that comes through the port is its doing. */
  readonly principalId: string;
  /** Default `extension`. */
  readonly role?: PrincipalRole;
  /** Providers of others whose connections it may see, as the app knows from its manifest. */
  readonly uses?: readonly string[];
}

const ROLES: readonly unknown[] = ['extension', 'tool'] satisfies PrincipalRole[];

/**
 * Answers the requests of one extension, whose other end is `connectStrongroom` of `strongroom/extension` (the messages
 * are described in extension/protocol.ts), and tells it of connections that it may see, of its own providers, and of
 * locking. Ends with the port; what is unanswered then is dropped, and what waits for a person is withdrawn.
 *
 * @returns What ends it earlier. The port itself stays open.
 * @throws StrongroomError `INVALID_REQUEST` for an identity that is none.
 * @example
 * const child = utilityProcess.fork(extension.entry);
 * connectExtensionPort({ port: child, room, principalId: extension.id });
 */
export function connectExtensionPort(options: ExtensionPortOptions): Disposer {
  if (!isObject(options) || !isObject(options.port) || !isObject(options.room)) {
    throw new StrongroomError(
      'INVALID_REQUEST',
      'connectExtensionPort needs an object with port, room and principalId',
    );
  }
  const { port, room, principalId, role = 'extension', uses } = options;
  const caller = outsideCaller({ role, principalId, uses });
  if (caller === undefined || !ROLES.includes(role)) {
    throw new StrongroomError(
      'INVALID_REQUEST',
      'connectExtensionPort needs a principalId of 1 to 200 characters, the role extension or tool, and uses as a list of ids',
    );
  }
  const connection = new ExtensionPort(port, room, caller);
  return disposer(() => connection.end());
}

class ExtensionPort {
  readonly #room: PortRoom;
  readonly #caller: Caller;
  readonly #port: OpenPort;
  readonly #unsubscribe: readonly (() => void)[];
  /** Connections that the extension knows of: only of those it is told that they are gone. */
  readonly #seen = new Set<string>();
  /** Changes whose connection is still to be looked at, in order; one of a kind is enough. */
  readonly #changes = new Map<string, ChangedEvent>();
  #looking = false;
  readonly #gone = new AbortController();
  #inFlight = 0;
  #ended = false;

  constructor(port: Port, room: PortRoom, caller: Caller) {
    this.#room = room;
    this.#caller = caller;
    this.#unsubscribe = [
      room.on('changed', (event) => this.#changed(event)),
      room.on('lock', (event) => this.#tell(event)),
    ];
    this.#port = openPort(
      port,
      (message) => this.#receive(message),
      () => this.end(),
    );
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stop of this.#unsubscribe) stop();
    this.#port.detach();
    this.#gone.abort();
    this.#changes.clear();
    this.#seen.clear();
  }

  #receive(message: unknown): void {
    const members = membersOf(message);
    const id = requestIdOf(members?.id);
    if (members === undefined || id === undefined) return;
    const { channel, payload } = members;
    if (typeof channel !== 'string') {
      this.#answer(id, refusal('INVALID_REQUEST', 'a request needs the name of a channel'));
    } else if (this.#inFlight >= MAX_IN_FLIGHT) {
      this.#answer(id, refusal('LIMIT_EXCEEDED', `more than ${MAX_IN_FLIGHT} requests at once`));
    } else {
      void this.#request(id, channel, payload);
    }
  }

  async #request(id: RequestId, channel: string, payload: unknown): Promise<void> {
    this.#inFlight += 1;
    const envelope = await ask(this.#room, this.#caller, channel, payload, this.#gone.signal);
    this.#inFlight -= 1;
    if (this.#ended) return this.#giveBack(channel, envelope);
    this.#notice(channel, envelope);
    this.#answer(id, envelope);
  }

  /** A handle that reaches nobody is not left lying about; it is the app that gives it back. */
  async #giveBack(channel: string, envelope: Envelope<unknown>): Promise<void> {
    if (channel !== 'access.request' || !envelope.ok) return;
    await ask(this.#room, CORE, 'access.release', { handle: (envelope.value as { handle: string }).handle });
  }

  #notice(channel: string, envelope: Envelope<unknown>): void {
    if (!envelope.ok) return;
    if (channel === 'connections.list') {
      for (const { id } of (envelope.value as { items: readonly Connection[] }).items) this.#seen.add(id);
    } else if (channel === 'connections.get' || channel === 'connections.resolve') {
      this.#seen.add((envelope.value as Connection).id);
    }
  }

  #changed(event: ChangedEvent): void {
    if (event.entity === 'provider') {
      if (this.#caller.role === 'extension' && publisherOf(event.id) === publisherOf(this.#caller.principalId)) {
        this.#tell(event);
      }
    } else if (event.entity === 'connection') {
      const key = `${event.change} ${event.id}`;
      this.#changes.delete(key);
      this.#changes.set(key, event);
      if (!this.#looking) void this.#look();
    }
  }

  async #look(): Promise<void> {
    this.#looking = true;
    for (const [key, event] of this.#changes) {
      this.#changes.delete(key);
      if ((await this.#maySee(event)) && !this.#ended) this.#tell(event);
    }
    this.#looking = false;
  }

  async #maySee({ id, change }: ChangedEvent): Promise<boolean> {
    if (change === 'deleted') return this.#seen.delete(id);
    try {
      // Not with a message: what the extension did not send is not refused to it either.
      const sees = await this.#room.sees(this.#caller, id);
      if (sees) this.#seen.add(id);
      return sees;
    } catch {
      return false; // the store is closed, or cannot be read: it is not told of what it perhaps may not see
    }
  }

  #tell(event: ExtensionEvent): void {
    this.#post({ strongroom: PROTOCOL_VERSION, event });
  }

  #answer(id: RequestId, envelope: Envelope<unknown>): void {
    this.#post({ strongroom: PROTOCOL_VERSION, id, envelope });
  }

  #post(message: object): void {
    if (this.#ended) return;
    try {
      this.#port.post(message);
    } catch {
      // Answers and events are plain data that every port carries: it is the port that is broken.
      this.end();
    }
  }
}

function publisherOf(id: string): string {
  return id.replace(/\..*$/s, '');
}
