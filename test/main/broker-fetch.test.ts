import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import tls from 'node:tls';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import {
  brokerRequest,
  isThisMachine,
  type RequestCredential,
  type RequestPlan,
  sendRequest,
} from '../../js/main/broker-fetch.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, type Scope, temporaryDir } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { run } from '../support/process.js';

/** Starts a server on this machine that goes with its test; its port. */
async function listen(scope: Scope, server: Server | TcpServer, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  afterwards(scope, () => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  body: string;
}

/** A service that keeps what it was sent, and answers with `answer` (by default: nothing, 200). */
async function service(
  scope: Scope,
  answer: RequestListener = (_request, response) => response.end(),
): Promise<{ origin: string; port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { method, url, headers, rawHeaders } = request;
      seen.push({ method, url, headers, rawHeaders, body: Buffer.concat(pieces).toString() });
      answer(request, response);
    });
  });
  const port = await listen(scope, server);
  return { origin: `http://127.0.0.1:${port}`, port, seen };
}

/** A service that answers with these bytes, whatever it is asked, and keeps the connection. */
async function rawService(scope: Scope, bytes: string): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}); // the client hangs up
    socket.once('data', () => socket.write(bytes));
    afterwards(scope, () => socket.destroy());
  });
  return `http://127.0.0.1:${await listen(scope, server)}`;
}

function bearer(secret: string): RequestCredential {
  return { type: 'header', name: 'authorization', value: Buffer.from(`Bearer ${secret}`) };
}

/** A plan for `url`, with whatever else is to be different. */
function plan(url: string, more: Partial<RequestPlan> = {}): RequestPlan {
  return {
    url,
    origin: new URL(url).origin,
    method: 'GET',
    headers: [],
    credential: bearer('s3cret'),
    loopback: true,
    timeoutMs: 10_000,
    maxBytes: 1000,
    ...more,
  };
}

/** Answers for the server of names. */
function names(...addresses: string[]) {
  let asked = 0;
  return {
    asked: () => asked,
    lookup: (
      _name: string,
      _options: { all: true },
      done: (error: null, found: { address: string; family: number }[]) => void,
    ) => {
      asked += 1;
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    },
  };
}

test('a request goes out as planned, with the credential and nothing of this process', async (t) => {
  const { origin, port, seen } = await service(t, (_request, response) => {
    response.writeHead(201, [
      ['X-A', '1'],
      ['x-a', '2'],
    ] as never);
    response.end('created');
  });
  const secret = canary();
  const answer = await sendRequest(
    plan(`${origin}/things?a=1`, {
      method: 'POST',
      headers: [
        ['content-type', 'application/json'],
        ['x-name', 'café'],
      ],
      body: Buffer.from('{}'),
      credential: bearer(secret),
    }),
  );
  assert.equal(answer.status, 201);
  assert.equal(answer.body.toString(), 'created');
  assert.deepEqual(
    answer.headers.filter(([name]) => name.toLowerCase() === 'x-a'),
    [
      ['X-A', '1'],
      ['x-a', '2'],
    ],
  );
  assert.deepEqual(seen, [
    {
      method: 'POST',
      url: '/things?a=1',
      headers: {
        host: `127.0.0.1:${port}`,
        connection: 'close',
        'accept-encoding': 'identity',
        'content-length': '2',
        authorization: `Bearer ${secret}`,
        'content-type': 'application/json',
        'x-name': 'café',
      },
      rawHeaders: seen[0]?.rawHeaders,
      body: '{}',
    },
  ]);
  assert.equal(seen[0]?.rawHeaders.length, 2 * 7);
});

