/** The element's client over the loopback host: fetch for questions, a WebSocket for events. */

import type { Channel, Envelope, RequestOf, ResponseOf } from '../../contracts/index.js';
import { ClientError, type ConnectionState, type SettingsClient, type SettingsEvents } from './client.js';

const kFirstRetryMs = 400;
const kLastRetryMs = 8_000;

/**
 * Talks to the host that served the page. After a loss it asks again and again, later each time, and at once when the
 * page comes to the front or the machine back online.
 */
export class HostClient implements SettingsClient {
  readonly #base: string;
  readonly #events = new EventTarget();
  #token: string;
  #state: ConnectionState | undefined;
  #socket: WebSocket | undefined;
  #attached: Promise<void> | undefined;
  #retryMs = kFirstRetryMs;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `base`: `http://127.0.0.1:<port>`; `token`: the host's, or empty when the page has none. */
  constructor(base: string, token: string) {
    this.#base = base;
    this.#token = token;
    addEventListener('online', () => this.#retryNow());
    document.addEventListener('visibilitychange', () => this.#retryNow());
    this.#connect();
  }

  /** Takes the token of a new start of the host and connects again. */
  useToken(token: string): void {
    this.#token = token;
    this.#socket?.close();
    this.#socket = undefined;
    this.#attached = undefined;
    this.#state = undefined;
    this.#connect();
  }

  async invoke<C extends Channel>(channel: C, payload: RequestOf<C>): Promise<ResponseOf<C>> {
    const response = await this.#post(channel, payload);
    let envelope: Envelope<ResponseOf<C>>;
    try {
      envelope = (await response.json()) as Envelope<ResponseOf<C>>;
    } catch {
      throw this.#lost();
    }
    if (envelope.ok) return envelope.value;
    if (response.status === 401) this.#enter('refused');
    const { code, message, issues, detail } = envelope.error;
    throw new ClientError(code, message, issues, detail);
  }

  on<T extends keyof SettingsEvents>(type: T, listener: (event: SettingsEvents[T]) => void): () => void {
    const heard = (event: Event): void => listener((event as CustomEvent<SettingsEvents[T]>).detail);
    this.#events.addEventListener(type, heard);
    if (type === 'connection' && this.#state !== undefined) heard(eventOf({ type, state: this.#state }));
    return () => this.#events.removeEventListener(type, heard);
  }

  async #post(channel: string, payload: unknown): Promise<Response> {
    await this.#attach();
    try {
      return await fetch(`${this.#base}/ipc`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ channel, payload }),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
    } catch {
      throw this.#lost();
    }
  }

  /**
   * Once per connection, before anything is asked: the host shows that it has the token before it gets ours, or anything
   * that was typed (when the host has stopped, its port may be taken by anyone), and then the events are listened to, so
   * that nothing changes unheard after an answer.
   */
  #attach(): Promise<void> {
    this.#attached ??= this.#askForProof()
      .then(() => this.#listen())
      .catch((thrown: unknown) => {
        this.#attached = undefined;
        throw thrown;
      });
    return this.#attached;
  }

  async #askForProof(): Promise<void> {
    if (this.#token === '') {
      this.#enter('refused');
      throw new ClientError('FORBIDDEN', 'This page has no token.');
    }
    const nonce = base64url(crypto.getRandomValues(new Uint8Array(32)));
    let proof: Uint8Array<ArrayBuffer>;
    try {
      const response = await fetch(`${this.#base}/proof?nonce=${nonce}`, { cache: 'no-store', credentials: 'omit' });
      const envelope = (await response.json()) as { value?: { proof?: unknown } };
      proof = bytesOf(String(envelope.value?.proof ?? ''));
    } catch {
      throw this.#lost();
    }
    const text = new TextEncoder();
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', text.encode(this.#token), algorithm, false, ['verify']);
    if (await crypto.subtle.verify('HMAC', key, proof, text.encode(`strongroom/host/v1 ${nonce}`))) return;
    this.#enter('refused');
    throw new ClientError('FORBIDDEN', 'The host does not know the token of this page.');
  }

  #lost(): ClientError {
    this.#attached = undefined;
    this.#enter('offline');
    this.#retryLater();
    return new ClientError('DISCONNECTED', 'The host does not answer.');
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Why it fails the state says: offline, and this is called again, or refused.
    this.#attach().catch(() => undefined);
  }

  /** Resolves when events come, or when it turns out that none will. */
  #listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket?.close();
      const socket = new WebSocket(`${this.#base.replace(/^http/, 'ws')}/events`, [
        'strongroom.events.v1',
        `strongroom.token.${this.#token}`,
      ]);
      this.#socket = socket;
      socket.addEventListener('open', () => {
        this.#retryMs = kFirstRetryMs;
        this.#enter('online');
        resolve();
      });
      socket.addEventListener('message', ({ data }) => {
        this.#events.dispatchEvent(eventOf(JSON.parse(data as string) as SettingsEvents[keyof SettingsEvents]));
      });
      socket.addEventListener('close', () => {
        resolve();
        if (this.#socket !== socket) return;
        this.#socket = undefined;
        this.#lost();
      });
    });
  }

  #enter(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#events.dispatchEvent(eventOf({ type: 'connection', state }));
  }

  #retryLater(): void {
    if (this.#timer !== undefined || this.#socket !== undefined) return;
    this.#timer = setTimeout(() => this.#connect(), this.#retryMs * (0.8 + 0.4 * Math.random()));
    this.#retryMs = Math.min(this.#retryMs * 2, kLastRetryMs);
  }

  #retryNow(): void {
    if (this.#timer !== undefined && document.visibilityState === 'visible') this.#connect();
  }
}

function eventOf<T extends { readonly type: string }>(detail: T): CustomEvent<T> {
  return new CustomEvent(detail.type, { detail });
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
