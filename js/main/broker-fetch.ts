/**
 * The one HTTP request of `broker.fetch` and of a connection's test. The core has checked, authorised and recorded it; what
 * is done here is to send it to the one place that was meant, once, and to bring back at most so many bytes.
 *
 * The credential comes as bytes, which the caller wipes afterwards. Node.js takes headers and paths as strings alone: those
 * that are made of it here are dropped with the request, and nothing can wipe them.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { StrongroomError } from './errors.js';

/** What is added to the request: a header (`value` in ISO 8859-1), or a parameter (`value` is the encoded `name=value`). */
export type RequestCredential = { type: 'header'; name: string; value: Buffer } | { type: 'query'; value: Buffer };

/** A request as the core hands it out. */
export interface RequestPlan {
  /** Absolute, and written as `new URL(url).href` writes it. */
  url: string;
  /** The origin that was allowed. */
  origin: string;
  method: string;
  /** Without those that belong to the connection or carry the credential. */
  headers: readonly (readonly [name: string, value: string])[];
  body?: Buffer | undefined;
  credential: RequestCredential;
  /** Whether the address may be one of this machine. Without TLS it must be one. */
  loopback: boolean;
  /** For all of it: name, connection, request, response. */
  timeoutMs: number;
  /** Of the response's body, before and after it was decompressed. */
  maxBytes: number;
}

/** `headers` as they came, less those that no longer fit a body that was decompressed. */
export interface RequestAnswer {
  status: number;
  headers: [name: string, value: string][];
  body: Buffer;
}

/** What an app may put in the place of the system's own. */
export interface RequestEnvironment {
  /** Certificates of the authorities that are trusted, in PEM, instead of those that come with Node.js. */
  ca?: string | undefined;
  /** Finds the addresses of a name. */
  lookup?: ((name: string, options: { all: true }, done: LookupDone) => void) | undefined;
}
type LookupDone = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void;

/** More than usual services send; Node.js refuses what is above with HPE_HEADER_OVERFLOW. */
const MAX_HEADER_BYTES = 65536;
/** Pieces of a body, and answers before the answer (1xx): a service that sends crumbs would keep the thread busy. */
const MAX_PIECES = 20_000;
const MAX_INFORMATIONAL = 10;
/** Encodings on top of each other. */
const MAX_ENCODINGS = 3;

/** Loopback and unspecified addresses, also those of IPv4 within IPv6 (mapped, compatible, translated, 6to4). */
const thisMachine = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['0.0.0.0', 8],
] as const) {
  thisMachine.addSubnet(network, bits, 'ipv4');
  for (const prefix of ['::ffff:', '::ffff:0:', '::', '64:ff9b::', '64:ff9b:1::']) {
    thisMachine.addSubnet(`${prefix}${network}`, 96 + bits, 'ipv6');
  }
}

for (const network of ['2002:7f00::', '2002::']) thisMachine.addSubnet(network, 24, 'ipv6');

/** Whether an IP address is one of this machine. Text that is none counts as one. */
export function isThisMachine(address: string): boolean {
  const family = isIP(address);
  // A zone ("%eth0") says through which interface, not which address.
  const bare = address.split('%', 1)[0] as string;
  return family === 0 || thisMachine.check(bare, family === 6 ? 'ipv6' : 'ipv4');
}

function invalid(message: string): StrongroomError {
  return new StrongroomError('INVALID_REQUEST', message);
}

/** The URL, if Node.js reads it as the core does. */
function readUrl(plan: RequestPlan): URL {
  const url = URL.canParse(plan.url) ? new URL(plan.url) : undefined;
  const plain =
    url !== undefined &&
    url.href === plan.url &&
    url.origin === plan.origin &&
    url.username === '' &&
    url.password === '' &&
    url.hash === '' &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && plan.loopback));
  if (!plain)
    throw new StrongroomError('ORIGIN_NOT_ALLOWED', 'the address of the request is not one that it may go to');
  return url;
}

const RESERVED = ['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding'];

/** The headers of the request; each name once. */
function headersOf(plan: RequestPlan, url: URL): Map<string, string> {
  const headers = new Map<string, string>();
  const add = (name: string, value: string): void => {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw invalid('a header has a name or a value that cannot be sent'); // Node.js would repeat it
    }
    if (headers.has(name.toLowerCase())) throw invalid('a header is given twice, or belongs to the connection');
    headers.set(name.toLowerCase(), value);
  };
  const addChosen = (name: string, value: string): void => {
    if (RESERVED.includes(name.toLowerCase())) throw invalid('a header belongs to the connection');
    add(name, value);
  };
  add('host', url.host);
  add('connection', 'close');
  add('accept-encoding', 'identity');
  if (plan.body || ['POST', 'PUT', 'PATCH'].includes(plan.method)) add('content-length', `${plan.body?.length ?? 0}`);
  if (plan.credential.type === 'header') addChosen(plan.credential.name, plan.credential.value.toString('latin1'));
  for (const [name, value] of plan.headers) addChosen(name, value);
  return headers;
}