test('a credential for the query stands behind what is there', async (t) => {
  const { origin, seen } = await service(t);
  const credential: RequestCredential = { type: 'query', value: Buffer.from('api%20key=a%26b') };
  for (const target of ['/', '/?', '/a?b=1', '/a?b=1&']) await sendRequest(plan(`${origin}${target}`, { credential }));
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/?api%20key=a%26b', '/?api%20key=a%26b', '/a?b=1&api%20key=a%26b', '/a?b=1&api%20key=a%26b'],
  );
  assert.ok(seen.every(({ headers }) => headers.authorization === undefined));
  for (const value of ['a=b&c=d', 'a=b#', 'a=b c', 'a', 'a=b\r\nx: y']) {
    await failsWith(
      'INVALID_REQUEST',
      sendRequest(plan(`${origin}/`, { credential: { type: 'query', value: Buffer.from(value) } })),
    );
  }
  assert.equal(seen.length, 4);
});

test('a header of ISO 8859-1 is sent byte for byte', async (t) => {
  const { origin, seen } = await service(t);
  const credential: RequestCredential = { type: 'header', name: 'x-key', value: Buffer.from('caf\xe9', 'latin1') };
  await sendRequest(plan(`${origin}/`, { credential }));
  assert.equal(seen[0]?.headers['x-key'], 'caf\xe9');
});

test('what the core asks for is sent, with its body decoded', async (t) => {
  const { origin, seen } = await service(t, (_request, response) => response.end('ok'));
  const message = {
    url: `${origin}/`,
    origin,
    method: 'PUT',
    headers: { 'x-a': '1' },
    body: Buffer.from('bytes').toString('base64'),
    bodyEncoding: 'base64',
    credential: { type: 'header', name: 'x-key' },
    loopback: true,
    timeoutMs: 10_000,
    maxBytes: 100,
  };
  const { signal } = new AbortController();
  const answer = await brokerRequest(message, { credential: Buffer.from('s3cret') }, signal);
  assert.equal(answer.body.toString(), 'ok');
  assert.deepEqual([seen[0]?.body, seen[0]?.headers['x-key'], seen[0]?.headers['x-a']], ['bytes', 's3cret', '1']);
  await failsWith('INTERNAL', brokerRequest(message, {}, signal));
});

test('a redirect is an answer: the credential goes to no other place, and not twice to the same', async (t) => {
  const secret = canary();
  const other = await service(t);
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [`${other.origin}/stolen`, '/elsewhere', `//127.0.0.1:${other.port}/`]) {
      const { origin, seen } = await service(t, (_request, response) => {
        response.writeHead(status, { location });
        response.end();
      });
      const answer = await sendRequest(plan(`${origin}/`, { credential: bearer(secret) }));
      assert.equal(answer.status, status);
      assert.deepEqual(
        answer.headers.find(([name]) => name === 'location'),
        ['location', location],
      );
      assert.equal(seen.length, 1);
    }
  }
  assert.deepEqual(other.seen, []);
});

test('a URL that Node.js would read in another way is refused', async (t) => {
  const { origin, port, seen } = await service(t);
  for (const url of [
    `${origin}`,
    `${origin}/a/../b`,
    `${origin}/a b`,
    `${origin}/\\b`,
    `${origin}/#f`,
    `http://user@127.0.0.1:${port}/`,
    `HTTP://127.0.0.1:${port}/`,
    `http://127.1:${port}/`,
    `http://127.0.0.1:0${port}/`,
    `${origin}/\t`,
    ` ${origin}/`,
    `${origin}/é`,
    `${origin}/?'`,
    '/a',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    '',
  ]) {
    await failsWith('ORIGIN_NOT_ALLOWED', sendRequest({ ...plan(`${origin}/`), url }));
  }
  // Another origin than the one that was allowed.
  await failsWith('ORIGIN_NOT_ALLOWED', sendRequest(plan(`${origin}/`, { origin: 'http://127.0.0.1:1' })));
  assert.deepEqual(seen, []);
});

