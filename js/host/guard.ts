/**
 * The checks that every request passes before anything else looks at it, and the headers that every answer carries.
 *
 * The host is reachable by every program of this machine and, through the browser, by every web site the person has
 * open. Three things keep those out, each alone sufficient against a different one:
 * - the token: other programs do not know it (it is printed once, to the terminal of the person who started the host);
 * - `Host`: a site that rebinds its own name to 127.0.0.1 still sends its own name;
 * - `Origin` and `Sec-Fetch-Site`: a browser says which site a request comes from, and scripts cannot lie about it.
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The version of the event stream; the sub-protocol that the host selects. */
export const kEventsProtocol = 'strongroom.events.v1';

/** A browser's WebSocket cannot set headers, so the token travels as a second offered sub-protocol, never echoed. */
export const kTokenProtocolPrefix = 'strongroom.token.';

/** Headers of every answer: nothing is cached, framed, sniffed or loaded from elsewhere. */
export const kSecurityHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), clipboard-read=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Why a request was refused: an HTTP status and what stands in the envelope. Never holds anything the caller sent. */
export interface Refusal {
  readonly status: number;
  readonly code: 'FORBIDDEN' | 'INVALID_REQUEST' | 'LIMIT_EXCEEDED' | 'NOT_FOUND' | 'CLOSED' | 'INTERNAL';
  readonly message: string;
  /** With 405: the methods that the route has. */
  readonly allow?: string;
}

/** The JSON text of a refusal's envelope. */
export function refusalBody(refusal: Refusal): string {
  return JSON.stringify({ ok: false, error: { code: refusal.code, message: refusal.message } });
}

/**
 * The headers of a refusal, beside those of every answer. The connection ends: a body that was refused unread would
 * otherwise be read to its end to keep it.
 */
export function refusalHeaders({ allow }: Refusal): Record<string, string> {
  return {
    'Content-Type': 'application/json; charset=utf-8',
    Connection: 'close',
    ...(allow === undefined ? {} : { Allow: allow }),
  };
}

/** The secret of one start of the host: 256 random bits in base64url, compared in constant time. */
export class Token {
  readonly value: string;
  readonly #hash: Buffer;

  constructor() {
    this.value = randomBytes(32).toString('base64url');
    this.#hash = sha256(this.value);
  }

  /** Whether `candidate` is the token. Both are hashed first, so neither length nor content shows in the time taken. */
  matches(candidate: string): boolean {
    return timingSafeEqual(sha256(candidate), this.#hash);
  }

  /** Shows to whoever chose `nonce` and has the token that we have it too, without telling it to anyone else. */
  proof(nonce: string): string {
    return createHmac('sha256', this.value).update(`strongroom/host/v1 ${nonce}`).digest('base64url');
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** `Host`: exactly the address the host listens on. */
export function checkHost(headers: IncomingHttpHeaders, authority: string): Refusal | undefined {
  if (headers.host === authority) return undefined;
  return { status: 421, code: 'FORBIDDEN', message: 'The Host header is not the address of this host.' };
}

/**
 * `Origin`, when present, is our own; `Sec-Fetch-Site`, when present, says that our own page asks. A person following a
 * link to the page (a top-level navigation) may come from anywhere: the page holds nothing until it has the token.
 */
export function checkOrigin(headers: IncomingHttpHeaders, authority: string): Refusal | undefined {
  const refusal: Refusal = { status: 403, code: 'FORBIDDEN', message: 'Requests from other sites are refused.' };
  if (headers.origin !== undefined && headers.origin !== `http://${authority}`) return refusal;
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  const navigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return navigation ? undefined : refusal;
}

/** `Authorization: Bearer <token>`. */
export function checkBearer(authorization: string | undefined, token: Token): Refusal | undefined {
  const match = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(authorization ?? '');
  if (match?.[1] !== undefined && token.matches(match[1])) return undefined;
  return { status: 401, code: 'FORBIDDEN', message: 'The token of this host is missing or wrong.' };
}

/** `Sec-WebSocket-Protocol: strongroom.events.v1, strongroom.token.<token>`. */
export function checkProtocols(offered: string | undefined, token: Token): Refusal | undefined {
  const names = (offered ?? '').split(',', 8).map((name) => name.trim());
  const secret = names.find((name) => name.startsWith(kTokenProtocolPrefix)) ?? '';
  if (names.includes(kEventsProtocol) && token.matches(secret.slice(kTokenProtocolPrefix.length))) return undefined;
  return { status: 401, code: 'FORBIDDEN', message: 'The token of this host is missing or wrong.' };
}