/** Path and query, as they are sent. */
function targetOf(plan: RequestPlan, url: URL): string {
  // `href` keeps a "?" without a query, `search` does not.
  const target = plan.url.slice(plan.origin.length);
  if (plan.credential.type === 'header') return target;
  const parameter = plan.credential.value.toString('latin1');
  if (!/^[\w.~%-]+=[\w.~%-]*$/.test(parameter)) throw invalid('the credential is not an encoded parameter');
  const separator = !target.includes('?') ? '?' : url.search === '' || target.endsWith('&') ? '' : '&';
  return target + separator + parameter;
}

/**
 * Resolves a name and lets the connection be made to what was looked at, and to nothing else: a second answer of the name
 * server (DNS rebinding) is never asked for.
 */
function checkedLookup(environment: RequestEnvironment, allowed: (address: string) => boolean): LookupFunction {
  const find = environment.lookup ?? ((name, options, done) => systemLookup(name, options, done));
  return (name, options, callback) => {
    find(name, { all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const first = addresses[0];
      if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), []);
      // One is enough: which of them would answer is not for the name server to say.
      if (!addresses.every(({ address }) => allowed(address))) return callback(refusedAddress(), []);
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function refusedAddress(): StrongroomError {
  return new StrongroomError('ORIGIN_NOT_ALLOWED', 'the name of the service leads to an address that is not allowed');
}

/** A failure of the network, without what Node.js says about it: that may hold the request. */
function networkError(error: unknown): StrongroomError {
  if (error instanceof StrongroomError) return error;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const word = code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'UNKNOWN';
  if (word === 'HPE_HEADER_OVERFLOW') return tooLarge();
  const what = /CERT|TLS|SSL|UNABLE_TO/.test(word)
    ? 'no trusted connection to the service could be made'
    : word.startsWith('HPE_') || word.startsWith('Z_') || word.startsWith('ERR__ERROR')
      ? 'the service sent an answer that cannot be read'
      : 'the service could not be reached, or broke off';
  return new StrongroomError('INTERNAL', `${what} (${word})`, { detail: `network:${word}` });
}

function tooLarge(): StrongroomError {
  return new StrongroomError('LIMIT_EXCEEDED', 'the response is too large');
}

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const zlibInflate: Decoder = promisify(inflate);
const rawInflate: Decoder = promisify(inflateRaw);
const DECODERS = new Map<string, Decoder>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['br', promisify(brotliDecompress)],
  // With the header of zlib, as it should be, or without, as some services send it.
  ['deflate', (bytes, options) => (((bytes[0] ?? 8) & 0x0f) === 8 ? zlibInflate : rawInflate)(bytes, options)],
]);

/** How the body is encoded, outermost last; nothing for what is not known here: then it is passed on as it is. */
function encodingsOf(response: IncomingMessage): string[] {
  const names = (response.headers['content-encoding'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  // What cannot be read cannot be searched for an echo of the secret.
  if (names.length > MAX_ENCODINGS || !names.every((name) => DECODERS.has(name))) {
    throw new StrongroomError('INTERNAL', 'the service sent an answer in an encoding that cannot be read', {
      detail: 'network:CONTENT_ENCODING',
    });
  }
  return names;
}

async function decode(body: Buffer, encodings: string[], maxBytes: number): Promise<Buffer> {
  let decoded = body;
  for (const name of encodings.reverse()) {
    if (decoded.length === 0) return decoded; // of HEAD, 204 and the like
    try {
      decoded = await (DECODERS.get(name) as Decoder)(decoded, { maxOutputLength: maxBytes });
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : networkError(error);
    }
  }
  return decoded;
}

/** Header fields as they came, in pairs. */
function rawPairs(response: IncomingMessage, decoded: boolean): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    const [name, value] = response.rawHeaders.slice(i, i + 2) as [string, string];
    if (!(decoded && ['content-encoding', 'content-length'].includes(name.toLowerCase()))) pairs.push([name, value]);
  }
  return pairs;
}

/**
 * Sends `plan` and gives the answer, whatever its status. Redirects are not followed: a 3xx is an answer, and the
 * credential goes nowhere else. The connection is shared with no other request, goes through no proxy and, with TLS, is
 * made only to a service whose certificate is trusted.
 *
 * Throws a StrongroomError: `ORIGIN_NOT_ALLOWED` if Node.js reads the URL in another way than the core, or the name leads
 * to this machine and must not; `INVALID_REQUEST` for headers that cannot be sent; `TIMEOUT`; `LIMIT_EXCEEDED` for a
 * response above `maxBytes`; `CANCELLED`; and `INTERNAL` with the detail `network:<word>`, such as `network:ECONNREFUSED`.
 * None of them repeats anything of the request.
 */
