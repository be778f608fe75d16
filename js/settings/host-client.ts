/** The element's client over the loopback host: fetch for questions, a WebSocket for events. */

import type { Channel, Envelope, RequestOf, ResponseOf } from '../../contracts/index.js';
import { ClientError, type ConnectionState, type SettingsClient, type SettingsEvents } from './client.js';

const kFirstRetryMs = 400;
const kLastRetryMs = 8_000;
/** How long the events may take to begin. */
const kPatienceMs = 5_000;
/** How long the host may be silent about what it is asked. */
const kAnswerMs = 20_000;
/** What may take as long as it takes, or wait for a person at the system keyring: the host has to be there meanwhile. */
const kLong: ReadonlySet<Channel> = new Set<Channel>([
  'audit.export',
  'audit.verify',
  'connections.create',
  'connections.setSecret',
  'connections.test',
  'secrets.create',
  'secrets.replaceValue',
  'status.unlock',
]);

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
  /** Another one whenever a connection begins or ends. */
  #round = 0;
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

  /** Takes the token of a new start of the host and connects again; with the token that is in use nothing changes. */
  useToken(token: string): void {
    if (token === this.#token && (this.#state === 'online' || this.#state === 'deaf')) return;
    this.#token = token;
    // What changes unheard until the page is online again is read then.
    if (this.#state !== 'refused') this.#enter('offline');
    this.#connect();
  }

  async invoke<C extends Channel>(channel: C, payload: RequestOf<C>): Promise<ResponseOf<C>> {
    await this.#ready();
    const round = this.#round;
    const request = {
      method: 'POST',
      headers: { Authorization: `Bearer ${this.#token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ channel, payload }),
    };
    const { status, body } = await this.#ask<Envelope<ResponseOf<C>>>('ipc', request, kLong.has(channel));
    this.#retryMs = kFirstRetryMs;
    if (body.ok) return body.value;
    if (status === 401) this.#end(round, 'refused');
    const { code, message, issues, detail } = body.error;
    throw new ClientError(code, message, issues, detail);
  }

  on<T extends keyof SettingsEvents>(type: T, listener: (event: SettingsEvents[T]) => void): () => void {
    const heard = (event: Event): void => listener((event as CustomEvent<SettingsEvents[T]>).detail);
    this.#events.addEventListener(type, heard);
    if (type === 'connection' && this.#state !== undefined) heard(eventOf({ type, state: this.#state }));
    return () => this.#events.removeEventListener(type, heard);
  }

  /**
   * Before anything is asked: the host that is there now has proved itself. While no events come, nothing would tell that
   * it is there no more, and it does so each time.
   */
  async #ready(): Promise<void> {
    let round: number;
    do {
      const proof = this.#state === 'deaf' ? this.#prove() : (this.#attached ?? this.#connect());
      round = this.#round;
      try {
        await proof;
      } catch (thrown) {
        // Where another connection has begun meanwhile, that one is waited for.
        if (this.#attached === undefined || round === this.#round) throw thrown;
      }
    } while (round !== this.#round);
  }

  /**
   * Once per connection: the host shows that it has the token before it gets ours, or anything that was typed (when the
   * host has stopped, its port may be taken by anyone), and then the events are listened to, so that nothing changes
   * unheard after an answer.
   */
  #connect(): Promise<void> {
    this.#drop();
    const round = this.#round;
    const attached = this.#prove().then(() => this.#listen(round));
    // Why it fails the state says: offline, and this is called again, or refused.
    attached.catch(() => undefined);
    this.#attached = attached;
    return attached;
  }

  async #prove(): Promise<void> {
    const round = this.#round;
    if (this.#token === '') throw this.#end(round, 'refused');
    const nonce = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const { body } = await this.#ask<{ value?: { proof?: unknown } } | null>(`proof?nonce=${nonce}`);
    const text = new TextEncoder();
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', text.encode(this.#token), algorithm, false, ['sign']);
    const right = await crypto.subtle.sign('HMAC', key, text.encode(`strongroom/host/v1 ${nonce}`));
    if (body?.value?.proof !== base64url(new Uint8Array(right))) throw this.#end(round, 'refused');
  }

  /**
   * Asks the host that is there now. Where no answer comes in time it is given up, so that none can come late; one that may
   * take long, when the host proves itself no more.
   */
  async #ask<Body>(path: string, request: RequestInit = {}, long = false): Promise<{ status: number; body: Body }> {
    const round = this.#round;
    const given = new AbortController();
    const watch = setInterval(() => {
      const there = long ? this.#prove() : Promise.reject();
      there.catch(() => given.abort());
    }, kAnswerMs);
    try {
      const response = await fetch(`${this.#base}/${path}`, {
        ...request,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        signal: given.signal,
      });
      return { status: response.status, body: (await response.json()) as Body };
    } catch {
      throw this.#end(round, 'offline');
    } finally {
      clearInterval(watch);
    }
  }

  /** Forgets the connection: what still comes of it counts for nothing. */
  #drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#round += 1;
    this.#attached = undefined;
    this.#socket?.close();
  }

  /** A connection is over, unless it is forgotten already. Returns what those have to hear who waited for it. */
  #end(round: number, state: ConnectionState): ClientError {
    if (round === this.#round) {
      this.#drop();
      if (state !== 'refused') {
        this.#timer = setTimeout(() => this.#connect(), this.#retryMs * (0.8 + 0.4 * Math.random()));
        this.#retryMs = Math.min(this.#retryMs * 2, kLastRetryMs);
      }
      this.#enter(state);
    }
    return state === 'refused'
      ? new ClientError('FORBIDDEN', 'Strongroom does not know this page.')
      : new ClientError('DISCONNECTED', 'Strongroom does not answer.');
  }

  /** Resolves when events come, or when it turns out that none will. */
  #listen(round: number): Promise<void> {
    return new Promise((resolve) => {
      if (round !== this.#round) return resolve();
      const socket = new WebSocket(`${this.#base.replace(/^http/, 'ws')}/events`, [
        'strongroom.events.v1',
        `strongroom.token.${this.#token}`,
      ]);
      this.#socket = socket;
      const over = (): void => {
        this.#end(round, this.#state === 'online' ? 'offline' : 'deaf');
        resolve();
      };
      const patience = setTimeout(over, kPatienceMs);
      socket.onopen = () => {
        clearTimeout(patience);
        if (round === this.#round) this.#enter('online');
        resolve();
      };
      socket.onmessage = ({ data }) => {
        this.#events.dispatchEvent(eventOf(JSON.parse(data as string) as SettingsEvents[keyof SettingsEvents]));
      };
      socket.onclose = over;
    });
  }

  #enter(state: ConnectionState): void {
    const before = this.#state;
    if (before === state) return;
    this.#state = state;
    this.#events.dispatchEvent(eventOf({ type: 'connection', state }));
    if (before !== 'deaf' || state !== 'online') return;
    // The pages were not offline, after which they read again by themselves. Whatever is shown follows one of these.
    for (const entity of ['secret', 'connection', 'consent'] as const)
      this.#events.dispatchEvent(eventOf({ type: 'changed', entity, id: '', change: 'updated' }));
  }

  #retryNow(): void {
    if (this.#timer !== undefined && !document.hidden) this.#connect();
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
