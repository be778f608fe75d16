/** `broker.fetch` as JavaScript programs know fetch. */
import type { RequestOf, ResponseOf } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';

/** What to send. The credential is added on the way; headers that would carry one are refused. */
export interface FetchInit {
  /** Absolute; at most 8000 characters. */
  readonly url: string | URL;
  readonly method?: RequestOf<'broker.fetch'>['method'];
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]>;
  /** Text is sent as UTF-8. At most 1,000,000 characters, or 750,000 bytes. */
  readonly body?: string | Uint8Array;
}

function headersOf(headers: NonNullable<FetchInit['headers']>): Record<string, string> {
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  const joined = new Map<string, string>();
  for (const [name, value] of pairs) {
    const known = joined.get(name);
    joined.set(name, known === undefined ? value : `${known}, ${value}`);
  }
  return Object.fromEntries(joined);
}

/** The message that stands for `init`. */
export function fetchRequest(handle: string, init: FetchInit): RequestOf<'broker.fetch'> {
  if (typeof init !== 'object' || init === null) {
    throw new StrongroomError('INVALID_REQUEST', 'broker.fetch needs a handle and an object with a url');
  }
  const { url, method, headers, body } = init;
  const request: RequestOf<'broker.fetch'> = { handle, url: String(url) };
  if (method !== undefined) request.method = method;
  if (headers !== undefined) request.headers = headersOf(headers);
  if (typeof body === 'string') request.body = body;
  else if (body !== undefined) {
    request.body = toBase64(body);
    request.bodyEncoding = 'base64';
  }
  return request;
}

// By hand, and not with Buffer: an extension may live in a browser's worker.
function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The answer of a service, without the credential, cookies and what else belongs to the connection. */
export class BrokerResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #body: string;
  readonly #encoding: 'utf8' | 'base64';

  constructor(response: ResponseOf<'broker.fetch'>) {
    this.status = response.status;
    this.headers = response.headers;
    this.#body = response.body;
    this.#encoding = response.bodyEncoding;
  }

  /** Whether the status is one from 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  /** The body; of memory that is not shared (over an `ArrayBuffer`; TypeScript before 5.7 cannot say so). */
  async bytes(): Promise<ReturnType<InstanceType<typeof TextEncoder>['encode']>> {
    return this.#encoding === 'utf8' ? new TextEncoder().encode(this.#body) : fromBase64(this.#body);
  }

  /** As UTF-8; what is not, becomes U+FFFD. */
  async text(): Promise<string> {
    return this.#encoding === 'utf8' ? this.#body : new TextDecoder().decode(fromBase64(this.#body));
  }

  /** Rejects with a SyntaxError if it is no JSON. */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}