test('this machine is reached only where the provider says so, under whatever name', async (t) => {
  const { origin, port, seen } = await service(t);
  await failsWith('ORIGIN_NOT_ALLOWED', sendRequest(plan(`${origin}/`, { loopback: false })));
  for (const host of ['localhost', '127.0.0.1', '[::1]', '[::ffff:7f00:1]', '0.0.0.0']) {
    await failsWith('ORIGIN_NOT_ALLOWED', sendRequest(plan(`https://${host}:${port}/`, { loopback: false })));
  }
  for (const addresses of [['127.0.0.1'], ['::1'], ['0.0.0.0'], ['192.0.2.1', '127.0.0.1'], ['::ffff:127.0.0.1']]) {
    const { lookup } = names(...addresses);
    await failsWith(
      'ORIGIN_NOT_ALLOWED',
      sendRequest(plan(`https://api.example:${port}/`, { loopback: false }), undefined, { lookup }),
    );
  }
  // Without TLS nothing else is reached.
  const { lookup } = names('192.0.2.1');
  await failsWith('ORIGIN_NOT_ALLOWED', sendRequest(plan('http://api.example/'), undefined, { lookup }));
  await failsWith('ORIGIN_NOT_ALLOWED', sendRequest(plan('http://192.0.2.1/')));
  assert.deepEqual(seen, []);
  await sendRequest(plan(`http://localhost:${port}/`));
  assert.equal(seen.length, 1);
});

test('a name is looked up once: the connection goes to the address that was checked', async (t) => {
  const { port, seen } = await service(t);
  const server = names('127.0.0.1');
  await sendRequest(plan(`http://api.example:${port}/`), undefined, server);
  assert.equal(server.asked(), 1);
  assert.equal(seen[0]?.headers.host, `api.example:${port}`);
});

test('addresses of this machine are told from others', () => {
  for (const address of [
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '::1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:0.0.0.0',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '::ffff:0:7f00:1',
    '2002:7f00:1::',
    '2002:1:2::',
    '::1%lo',
    'no address',
    '',
  ]) {
    assert.equal(isThisMachine(address), true, address);
  }
  for (const address of [
    '128.0.0.1',
    '126.255.255.255',
    '10.0.0.1',
    '192.0.2.1',
    '1.0.0.0',
    '::ffff:192.0.2.1',
    '2001:db8::1',
    'fe80::1%eth0',
    '64:ff9b::c000:201',
    '2002:c000:201::',
  ]) {
    assert.equal(isThisMachine(address), false, address);
  }
});

test('headers that would begin another line, or belong to the connection, are refused', async (t) => {
  const { origin, seen } = await service(t);
  const secret = canary();
  for (const header of [
    ['x-a', `${secret}\r\nx-b: 1`],
    ['x-a', `${secret}\n`],
    ['x-a', `${secret}\0`],
    ['x-a', `${secret}€`],
    [`x-a: ${secret}\r\nx-b`, '1'],
    ['', secret],
    ['host', 'other.example'],
    ['Host', 'other.example'],
    ['Connection', 'keep-alive'],
    ['content-length', '5'],
    ['Transfer-Encoding', 'chunked'],
    ['accept-encoding', 'gzip'],
    ['Authorization', 'Bearer other'],
  ] as [string, string][]) {
    const error = await failsWith('INVALID_REQUEST', sendRequest(plan(`${origin}/`, { headers: [header] })));
    assert.equal(containsCanary(Buffer.from(error.stack ?? ''), secret), undefined);
  }
  const twice: [string, string][] = [
    ['x-a', '1'],
    ['X-A', '2'],
  ];
  await failsWith('INVALID_REQUEST', sendRequest(plan(`${origin}/`, { headers: twice })));
  for (const value of [`${secret}\r\nx: y`, `${secret}\n`]) {
    const credential = bearer(value);
    const error = await failsWith('INVALID_REQUEST', sendRequest(plan(`${origin}/`, { credential })));
    assert.equal(containsCanary(Buffer.from(error.stack ?? ''), secret), undefined);
  }
  for (const name of ['Host', 'transfer-encoding', 'a b']) {
    const credential: RequestCredential = { type: 'header', name, value: Buffer.from(secret) };
    await failsWith('INVALID_REQUEST', sendRequest(plan(`${origin}/`, { credential })));
  }
  for (const method of ['GET /x HTTP/1.1\r\nx: y', 'a b']) {
    await failsWith('INVALID_REQUEST', sendRequest(plan(`${origin}/`, { method })));
  }
  assert.deepEqual(seen, []);
});

