/**
 * `strongroom/host`: the Settings page and its channels over loopback HTTP, for Node.js without Electron.
 *
 * Routes: `GET /` and the files of the built page; `GET /proof?nonce=<43 characters of base64url>`, answered by
 * HMAC-SHA-256 of `strongroom/host/v1 <nonce>` under the token, so that a page whose host has stopped does not hand its
 * token or a value to another program that has taken the port; `POST /ipc` with `{channel, payload}`, answered by the envelope
 * `{ok: true, value} | {ok: false, error: {code, message, issues?}}`; WebSocket `/events` for the room's events.
 *
 * Statuses: whatever the core answered, refusals included, travels with 200: the exchange worked and the envelope is the
 * answer. Other statuses mean that the core was never asked, and carry an envelope too:
 *
 * | status | code              | meaning                                                                 |
 * | ------ | ----------------- | ----------------------------------------------------------------------- |
 * | 400    | `INVALID_REQUEST` | not HTTP, not JSON, not `{channel, payload}`, or no WebSocket handshake |
 * | 401    | `FORBIDDEN`       | no token, or the token of another start                                 |
 * | 403    | `FORBIDDEN`       | `Origin` or `Sec-Fetch-Site` names another site                         |
 * | 404    | `NOT_FOUND`       | no such route                                                           |
 * | 405    | `INVALID_REQUEST` | the route has another method                                            |
 * | 413    | `LIMIT_EXCEEDED`  | the body is larger than 1 MiB                                           |
 * | 415    | `INVALID_REQUEST` | the content type is not `application/json`                              |
 * | 417    | `INVALID_REQUEST` | `Expect` asks for something else than `100-continue`                    |
 * | 421    | `FORBIDDEN`       | `Host` is not exactly `127.0.0.1:<port>`                                |
 * | 500    | `INTERNAL`        | the room broke its promise to answer with an envelope                   |
 * | 503    | `CLOSED`          | the host is stopping, or too many event streams are open                |
 */

import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Caller, StrongroomEvent } from '../../contracts/index.js';
import { isObject } from '../main/arguments.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/strongroom.js';
import { readIpcRequest } from './body.js';
import { kMaxConnections, Strangers } from './connections.js';
import { EventStream } from './events.js';
import {
  checkBearer,
  checkHost,
  checkOrigin,
  checkProtocols,
  kSecurityHeaders,
  type Refusal,
  refusalBody,
  refusalHeaders,
  Token,
} from './guard.js';
import { type PageFile, type PageWorkspace, readPage } from './page.js';

/** The part of a Strongroom that the host needs. */
export type HostRoom = Pick<Strongroom, 'dispatch' | 'on'>;

/** Options of {@link startHost}. */
export interface HostOptions {
  /** The opened store. The host never closes it. */
  readonly room: HostRoom;
  /** TCP port on 127.0.0.1; 0 (the default) takes any free one. */
  readonly port?: number;
  /** Folder of the built Settings page; by default the one in this package. */
  readonly page?: string;
  /** The workspace (project, folder, team) that is open: the page offers to keep connections for it alone. */
  readonly workspace?: PageWorkspace;
  /** Receives one line per request: method, route, status, duration in milliseconds. Never a path, a body or a token. */
  readonly log?: (line: string) => void;
}

/** A running host. */
export interface Host {
  /** `http://127.0.0.1:<port>`; the page is opened with `${url}/#${token}`. */
  readonly url: string;
  /** 256 bits in base64url, new at every start. Whoever knows it may do what the Settings page may do. */
  readonly token: string;
  /** Stops accepting, says goodbye to event streams, lets running requests finish (at most 2 s). Safe to call twice. */
  close(): Promise<void>;
}

const kAddress = '127.0.0.1';
const kGraceMs = 2_000;
const kRoutes: ReadonlySet<string> = new Set(['/ipc', '/proof', '/events']);
const kNotFound: Refusal = { status: 404, code: 'NOT_FOUND', message: 'No such route.' };
const kExpectation: Refusal = { status: 417, code: 'INVALID_REQUEST', message: 'Expect must be 100-continue.' };
const kNoHandshake: Refusal = {
  status: 400,
  code: 'INVALID_REQUEST',
  message: 'The WebSocket handshake is not valid.',
};
const kEventsMethod = wrongMethod('GET (as a WebSocket)');
const kEventTypes = ['changed', 'consent', 'lock', 'progress'] as const satisfies readonly StrongroomEvent['type'][];
/** Who speaks through this host: the page, and whoever else was given the token. */
const kCaller: Caller = { role: 'settings', principalId: 'settings' };

