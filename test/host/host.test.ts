import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { type ClientOptions, WebSocket } from 'ws';
import { type Host, type HostRoom, startHost } from '../../js/host/index.js';
import type { Strongroom } from '../../js/main/index.js';
import { builtPage, FileScope, formFound, newCanary, openHost, openRoom } from './support.js';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  envelope: { ok: boolean; value?: unknown; error?: { code: string; message: string; issues?: unknown[] } };
}

/** One exchange with every header chosen by the test; node:http adds none of its own but Connection. */
async function send(
  host: Host,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Answer> {
  const { hostname, port, host: authority } = new URL(host.url);
  const outgoing = request({
    hostname,
    port,
    method,
    path,
    setHost: false,
    agent: false,
    headers: { Host: authority, ...headers },
  });
  // A host that refuses while we still write closes the connection; its answer has arrived before that.
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    body: text,
    envelope: String(incoming.headers['content-type']).startsWith('application/json')
      ? JSON.parse(text)
      : { ok: false },
  };
}

function ipc(host: Host, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return send(
    host,
    'POST',
    '/ipc',
    { Authorization: `Bearer ${host.token}`, 'Content-Type': 'application/json', ...headers },
    text,
  );
}

const kStatus = { channel: 'status.get', payload: {} };

function protocols(token: string): string[] {
  return ['strongroom.events.v1', `strongroom.token.${token}`];
}

function events(host: Host, options: ClientOptions & { token?: string; path?: string } = {}): WebSocket {
  const { token = host.token, path = '/events', ...rest } = options;
  return new WebSocket(`${host.url.replace('http', 'ws')}${path}`, protocols(token), { origin: host.url, ...rest });
}

/** The status with which a handshake was refused; 101 if it was not. */
async function refusal(socket: WebSocket): Promise<number> {
  return await new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (outgoing, response) => {
      outgoing.destroy();
      resolve(response.statusCode ?? 0);
    });
  });
}

/** The next event of a type; the first secret also unlocks the store. */
function nextEvent(socket: WebSocket, type: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    socket.on('message', (data) => {
      const event = JSON.parse(String(data)) as Record<string, unknown>;
      if (event.type === type) resolve(event);
    });
  });
}

const file = new FileScope();
let room: Strongroom;
let page: string;
let host: Host;

before(async () => {
  room = await openRoom(file);
  page = await builtPage();
  host = await openHost(file, { room, page });
});

test('the page and its files are served under headers that let nothing in', async () => {
  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/index.html', 'text/html; charset=utf-8'],
    ['/main.js', 'text/javascript; charset=utf-8'],
    ['/strongroom-settings.js', 'text/javascript; charset=utf-8'],
    ['/page.css', 'text/css; charset=utf-8'],
  ] as const) {
    const answer = await send(host, 'GET', path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers['content-type'], type);
    assert.ok(answer.body.length > 50);
    assert.equal(
      answer.headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(answer.headers.server, undefined);
    assert.equal(answer.headers['x-powered-by'], undefined);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  }
});

test('refusals carry the same headers as the page', async () => {
  for (const answer of [
    await send(host, 'GET', '/nothing'),
    await send(host, 'GET', '/', { Host: 'evil.example' }),
    await ipc(host, kStatus, { Authorization: '' }),
    await ipc(host, kStatus),
  ]) {
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.match(String(answer.headers['content-type']), /^application\/json/);
  }
});

test('the core is reached with the token and answers with its envelope', async () => {
  const answer = await ipc(host, kStatus);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.envelope, { ok: true, value: room.status() });
});

test('what the core refuses travels with 200: the exchange itself worked', async () => {
  const unknown = await ipc(host, { channel: 'no.such', payload: {} });
  assert.equal(unknown.status, 200);
  assert.equal(unknown.envelope.error?.code, 'UNKNOWN_CHANNEL');
  const gone = await ipc(host, { channel: 'secrets.get', payload: { id: `sec_${'0'.repeat(26)}` } });
  assert.equal(gone.status, 200);
  assert.equal(gone.envelope.error?.code, 'NOT_FOUND');
});

test('the caller is the settings page, whatever the payload claims', async () => {
  const answer = await ipc(host, { channel: 'status.get', payload: { role: 'core' } });
  assert.equal(answer.envelope.error?.code, 'INVALID_REQUEST');
  const extra = await ipc(host, { channel: 'status.get', payload: {}, role: 'core' });
  assert.equal(extra.status, 400);
  assert.equal(extra.envelope.error?.code, 'INVALID_REQUEST');
});