test('a service that is slow, with its first byte or with the rest, is given up', async (t) => {
  const silent = createTcpServer(() => {});
  const answers = [
    `http://127.0.0.1:${await listen(t, silent)}`,
    await rawService(t, 'HTTP/1.1 200 OK\r\n'),
    await rawService(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345'),
    await rawService(t, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n'),
    await rawService(t, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
  ];
  for (const origin of answers) await failsWith('TIMEOUT', sendRequest(plan(`${origin}/`, { timeoutMs: 50 })));
  // The name server too.
  const never = { lookup: () => {} };
  await failsWith('TIMEOUT', sendRequest(plan('http://api.example/', { timeoutMs: 50 }), undefined, never));
});

test('a body is read up to its limit, and no further', async (t) => {
  const { origin } = await service(t, (request, response) => {
    const size = Number(request.url?.slice(1));
    if (request.headers['x-length']) response.setHeader('content-length', size);
    response.end(Buffer.alloc(size, 'x'));
  });
  for (const headers of [[], [['x-length', '1']]] as [string, string][][]) {
    assert.equal((await sendRequest(plan(`${origin}/1000`, { headers }))).body.length, 1000);
    await failsWith('LIMIT_EXCEEDED', sendRequest(plan(`${origin}/1001`, { headers })));
    await failsWith('LIMIT_EXCEEDED', sendRequest(plan(`${origin}/50000000`, { headers })));
  }
  // One that never ends.
  const endless = await service(t, (_request, response) => {
    const more = (): boolean => response.write(Buffer.alloc(65536)) && !response.destroyed && more();
    response.on('drain', more);
    more();
  });
  await failsWith('LIMIT_EXCEEDED', sendRequest(plan(`${endless.origin}/`)));
  const verbose = await rawService(t, `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`);
  await failsWith('LIMIT_EXCEEDED', sendRequest(plan(`${verbose}/`)));
});

test('a service that sends crumbs is given up', async (t) => {
  const hints = (count: number) => 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(count);
  const end = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  assert.equal((await sendRequest(plan(`${await rawService(t, hints(10) + end)}/`))).body.toString(), 'ok');
  await failsWith('LIMIT_EXCEEDED', sendRequest(plan(`${await rawService(t, hints(11) + end)}/`)));

  const crumbs = (count: number) =>
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(count)}0\r\n\r\n`;
  assert.equal(
    (await sendRequest(plan(`${await rawService(t, crumbs(20_000))}/`, { maxBytes: 700_000 }))).body.length,
    20_000,
  );
  await failsWith(
    'LIMIT_EXCEEDED',
    sendRequest(plan(`${await rawService(t, crumbs(20_001))}/`, { maxBytes: 700_000 })),
  );
});

test('a compressed body is decompressed, under the same limit', async (t) => {
  const text = Buffer.from('compressed '.repeat(50));
  const bomb = Buffer.alloc(5_000_000);
  const { origin } = await service(t, (request, response) => {
    const body = request.url === '/bomb' ? bomb : text;
    const encoding = String(request.headers['x-want']);
    const encoded: Record<string, () => Buffer> = {
      gzip: () => gzipSync(body),
      'X-GZIP': () => gzipSync(body),
      br: () => brotliCompressSync(body),
      deflate: () => deflateSync(body),
      'gzip, br': () => brotliCompressSync(gzipSync(body)),
    };
    const bytes = encoded[encoding]?.() ?? body;
    response.writeHead(200, { 'content-encoding': encoding, 'content-length': bytes.length, 'x-kept': '1' });
    response.end(bytes);
  });
  for (const want of ['gzip', 'X-GZIP', 'br', 'deflate', 'gzip, br']) {
    const answer = await sendRequest(plan(`${origin}/`, { headers: [['x-want', want]] }));
    assert.deepEqual(answer.body, text, want);
    const shown = answer.headers.map(([name]) => name.toLowerCase());
    assert.ok(shown.includes('x-kept') && !shown.includes('content-encoding') && !shown.includes('content-length'));
    await failsWith(
      'LIMIT_EXCEEDED',
      sendRequest(plan(`${origin}/bomb`, { headers: [['x-want', want]], maxBytes: 700_000 })),
    );
  }
  // What cannot be read here cannot be searched for the secret either.
  for (const want of ['zstd', 'gzip, gzip, gzip, gzip']) {
    const error = await failsWith('INTERNAL', sendRequest(plan(`${origin}/`, { headers: [['x-want', want]] })));
    assert.equal(error.detail, 'network:CONTENT_ENCODING');
  }
  // Of HEAD there is nothing to decompress.
  assert.equal(
    (await sendRequest(plan(`${origin}/`, { method: 'HEAD', headers: [['x-want', 'gzip']] }))).body.length,
    0,
  );
});

test('raw deflate is understood, a broken body is an error', async (t) => {
  const { origin } = await service(t, (request, response) => {
    response.setHeader('content-encoding', request.url === '/raw' ? 'deflate' : 'gzip');
    response.end(request.url === '/raw' ? deflateRawSync('text') : gzipSync('x'.repeat(500)).subarray(0, 20));
  });
  assert.equal((await sendRequest(plan(`${origin}/raw`))).body.toString(), 'text');
  assert.match(String((await failsWith('INTERNAL', sendRequest(plan(`${origin}/broken`)))).detail), /^network:Z_/);
});

test('a request can be cancelled before, while it waits, and in the middle of the body', async (t) => {
  let abort = new AbortController();
  const requests: IncomingMessage[] = [];
  const { origin } = await service(t, (request, response) => {
    requests.push(request);
    if (request.url === '/body') response.write('begin');
    // The client reads what it was sent first: then it hears of this.
    setImmediate(() => abort.abort());
  });
  await failsWith('CANCELLED', sendRequest(plan(`${origin}/`), AbortSignal.abort()));
  assert.equal(requests.length, 0);
  for (const path of ['/', '/body']) {
    abort = new AbortController();
    await failsWith('CANCELLED', sendRequest(plan(`${origin}${path}`), abort.signal));
    // The service sees that nobody waits any more.
    const socket = requests.at(-1)?.socket;
    if (!socket?.closed) await new Promise((resolve) => socket?.once('close', resolve));
  }
  assert.equal(requests.length, 2);
});

test('a failure of the network has a stable word, and tells nothing of the request', async (t) => {
  const secret = canary();
  const closed = createTcpServer();
  closed.listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const broken = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123'));
  });
  const notFound = Object.assign(new Error(`getaddrinfo ${secret}`), { code: 'ENOTFOUND' });
  const cases: [string, string, object][] = [
    [`http://127.0.0.1:${port}/`, 'network:ECONNREFUSED', {}],
    [`http://127.0.0.1:${await listen(t, broken)}/`, 'network:ECONNRESET', {}],
    [`${await rawService(t, 'SSH-2.0-OpenSSH\r\n')}/`, 'network:HPE_INVALID_CONSTANT', {}],
    [
      `${await rawService(t, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n')}/`,
      'network:HPE_',
      {},
    ],
    [
      `${await rawService(t, 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')}/`,
      'network:HPE_UNEXPECTED_UPGRADE',
      {},
    ],
    [
      'http://api.example/',
      'network:ENOTFOUND',
      { lookup: (_: string, __: object, done: (e: Error) => void) => done(notFound) },
    ],
    ['http://api.example/', 'network:ENOTFOUND', names()],
  ];
  for (const [url, detail, environment] of cases) {
    const request = plan(`${url}?${secret}`, { credential: bearer(secret), headers: [['x-a', secret]] });
    const error = await failsWith('INTERNAL', sendRequest(request, undefined, environment));
    assert.ok(error.detail?.startsWith(detail), `${url}: ${error.detail}`);
    assert.equal(containsCanary(Buffer.from(`${error.stack} ${JSON.stringify(error)}`), secret), undefined);
    assert.equal(error.cause, undefined);
  }
});

test('each request has a connection of its own, and no proxy is asked', async (t) => {
  const proxy = await service(t);
  const variables = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
  for (const name of variables) process.env[name] = name.startsWith('NODE') ? '1' : proxy.origin;
  afterwards(t, () => {
    for (const name of variables) delete process.env[name];
  });
  let connections = 0;
  const server = createServer((_request, response) => response.end());
  server.on('connection', () => {
    connections += 1;
  });
  const port = await listen(t, server);
  for (let i = 0; i < 3; i += 1) await sendRequest(plan(`http://127.0.0.1:${port}/`));
  assert.equal(connections, 3);
  assert.deepEqual(proxy.seen, []);
});

/** A key and a certificate for `api.example` that nobody but its owner vouches for. */
async function certificate(scope: Scope): Promise<{ key: Buffer; cert: Buffer }> {
  const dir = temporaryDir(scope);
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=api.example', '-addext', 'subjectAltName=DNS:api.example'];
  const made = await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]);
  assert.equal(made.code, 0, made.stderr.toString());
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