/**
 * Starts the loopback host.
 * @throws StrongroomError `INVALID_REQUEST` without a room.
 * @throws Error with `code` `EADDRINUSE` or `EACCES` when the port cannot be had; an Error when the page is not built.
 * @example
 * const host = await startHost({ room: await openStrongroom({ dir, appId: 'org.example.app' }) });
 * console.log(`Settings: ${host.url}/#${host.token}`);
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const room: unknown = isObject(options) ? options.room : undefined;
  if (!isObject(room) || typeof room.dispatch !== 'function' || typeof room.on !== 'function') {
    throw new StrongroomError('INVALID_REQUEST', 'startHost needs an object with room, an open store');
  }
  const page = await readPage(options.page ?? builtPage(), options.workspace);
  const token = new Token();
  const events = new EventStream();
  const strangers = new Strangers();
  const routes = getRequestListener(buildRoutes(options.room, page, token, strangers).fetch, {
    // The application's own Request and Response stay what they are.
    overrideGlobalObjects: false,
    hostname: kAddress,
  });
  let authority = '';
  let closing: Promise<void> | undefined;
  let running = 0;
  let onIdle: (() => void) | undefined;

  const guard = (request: IncomingMessage): Refusal | undefined => {
    if (closing !== undefined) return { status: 503, code: 'CLOSED', message: 'The host is stopping.' };
    return checkHost(request.headers, authority) ?? checkOrigin(request.headers, authority);
  };

  const serve = (request: IncomingMessage, response: ServerResponse, unmet?: Refusal): void => {
    running += 1;
    response.once('close', () => {
      running -= 1;
      if (running === 0) onIdle?.();
    });
    for (const [name, value] of Object.entries(kSecurityHeaders)) response.setHeader(name, value);
    if (options.log !== undefined) logWhenDone(options.log, page, request, response);
    const refusal = guard(request) ?? unmet ?? checkRoute(request.url, page);
    if (refusal !== undefined) refuse(response, refusal);
    else void routes(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
      // A missing Host is refused like a wrong one, with an envelope and our headers.
      requireHostHeader: false,
    },
    serve,
  );
  // Left alone, Node.js answers these itself: without a guard, our headers or a line in the log.
  server.on('checkExpectation', (request, response) => serve(request, response, kExpectation));
  server.maxConnections = kMaxConnections;
  server.on('connection', (socket) => strangers.add(socket));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const started = performance.now();
    let refusal = guard(request) ?? checkUpgrade(request, token, events);
    if (refusal === undefined && !events.accept(request, socket, head)) refusal = kNoHandshake;
    if (refusal === undefined) strangers.know(request.socket);
    else refuseRaw(socket, refusal);
    options.log?.(logLine(page, request, refusal?.status ?? 101, started));
  });
  server.on('clientError', (_error, socket) => {
    refuseRaw(socket, { status: 400, code: 'INVALID_REQUEST', message: 'The request is not valid HTTP.' });
  });

  // Before it listens: a room that refuses must not leave an open port behind, which would keep the process alive.
  const unsubscribe = kEventTypes.map((type) => options.room.on(type, (event) => events.send(event)));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, kAddress, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    for (const stop of unsubscribe) stop();
    throw error;
  }
  authority = `${kAddress}:${(server.address() as AddressInfo).port}`;

  const close = async (): Promise<void> => {
    for (const stop of unsubscribe) stop();
    events.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const timer = setTimeout(() => {
      events.terminate();
      server.closeAllConnections();
    }, kGraceMs);
    // Connections that hold no request, or never sent one, are not waited for.
    if (running > 0) await Promise.race([closed, new Promise<void>((resolve) => (onIdle = resolve))]);
    server.closeAllConnections();
    await closed;
    clearTimeout(timer);
  };
  return {
    url: `http://${authority}`,
    token: token.value,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** dist/settings, seen from dist/js/host or from js/host (tests run the sources). */
function builtPage(): string {
  const up = join(__dirname, '..', '..');
  return basename(up) === 'dist' ? join(up, 'settings') : join(up, 'dist', 'settings');
}

