/**
 * A simulated Electron: ipcMain, WebContents and frames made of real EventEmitters, with the behaviour that Electron
 * documents: arguments and answers are structured clones, a second handler throws, a frame that is gone throws.
 */
import { EventEmitter } from 'node:events';
import type { Envelope } from '../../contracts/index.js';
import type { FrameLike, InvokeEventLike, SenderLike } from '../../js/electron/index.js';

type Handler = (event: InvokeEventLike, payload: unknown) => Promise<Envelope<unknown>>;

export class SimulatedIpcMain {
  readonly handlers = new Map<string, Handler>();

  handle(channel: string, listener: Handler): void {
    if (this.handlers.has(channel)) {
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    }
    this.handlers.set(channel, listener);
  }

  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }

  /** What `ipcRenderer.invoke` does in the frame of `event`. */
  async invoke(event: InvokeEventLike, channel: string, payload: unknown): Promise<Envelope<unknown>> {
    const handler = this.handlers.get(`strongroom:${channel}`);
    if (handler === undefined) throw new Error(`No handler registered for 'strongroom:${channel}'`);
    return structuredClone(await handler(event, structuredClone(payload)));
  }
}

let nextRoutingId = 1;

export class SimulatedFrame implements FrameLike {
  #gone = false;
  #url: string;
  #origin: string;
  readonly #parent: SimulatedFrame | null;
  readonly #routingId = nextRoutingId++;

  constructor(url: string, { origin, parent = null }: { origin?: string; parent?: SimulatedFrame | null } = {}) {
    this.#url = url;
    this.#origin = origin ?? (/^[a-z-]+:\/\/[^/]*/.exec(url)?.[0] || 'null');
    this.#parent = parent;
  }

  get url(): string {
    return this.#alive(this.#url);
  }

  get origin(): string {
    return this.#alive(this.#origin);
  }

  get parent(): SimulatedFrame | null {
    return this.#alive(this.#parent);
  }

  get processId(): number {
    return this.#alive(7);
  }

  get routingId(): number {
    return this.#alive(this.#routingId);
  }

  navigate(url: string): void {
    this.#url = url;
    this.#origin = /^[a-z-]+:\/\/[^/]*/.exec(url)?.[0] || 'null';
  }

  dispose(): void {
    this.#gone = true;
  }

  #alive<T>(value: T): T {
    if (this.#gone) throw new Error('Render frame was disposed before WebFrameMain could be accessed');
    return value;
  }
}

export class SimulatedContents extends EventEmitter implements SenderLike {
  mainFrame: SimulatedFrame;
  readonly sent: { channel: string; message: unknown }[] = [];
  #destroyed = false;

  constructor(url: string) {
    super();
    this.mainFrame = new SimulatedFrame(url);
  }

  /** A message of the main frame, or of another one. */
  event(senderFrame: SimulatedFrame | null = this.mainFrame): InvokeEventLike {
    return { sender: this, senderFrame };
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  send(channel: string, message: unknown): void {
    if (this.#destroyed) throw new TypeError('Object has been destroyed');
    this.sent.push({ channel, message: structuredClone(message) });
    this.emit('simulated-send');
  }

  destroy(): void {
    this.#destroyed = true;
    this.emit('destroyed');
  }
}