test('with TLS only a service with a trusted certificate of its name gets the credential', async (t) => {
  const { key, cert } = await certificate(t);
  const seen: (string | undefined)[] = [];
  const server = createSecureServer({ key, cert }, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('ok');
  });
  server.on('tlsClientError', () => {}); // the client refuses
  const port = await listen(t, server);
  const { lookup } = names('127.0.0.1');
  const ca = cert.toString();
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // must not matter
  afterwards(t, () => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });

  const untrusted = await failsWith(
    'INTERNAL',
    sendRequest(plan(`https://api.example:${port}/`), undefined, { lookup }),
  );
  assert.equal(untrusted.detail, 'network:DEPTH_ZERO_SELF_SIGNED_CERT');
  const other = await failsWith(
    'INTERNAL',
    sendRequest(plan(`https://other.example:${port}/`), undefined, { lookup, ca }),
  );
  assert.equal(other.detail, 'network:ERR_TLS_CERT_ALTNAME_INVALID');
  assert.deepEqual(seen, []);
  const answer = await sendRequest(plan(`https://api.example:${port}/`), undefined, { lookup, ca });
  assert.equal(answer.body.toString(), 'ok');
  assert.deepEqual(seen, ['Bearer s3cret']);
});

test('a service that speaks nothing newer than TLS 1.1 gets no credential, whatever the process allows', async (t) => {
  const { key, cert } = await certificate(t);
  const { DEFAULT_CIPHERS, DEFAULT_MIN_VERSION } = tls;
  // As --tls-min-v1.0 and --tls-cipher-list set them: OpenSSL has these versions at its lowest level only.
  Object.assign(tls, { DEFAULT_MIN_VERSION: 'TLSv1', DEFAULT_CIPHERS: 'ALL:@SECLEVEL=0' });
  afterwards(t, () => Object.assign(tls, { DEFAULT_CIPHERS, DEFAULT_MIN_VERSION }));
  const seen: (string | undefined)[] = [];
  const server = createSecureServer({ key, cert, maxVersion: 'TLSv1.1' }, (request, response) => {
    seen.push(request.headers.authorization);
    response.end('ok');
  });
  server.on('tlsClientError', () => {}); // the client refuses
  const port = await listen(t, server);
  const ca = cert.toString();
  // Any other client of this process would speak it.
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'api.example', ca });
  await once(socket, 'secureConnect');
  assert.equal(socket.getProtocol(), 'TLSv1.1');
  socket.destroy();

  const { lookup } = names('127.0.0.1');
  const error = await failsWith(
    'INTERNAL',
    sendRequest(plan(`https://api.example:${port}/`), undefined, { lookup, ca }),
  );
  assert.match(error.detail ?? '', /^network:(?:ERR_SSL_|EPROTO)/);
  assert.deepEqual(seen, []);
});