test('a token is 256 bits and different at every start', async (t) => {
  assert.match(host.token, /^[A-Za-z0-9_-]{43}$/);
  const other = await openHost(t, { room, page });
  assert.notEqual(other.token, host.token);
  assert.equal((await ipc(host, kStatus, { Authorization: `Bearer ${other.token}` })).status, 401);
});

test('without the exact token nothing is asked of the core', async () => {
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${host.token.slice(0, -1)}`,
    `Bearer ${host.token}A`,
    `Bearer ${host.token.toLowerCase()}`,
    `bearer ${host.token}`,
    `Basic ${host.token}`,
    host.token,
  ]) {
    const answer = await ipc(host, kStatus, { Authorization: authorization });
    assert.equal(answer.status, 401, authorization.length.toString());
    assert.equal(answer.envelope.error?.code, 'FORBIDDEN');
    assert.ok(!answer.body.includes(host.token));
  }
});

test('the host proves that it has the token, to whoever has it too', async () => {
  const nonce = randomBytes(32).toString('base64url');
  const answer = await send(host, 'GET', `/proof?nonce=${nonce}`);
  const expected = createHmac('sha256', host.token).update(`strongroom/host/v1 ${nonce}`).digest('base64url');
  assert.deepEqual(answer.envelope, { ok: true, value: { proof: expected } });
  for (const query of ['', '?nonce=', `?nonce=${nonce}A`, `?nonce=${'%41'.repeat(14)}`, `?nonce=${'='.repeat(43)}`]) {
    assert.equal((await send(host, 'GET', `/proof${query}`)).status, 400, query);
  }
});

test('Host must be exactly the address of the host', async () => {
  const { port } = new URL(host.url);
  for (const name of [
    `localhost:${port}`,
    '127.0.0.1',
    `127.0.0.1:${Number(port) + 1}`,
    `evil.example:${port}`,
    `[::1]:${port}`,
    `127.1:${port}`,
    `evil127.0.0.1:${port}`,
    `127.0.0.1:${port}0`,
  ]) {
    for (const answer of [await send(host, 'GET', '/', { Host: name }), await ipc(host, kStatus, { Host: name })]) {
      assert.equal(answer.status, 421, name);
      assert.equal(answer.envelope.error?.code, 'FORBIDDEN');
    }
  }
});

test('a request without Host, or with another target than a path, is refused with an envelope', async () => {
  const { port, host: authority } = new URL(host.url);
  for (const [head, status] of [
    ['GET / HTTP/1.1', 421],
    [`GET * HTTP/1.1\r\nHost: ${authority}`, 404],
    [`GET /. HTTP/1.1\r\nHost: ${authority}`, 404],
    [`GET /x/../main.js HTTP/1.1\r\nHost: ${authority}`, 404],
    [`GET /\\..\\main.js HTTP/1.1\r\nHost: ${authority}`, 404],
    [`GET http://evil.example/main.js HTTP/1.1\r\nHost: ${authority}`, 404],
  ] as const) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(`${head}\r\nConnection: close\r\n\r\n`);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${head}: ${answer.slice(0, 40)}`);
    assert.match(answer, /X-Content-Type-Options: nosniff/);
    assert.match(answer, /\{"ok":false,"error":/);
  }
});

test('what Node.js and ws would answer themselves is answered and logged like everything else', async (t) => {
  const lines: string[] = [];
  const logged = await openHost(t, { room, page, log: (line) => lines.push(line) });
  const { port, host: authority } = new URL(logged.url);
  const expects = 'Expect: canary';
  const upgrade =
    `Host: ${authority}\r\nOrigin: ${logged.url}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${protocols(logged.token).join(', ')}`;
  for (const [head, status, line] of [
    [`GET / HTTP/1.1\r\nHost: ${authority}\r\n${expects}`, 417, 'GET / 417 '],
    [`GET / HTTP/1.1\r\nHost: evil.example\r\n${expects}`, 421, 'GET / 421 '],
    [`GET / HTTP/1.1\r\nHost: ${authority}\r\nOrigin: http://evil.example\r\n${expects}`, 403, 'GET / 403 '],
    [`GET /events HTTP/1.1\r\n${upgrade}\r\nSec-WebSocket-Key: canary`, 400, 'GET /events 400 '],
    [`POST /events HTTP/1.1\r\n${upgrade}`, 405, 'POST /events 405 '],
    [`GET /canary HTTP/1.1\r\n${upgrade}`, 404, 'GET (other) 404 '],
  ] as const) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(`${head}\r\n\r\n`);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${head}: ${answer.slice(0, 40)}`);
    assert.match(answer, /\r\nContent-Security-Policy: default-src 'none'/);
    assert.match(answer, /\{"ok":false,"error":/);
    assert.equal(/\r\nAllow: (.*)\r\n/.exec(answer)?.[1], status === 405 ? 'GET' : undefined);
    assert.ok(lines.at(-1)?.startsWith(line), `${lines.at(-1)} for ${line}`);
    assert.ok(!(answer + lines).includes('canary'));
  }
  const stream = events(logged);
  await once(stream, 'open');
  assert.match(lines.at(-1) ?? '', /^GET \/events 101 /);
  assert.ok(!lines.join().includes(logged.token));
});

test('a refused peer that keeps its side of the connection open is cut off', async () => {
  const { port, host: authority } = new URL(host.url);
  const handshake = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13';
  for (const text of ['GARBAGE', `GET /events HTTP/1.1\r\nHost: ${authority}\r\n${handshake}`]) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    socket.write(`${text}\r\n\r\n`);
    socket.resume();
    await once(socket, 'end');
    // The kernel says that nobody listens any more only to who writes.
    const writing = setInterval(() => socket.write('x'), 50);
    const [error] = await once(socket, 'error').catch((thrown) => [thrown]);
    clearInterval(writing);
    assert.match(error.code, /^(ECONNRESET|EPIPE)$/);
  }
});

test('other origins and sites are refused, our own page is not', async () => {
  for (const origin of [
    'null',
    'http://evil.example',
    host.url.replace('http', 'https'),
    `${host.url}/`,
    'http://localhost',
  ]) {
    assert.equal((await ipc(host, kStatus, { Origin: origin })).status, 403, origin);
  }
  for (const site of ['cross-site', 'same-site', 'nonsense']) {
    assert.equal((await ipc(host, kStatus, { 'Sec-Fetch-Site': site })).status, 403, site);
  }
  assert.equal((await ipc(host, kStatus, { Origin: host.url, 'Sec-Fetch-Site': 'same-origin' })).status, 200);
});

test('a link to the page may be followed from anywhere, but nothing of it embedded', async () => {
  const navigation = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  assert.equal((await send(host, 'GET', '/', navigation)).status, 200);
  assert.equal((await send(host, 'GET', '/', { ...navigation, 'Sec-Fetch-Dest': 'iframe' })).status, 403);
  assert.equal(
    (await send(host, 'GET', '/main.js', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' })).status,
    403,
  );
});

test('only JSON is read', async () => {
  for (const type of [
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json; charset=latin1',
    'application/jsonp',
  ]) {
    const answer = await ipc(host, kStatus, { 'Content-Type': type });
    assert.equal(answer.status, 415, type);
    assert.equal(answer.envelope.error?.code, 'INVALID_REQUEST');
  }
  assert.equal((await ipc(host, kStatus, { 'Content-Type': 'Application/JSON; charset=UTF-8' })).status, 200);
});

test('bodies that are not the expected JSON are refused without being quoted', async () => {
  const canary = newCanary();
  const bodies = [
    `{"channel":"secrets.create","payload":{"value":"${canary}"`,
    canary,
    '',
    'null',
    '[]',
    '"status.get"',
    `{"channel":5,"payload":"${canary}"}`,
    `{"payload":"${canary}"}`,
    `{"channel":"status.get","payload":{},"${canary}":1}`,
    `{"channel":"status.get","payload":{},"__proto__":{"a":"${canary}"}}`,
    Buffer.concat([
      Buffer.from('{"channel":"status.get","payload":{"a":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}}'),
    ]),
  ];
  for (const body of bodies) {
    const answer = await ipc(host, body);
    assert.equal(answer.status, 400);
    assert.equal(answer.envelope.error?.code, 'INVALID_REQUEST');
    assert.equal(formFound(answer.body, canary), undefined);
  }
});

test('__proto__ in a payload reaches the core as a key like any other, and is refused there', async () => {
  const answer = await ipc(host, '{"channel":"status.get","payload":{"__proto__":{"admin":true}}}');
  assert.equal(answer.status, 200);
  assert.equal(answer.envelope.error?.code, 'INVALID_REQUEST');
});

test('deep nesting ends in a refusal of the core, not in a crash', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const answer = await ipc(host, `{"channel":"status.get","payload":${deep}}`);
  assert.equal(answer.envelope.error?.code, 'LIMIT_EXCEEDED');
});

test('a body over 1 MiB is refused by its announced length before it is sent', async () => {
  const { hostname, port, host: authority } = new URL(host.url);
  const outgoing = request({
    hostname,
    port,
    method: 'POST',
    path: '/ipc',
    agent: false,
    headers: {
      Host: authority,
      Authorization: `Bearer ${host.token}`,
      'Content-Type': 'application/json',
      'Content-Length': 1024 * 1024 + 1,
    },
  });
  outgoing.on('error', () => undefined);
  outgoing.flushHeaders();
  const [incoming] = await once(outgoing, 'response');
  assert.equal(incoming.statusCode, 413);
  outgoing.destroy();
});

test('a body without a length is refused once more than 1 MiB of it has come', async () => {
  const { hostname, port, host: authority } = new URL(host.url);
  const outgoing = request({
    hostname,
    port,
    method: 'POST',
    path: '/ipc',
    agent: false,
    headers: { Host: authority, Authorization: `Bearer ${host.token}`, 'Content-Type': 'application/json' },
  });
  outgoing.on('error', () => undefined);
  const answered = once(outgoing, 'response');
  const piece = Buffer.alloc(64 * 1024, 0x20);
  let sent = 0;
  const feed = setInterval(() => {
    outgoing.write(piece);
    sent += piece.length;
  }, 1);
  const [incoming] = await answered;
  clearInterval(feed);
  let text = '';
  for await (const chunk of incoming) text += chunk;
  outgoing.destroy();
  assert.equal(incoming.statusCode, 413);
  assert.equal(JSON.parse(text).error.code, 'LIMIT_EXCEEDED');
  assert.ok(sent > 1024 * 1024 && sent < 16 * 1024 * 1024);
});

test('a body of exactly 1 MiB is read', async () => {
  const text = JSON.stringify(kStatus);
  const answer = await ipc(host, text + ' '.repeat(1024 * 1024 - text.length));
  assert.equal(answer.status, 200);
  assert.equal((await ipc(host, text + ' '.repeat(1024 * 1024 - text.length + 1))).status, 413);
});

test('paths that are not routes are not found, and not echoed', async () => {
  for (const path of [
    '/package.json',
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2fpackage.json',
    '//etc/passwd',
    '/index.html/',
    '/INDEX.HTML',
    '/canary-path',
    '/main.js%00',
  ]) {
    const answer = await send(host, 'GET', path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.envelope.error?.code, 'NOT_FOUND');
    assert.ok(!answer.body.includes('canary-path'));
  }
});

test('routes answer their own method only', async () => {
  for (const [method, path, allow] of [
    ['GET', '/ipc', 'POST'],
    ['PUT', '/ipc', 'POST'],
    ['OPTIONS', '/ipc', 'POST'],
    ['POST', '/', 'GET, HEAD'],
    ['DELETE', '/main.js', 'GET, HEAD'],
    ['POST', '/proof', 'GET'],
    ['GET', '/events', 'GET'],
  ] as const) {
    const answer = await send(host, method, path);
    assert.equal(answer.status, 405, `${method} ${path}`);
    assert.equal(answer.headers.allow, allow);
  }
  const head = await send(host, 'HEAD', '/');
  assert.equal(head.status, 200);
  assert.equal(head.body, '');
});

test('what is not HTTP gets a coded refusal', async () => {
  const socket = connect(Number(new URL(host.url).port), '127.0.0.1');
  socket.end('canary not http\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  assert.match(text, /^HTTP\/1\.1 400 /);
  assert.match(text, /"code":"INVALID_REQUEST"/);
  assert.ok(!text.includes('canary'));
});

test('only 127.0.0.1 is listened on', async () => {
  const socket = connect(Number(new URL(host.url).port), '127.0.0.2');
  await assert.rejects(once(socket, 'connect'), { code: 'ECONNREFUSED' });
});

test('a port that is taken is an error with its code', async () => {
  await assert.rejects(openHost(file, { room, page, port: Number(new URL(host.url).port) }), { code: 'EADDRINUSE' });
});

test('a room that is none, or refuses, is an error that leaves no open port', async () => {
  for (const given of [undefined, {}, { room: {} }, { room: { dispatch: () => undefined } }]) {
    await assert.rejects(startHost({ page, ...given } as never), { name: 'StrongroomError', code: 'INVALID_REQUEST' });
  }
  await assert.rejects(startHost(undefined as never), { name: 'StrongroomError', code: 'INVALID_REQUEST' });
  // A process that has a port open does not end.
  const program = `const { startHost } = require('./js/host/index.ts');
const room = { dispatch() {}, on() { throw new Error('of the room'); } };
startHost({ room, page: ${JSON.stringify(page)} }).catch((error) => console.log(error.message));`;
  const options = { cwd: join(__dirname, '../..'), timeout: 60_000 };
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--eval', program], options);
  assert.equal(stdout, 'of the room\n');
});

test('a host that gets no port listens to the room no longer', async () => {
  let listeners = 0;
  const counted: HostRoom = {
    on: (type, listener) => {
      const stop = room.on(type, listener);
      listeners += 1;
      return () => {
        listeners -= 1;
        stop();
      };
    },
    dispatch: room.dispatch.bind(room),
  };
  const taken = Number(new URL(host.url).port);
  await assert.rejects(startHost({ room: counted, page, port: taken }), { code: 'EADDRINUSE' });
  assert.equal(listeners, 0);
});

test('a folder without a page is refused at start', async () => {
  await assert.rejects(openHost(file, { room, page: '/var/empty/none' }));
});

test('the event stream is refused without token, Origin or the right path', async () => {
  assert.equal(await refusal(events(host, { token: 'A'.repeat(43) })), 401);
  assert.equal(await refusal(events(host, { token: '' })), 401);
  assert.equal(await refusal(events(host, { origin: 'http://evil.example' })), 403);
  assert.equal(await refusal(events(host, { path: '/ipc' })), 404);
  assert.equal(await refusal(events(host, { headers: { 'Sec-Fetch-Site': 'cross-site' } })), 403);
  assert.equal(await refusal(events(host, { headers: { Host: 'evil.example' } })), 421);
  assert.equal(await refusal(new WebSocket(`${host.url.replace('http', 'ws')}/events`, protocols(host.token))), 403);
  assert.equal(await refusal(new WebSocket(`${host.url.replace('http', 'ws')}/events`, { origin: host.url })), 401);
});

test('changes are told to every open stream; the token is never among what comes back', async () => {
  const sockets = [events(host), events(host)];
  let upgrade = '';
  sockets[0]?.on('upgrade', (response) => {
    upgrade = JSON.stringify(response.headers);
  });
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  assert.equal(sockets[0]?.protocol, 'strongroom.events.v1');
  assert.ok(upgrade.length > 0 && !upgrade.includes(host.token));
  const heard = sockets.map((socket) => nextEvent(socket, 'changed'));
  const value = newCanary();
  const answer = await ipc(host, {
    channel: 'secrets.create',
    payload: { name: value.slice(-8), kind: 'api_key', value },
  });
  const { id } = answer.envelope.value as { id: string };
  for (const message of await Promise.all(heard)) {
    assert.deepEqual(message, { type: 'changed', entity: 'secret', id, change: 'created' });
  }
  for (const socket of sockets) socket.terminate();
});

test('a stream that is spoken to is closed', async () => {
  const talker = events(host);
  await once(talker, 'open');
  talker.send('hello');
  assert.equal((await once(talker, 'close'))[0], 1008);
  const shouter = events(host);
  await once(shouter, 'open');
  shouter.send('x'.repeat(10_000));
  assert.equal((await once(shouter, 'close'))[0], 1009);
});

test('there is a limit on open streams', async (t) => {
  const small = await openHost(t, { room, page });
  const sockets = Array.from({ length: 32 }, () => events(small));
  await Promise.all(sockets.map((socket) => once(socket, 'open')));
  assert.equal(await refusal(events(small)), 503);
  const closed = sockets[0] === undefined ? undefined : once(sockets[0], 'close');
  sockets[0]?.close();
  await closed;
  const again = events(small);
  await once(again, 'open');
  for (const socket of [...sockets, again]) socket.terminate();
});

test('connections without the token keep out nobody who has it', async (t) => {
  let reach = (): void => undefined;
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: HostRoom = {
    on: (type, listener) => room.on(type, listener),
    dispatch: async (caller, channel, payload) => {
      reach();
      await released;
      return room.dispatch(caller, channel, payload);
    },
  };
  const crowded = await openHost(t, { room: slow, page });
  const { hostname, port, host: authority } = new URL(crowded.url);
  const stream = events(crowded);
  await once(stream, 'open');
  const running = ipc(crowded, kStatus);
  await reached;

  const held: Socket[] = [];
  t.after(() => {
    for (const socket of held) socket.destroy();
  });
  for (let count = 0; count < 200; count += 1) {
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    held.push(socket);
    await once(socket, 'connect');
    socket.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\nX-Slow: `);
  }
  assert.equal((await send(crowded, 'GET', '/')).status, 200);
  release();
  assert.equal((await ipc(crowded, kStatus)).status, 200);
  assert.equal((await running).status, 200);
  assert.equal(stream.readyState, WebSocket.OPEN);
  stream.terminate();
});