export async function sendRequest(
  plan: RequestPlan,
  signal?: AbortSignal,
  environment: RequestEnvironment = {},
): Promise<RequestAnswer> {
  const url = readUrl(plan);
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // Without TLS to this machine only, with it to others, and to this machine where the provider says so.
  const allowed = (address: string): boolean => (isThisMachine(address) ? plan.loopback : secure);
  // Node.js looks nothing up that is an address already.
  if (isIP(host) !== 0 && !allowed(host)) throw refusedAddress();
  const headers = headersOf(plan, url);
  const options: RequestOptions = {
    method: plan.method,
    host,
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: targetOf(plan, url),
    setHost: false,
    insecureHTTPParser: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    lookup: checkedLookup(environment, allowed),
  };

  return new Promise<RequestAnswer>((resolve, reject) => {
    let request: ClientRequest | undefined;
    const timer = setTimeout(
      () => fail(new StrongroomError('TIMEOUT', 'the service did not answer in time')),
      plan.timeoutMs,
    );
    const cancel = (): void => fail(new StrongroomError('CANCELLED', 'the request was cancelled'));
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      request?.destroy();
    };
    const fail = (error: unknown): void => {
      end();
      reject(networkError(error)); // the first of several counts
    };
    if (signal?.aborted) return cancel();
    signal?.addEventListener('abort', cancel);

    try {
      request = secure
        ? requestHttps({
            ...options,
            agent: new HttpsAgent({ keepAlive: false, maxCachedSessions: 0 }),
            rejectUnauthorized: true, // also where the environment says otherwise
            minVersion: 'TLSv1.2',
            ...(environment.ca === undefined ? {} : { ca: environment.ca }),
          })
        : requestHttp({ ...options, agent: new HttpAgent({ keepAlive: false }) });
      for (const [name, value] of headers) request.setHeader(name, value);
    } catch {
      return fail(invalid('the request cannot be sent')); // what Node.js says repeats it
    }
    // After the answer has begun it is the answer that ends well or badly: a service may refuse a body that it has not read.
    let answering = false;
    request.on('error', (error) => {
      if (!answering) fail(error);
    });
    let informational = 0;
    request.on('information', () => {
      informational += 1;
      if (informational > MAX_INFORMATIONAL) fail(tooLarge());
    });
    request.on('upgrade', () => fail(Object.assign(new Error(), { code: 'HPE_UNEXPECTED_UPGRADE' })));
    request.on('response', (response) => {
      answering = true;
      const pieces: Buffer[] = [];
      let size = 0;
      response.on('error', fail); // also where it breaks off
      if (plan.method !== 'HEAD' && Number(response.headers['content-length']) > plan.maxBytes) return fail(tooLarge());
      response.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > plan.maxBytes || pieces.length >= MAX_PIECES) return fail(tooLarge());
        pieces.push(piece);
      });
      response.on('end', () => {
        let encodings: string[];
        try {
          encodings = encodingsOf(response);
        } catch (error) {
          return fail(error as Error);
        }
        const answer = {
          status: response.statusCode ?? 0,
          headers: rawPairs(response, encodings.length > 0 && size > 0),
        };
        decode(Buffer.concat(pieces), encodings, plan.maxBytes).then((body) => {
          end();
          resolve({ ...answer, body });
        }, fail);
      });
    });
    request.end(plan.body);
  });
}

/** What the core says of a request: as RequestPlan, in the form of a message. */
interface PlanMessage extends Omit<RequestPlan, 'headers' | 'body' | 'credential'> {
  headers: Record<string, string>;
  body?: string;
  bodyEncoding?: 'utf8' | 'base64';
  credential: { type: 'header'; name: string } | { type: 'query' };
}

/** Sends what the core asks for in a `fetch` effect. `secrets.credential` is the caller's to wipe. */
export function brokerRequest(
  request: unknown,
  secrets: Readonly<Record<string, Buffer>>,
  signal: AbortSignal,
): Promise<RequestAnswer> {
  const { headers, body, bodyEncoding, credential, ...plan } = request as PlanMessage;
  const value = secrets.credential;
  if (value === undefined)
    return Promise.reject(new StrongroomError('INTERNAL', 'the request came without its credential'));
  return sendRequest(
    {
      ...plan,
      headers: Object.entries(headers),
      body: body === undefined ? undefined : Buffer.from(body, bodyEncoding ?? 'utf8'),
      credential: { ...credential, value },
    },
    signal,
  );
}
