/** Who holds the host's few connections: those without the token must not keep out those that have it. */

import type { Socket } from 'node:net';

/** More than a browser opens before its page has shown the token. */
export const kMaxStrangers = 64;

/** With the event streams and what a browser keeps open beside them, all that anyone needs. */
export const kMaxConnections = 128;

/** The connections on which nobody has shown the token yet, the oldest first. */
export class Strangers {
  readonly #sockets = new Set<Socket>();

  /**
   * Counts a new connection. Where there are too many, the oldest is closed and not the newest refused: whoever has the
   * token shows it at once, and who keeps connections without it is who shall lose them.
   */
  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#sockets.size <= kMaxStrangers) return;
    const [oldest] = this.#sockets;
    if (oldest !== undefined) {
      this.#sockets.delete(oldest);
      oldest.destroy();
    }
  }

  /** The token was shown on this connection. */
  know(socket: Socket): void {
    this.#sockets.delete(socket);
  }
}
