/** A store with a connection, as an app that has ended leaves it behind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type {
  Connection,
  ConsentDecision,
  ConsentEvent,
  PrincipalRole,
  ProviderManifest,
} from '../../contracts/index.js';
import type { Strongroom } from '../../js/main/index.js';
import { afterwards } from '../support/directory.js';
import { type Bench, newCanary } from './support.js';

export const EVIL = 'evil\x1b]0;title\x07\u202e\x1b[2J';
export const SHOWN_EVIL = /evil\\x1b\]0;title\\x07\\u202e\\x1b\[2J/;

/** Fails if what a person saw could have steered the terminal. */
export function steersNothing(text: string): void {
  for (const sequence of ['\x1b]', '\x1b[2J', '\x07', '\u202e']) assert.ok(!text.includes(sequence));
}

export const manifest = (more: Partial<ProviderManifest> = {}): ProviderManifest => ({
  id: 'acme.mail',
  displayName: 'Acme Mail',
  description: 'Sends mail.',
  version: '1.0.0',
  auth: { type: 'bearer', field: 'token' },
  origins: ['https://api.acme.example', { fromField: 'baseUrl' }],
  schema: {
    type: 'object',
    required: ['token'],
    properties: {
      baseUrl: { type: 'string', format: 'uri' },
      note: { type: 'string' },
      token: { type: 'string', title: 'Token', minLength: 8, writeOnly: true },
      spare: { type: 'string', writeOnly: true },
    },
  },
  ...more,
});

export interface Connected {
  connection: Connection;
  canary: string;
}

/** Registers the provider and makes a connection in a process that is not the command line's. */
export async function connect(
  bench: Bench,
  more: Partial<Parameters<Strongroom['connections']['create']>[0]> = {},
  provider: ProviderManifest = manifest(),
): Promise<Connected> {
  const canary = newCanary();
  const connection = await bench.withRoom(async (room) => {
    await room.providers.register(provider);
    return room.connections.create({
      providerId: provider.id,
      scope: 'user',
      displayName: 'Mine',
      secrets: { token: canary },
      ...more,
    });
  });
  return { connection, canary };
}

export interface Question {
  connectionId: string;
  principalId?: string;
  role?: PrincipalRole;
  field?: string;
  reason?: string;
}

/** Has an extension ask, and a person answer. */
export async function decide(room: Strongroom, decision: ConsentDecision, question: Question): Promise<void> {
  const waiting = new Promise<ConsentEvent>((resolve) => {
    const off = room.on('consent', (event) => {
      off();
      resolve(event);
    });
  });
  const asked = room.access
    .request({ principalId: 'acme.ext', role: 'extension', field: 'token', reason: 'to send mail', ...question })
    .catch((error: unknown) => error);
  await room.access.respond((await waiting).request.id, decision);
  await asked;
}

/** A service on this machine that answers `status`, and what it was sent. */
export async function serviceWith(t: TestContext, status: number): Promise<{ origin: string; sent: string[] }> {
  const sent: string[] = [];
  const server = createServer((request, response) => {
    sent.push(`${request.url} ${request.headers.authorization}`);
    response.writeHead(status).end('hello');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => server.close());
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}
