/** The event stream: a WebSocket that only ever speaks, never listens. */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { kEventsProtocol } from './guard.js';

/** More windows than a person opens; fewer than would cost anything. */
export const kMaxSockets = 32;

const kPingEveryMs = 30_000;
const kMaxBacklogBytes = 256 * 1024;

/** Sends events to every connected page. A page that speaks, falls behind or no longer answers is disconnected. */
export class EventStream {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: 1024,
    perMessageDeflate: false,
    clientTracking: true,
    // The token is among the offered names; only the version is ever named back.
    handleProtocols: () => kEventsProtocol,
  });
  readonly #answered = new WeakSet<WebSocket>();
  readonly #ping: NodeJS.Timeout;

  constructor(pingEveryMs = kPingEveryMs) {
    // Otherwise ws would answer a wrong handshake by itself, without our headers; the caller of `accept` does.
    this.#server.on('wsClientError', () => undefined);
    this.#ping = setInterval(() => this.#pingAll(), pingEveryMs);
    this.#ping.unref();
  }

  /** How many pages are connected. */
  get size(): number {
    return this.#server.clients.size;
  }

  /** Whether no further page may connect. */
  get full(): boolean {
    return this.size >= kMaxSockets;
  }

  /** Completes a handshake whose token, Host and Origin were found good. False, and no answer, if it is none. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    let accepted = false;
    this.#server.handleUpgrade(request, socket, head, (page) => {
      accepted = true;
      this.#answered.add(page);
      page.on('pong', () => this.#answered.add(page));
      page.on('message', () => page.close(1008, 'This stream takes no messages'));
      // ws closes the connection itself on a protocol error; there is nothing to add, and nothing worth logging.
      page.on('error', () => undefined);
    });
    return accepted;
  }

  /** Sends one event, already metadata only, to every page. */
  send(event: object): void {
    const text = JSON.stringify(event);
    for (const page of this.#server.clients) {
      if (page.bufferedAmount > kMaxBacklogBytes) page.terminate();
      else page.send(text);
    }
  }

  /** Says goodbye to every page; those that do not answer are cut off by the caller closing the sockets. */
  close(): void {
    clearInterval(this.#ping);
    for (const page of this.#server.clients) page.close(1001, 'The host is stopping');
    this.#server.close();
  }

  /** Cuts off whoever is still connected. */
  terminate(): void {
    for (const page of this.#server.clients) page.terminate();
  }

  #pingAll(): void {
    for (const page of this.#server.clients) {
      if (!this.#answered.delete(page)) page.terminate();
      else page.ping();
    }
  }
}