function buildRoutes(
  room: HostRoom,
  page: ReadonlyMap<string, PageFile>,
  token: Token,
  strangers: Strangers,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>({ getPath: (request) => pathOf(request.url) });

  app.post('/ipc', async (context) => {
    const refusal = checkBearer(context.req.header('authorization'), token);
    if (refusal !== undefined) return answer(context, refusal);
    strangers.know(context.env.incoming.socket);
    if (!/^application\/json(?:\s*;\s*charset=utf-8)?$/i.test(context.req.header('content-type') ?? '')) {
      const message = 'The content type must be application/json.';
      return answer(context, { status: 415, code: 'INVALID_REQUEST', message });
    }
    const request = await readIpcRequest(context.env.incoming);
    if ('status' in request) return answer(context, request);
    return context.json(await room.dispatch(kCaller, request.channel, request.payload));
  });
  app.get('/proof', (context) => {
    const nonce = context.req.query('nonce') ?? '';
    if (!/^[A-Za-z0-9_-]{43}$/.test(nonce)) {
      return answer(context, {
        status: 400,
        code: 'INVALID_REQUEST',
        message: 'The nonce must be 256 bits in base64url.',
      });
    }
    return context.json({ ok: true, value: { proof: token.proof(nonce) } });
  });
  app.all('/proof', (context) => answer(context, wrongMethod('GET')));
  app.all('/ipc', (context) => answer(context, wrongMethod('POST')));
  app.all('/events', (context) => answer(context, kEventsMethod));

  app.get('*', (context) => {
    const file = page.get(context.req.path);
    if (file === undefined) return answer(context, kNotFound);
    return context.body(file.bytes, 200, { 'Content-Type': file.type });
  });
  app.all('*', (context) => answer(context, wrongMethod('GET, HEAD')));
  // What was thrown may quote the request, so it is neither answered nor logged.
  app.onError((_error, context) =>
    answer(context, { status: 500, code: 'INTERNAL', message: 'The request failed inside the host.' }),
  );
  return app;
}

/**
 * Whether the request's target is a route, compared as it was sent: nothing has decoded, normalised or resolved it yet.
 */
function checkRoute(target = '', page: ReadonlyMap<string, PageFile>): Refusal | undefined {
  const path = target.replace(/\?.*/s, '');
  return kRoutes.has(path) || page.has(path) ? undefined : kNotFound;
}

/** The path of a URL, not decoded. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('//') + 2);
  const end = url.indexOf('?', start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}

function answer(context: Context, refusal: Refusal): Response {
  return context.body(refusalBody(refusal), refusal.status as 400, refusalHeaders(refusal));
}

function wrongMethod(allowed: string): Refusal {
  const allow = allowed.replace(/ \(.*/, '');
  return { status: 405, code: 'INVALID_REQUEST', message: `This route answers ${allowed} only.`, allow };
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, refusalHeaders(refusal));
  response.end(refusalBody(refusal));
}

/**
 * Refuses on a bare socket: before a request was understood, or instead of a WebSocket handshake. A peer that has read
 * the answer and keeps its own side open is cut off after a while: it would hold one of our few connections for ever.
 */
function refuseRaw(socket: Duplex, refusal: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = refusalBody(refusal);
  const headers = {
    ...kSecurityHeaders,
    ...refusalHeaders(refusal),
    'Content-Length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('')}\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), kGraceMs);
  socket.once('close', () => clearTimeout(timer));
}

function checkUpgrade(request: IncomingMessage, token: Token, events: EventStream): Refusal | undefined {
  if (request.url !== '/events') return kNotFound;
  if (request.method !== 'GET') return kEventsMethod;
  if (request.headers.origin === undefined) {
    return { status: 403, code: 'FORBIDDEN', message: 'The event stream needs the Origin of this host.' };
  }
  const refusal = checkProtocols(request.headers['sec-websocket-protocol'], token);
  if (refusal !== undefined) return refusal;
  return events.full ? { status: 503, code: 'CLOSED', message: 'Too many event streams are open.' } : undefined;
}

function logWhenDone(
  log: (line: string) => void,
  page: ReadonlyMap<string, PageFile>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const started = performance.now();
  response.once('close', () => log(logLine(page, request, response.statusCode, started)));
}

/** A line of the log. Of what the caller sent, it has only what is also ours: a route, a usual method. */
function logLine(
  page: ReadonlyMap<string, PageFile>,
  request: IncomingMessage,
  status: number,
  started: number,
): string {
  const path = (request.url ?? '').replace(/\?.*/s, '');
  const route = kRoutes.has(path) || page.has(path) ? path : '(other)';
  const method = /^(GET|HEAD|POST)$/.test(request.method ?? '') ? request.method : '(other)';
  return `${method} ${route} ${status} ${(performance.now() - started).toFixed(1)} ms`;
}