test('a value that was saved comes back in no response, event or log line', async (t) => {
  const lines: string[] = [];
  const logged = await openHost(t, { room, page, log: (line) => lines.push(line) });
  const listener = events(logged);
  const frames: string[] = [];
  listener.on('message', (data) => frames.push(String(data)));
  await once(listener, 'open');
  const canary = newCanary();
  const answers = [
    await ipc(logged, {
      channel: 'secrets.create',
      payload: { name: 'Canary', kind: 'api_key', value: canary, envKey: 'CANARY' },
    }),
  ];
  const id = (answers[0]?.envelope.value as { id: string } | undefined)?.id;
  const second = newCanary();
  answers.push(
    await ipc(logged, { channel: 'secrets.replaceValue', payload: { id, value: second } }),
    await ipc(logged, { channel: 'secrets.create', payload: { name: 'Canary', kind: 'api_key', value: canary } }),
    await ipc(logged, {
      channel: 'secrets.create',
      payload: { name: '', kind: canary, value: canary, other: canary },
    }),
    await ipc(logged, { channel: canary, payload: { value: canary } }),
    await ipc(logged, { channel: 'secrets.list', payload: {} }),
    await ipc(logged, { channel: 'secrets.get', payload: { id } }),
    await ipc(logged, { channel: 'audit.list', payload: {} }),
    await ipc(logged, { channel: 'secrets.delete', payload: { id } }),
    await send(logged, 'GET', `/${canary}`),
  );
  assert.ok(answers[1]?.envelope.ok && answers[5]?.envelope.ok && answers[7]?.envelope.ok);
  const everything = [
    ...answers.map((answer) => answer.body + JSON.stringify(answer.headers)),
    ...frames,
    ...lines,
  ].join('\n');
  for (const value of [canary, second]) assert.equal(formFound(everything, value), undefined);
  assert.ok(lines.some((line) => /^POST \/ipc 200 /.test(line)));
  assert.ok(lines.every((line) => !line.includes(logged.token)));
  listener.terminate();
});

test('closing ends streams, finishes running requests, frees the port, and may be done twice', async () => {
  let reach: () => void;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const slow: HostRoom = {
    on: (type, listener) => room.on(type, listener),
    dispatch: (caller, channel, payload) => {
      reach();
      return room.dispatch(caller, channel, payload);
    },
  };
  const closing = await openHost(file, { room: slow, page });
  const stream = events(closing);
  await once(stream, 'open');
  const gone = once(stream, 'close');
  const idle = connect(Number(new URL(closing.url).port), '127.0.0.1');
  await once(idle, 'connect');
  const running = ipc(closing, { channel: 'audit.verify', payload: {} });
  await reached;
  const started = performance.now();
  await Promise.all([closing.close(), closing.close()]);
  assert.ok(performance.now() - started < 1_500);
  assert.equal((await running).envelope.ok, true);
  assert.equal((await gone)[0], 1001);
  idle.destroy();
  const again = await openHost(file, { room, page, port: Number(new URL(closing.url).port) });
  assert.equal((await ipc(again, kStatus)).status, 200);
  await again.close();
});
