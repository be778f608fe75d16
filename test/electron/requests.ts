/** The channel table as transports are tested against it. */
import assert from 'node:assert/strict';
import type { Channel, Contract, Envelope, Role } from '../../contracts/index.js';
import { contracts } from '../../contracts/index.js';

const connection = 'con_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const secret = 'sec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const handle = `hdl_${'A'.repeat(43)}`;

/** For each channel a request that its schema accepts; what it names does not exist. */
export const requests: Readonly<Record<Channel, object>> = {
  'status.get': {},
  'status.unlock': {},
  'secrets.list': {},
  'secrets.get': { id: secret },
  'secrets.create': { name: 'a', kind: 'custom', value: 'v' },
  'secrets.update': { id: secret, name: 'b' },
  'secrets.replaceValue': { id: secret, value: 'v' },
  'secrets.delete': { id: secret },
  'providers.list': {},
  'providers.register': {
    id: 'acme.table',
    displayName: 'Table',
    description: '',
    version: '1',
    schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } },
  },
  'providers.unregister': { id: 'acme.table' },
  'connections.list': {},
  'connections.get': { id: connection },
  'connections.resolve': { providerId: 'acme.table' },
  'connections.create': { providerId: 'acme.nothing', scope: 'user', displayName: 'A' },
  'connections.update': { id: connection, revision: 1 },
  'connections.setSecret': { id: connection, field: 'token', value: 'v' },
  'connections.clearSecret': { id: connection, field: 'token' },
  'connections.delete': { id: connection },
  'connections.test': { id: connection },
  'connections.usage': { id: connection },
  'access.request': { connectionId: connection, field: 'token', reason: 'a test' },
  'access.release': { handle },
  'broker.fetch': { handle, url: 'https://api.example.com/' },
  'grants.list': {},
  'grants.revoke': { id: 'grt_01ARZ3NDEKTSV4RRFFQ69G5FAV' },
  'consent.list': {},
  'consent.respond': { id: 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV', decision: 'allow-always' },
  'consent.silenced': {},
  'consent.unsilence': { principalId: 'acme.extension', role: 'extension', connectionId: connection },
  'audit.list': {},
  'audit.verify': {},
  'audit.days': {},
  'audit.export': { format: 'jsonl' },
};

export const channels = Object.keys(contracts) as Channel[];

export function codeOf(envelope: Envelope<unknown>): string {
  return envelope.ok ? 'ok' : envelope.error.code;
}

/** Sends every channel its request, one after the other, and compares who was let in with the table. */
export async function assertTable(
  role: Role | undefined,
  send: (channel: Channel, payload: object) => Promise<Envelope<unknown>>,
): Promise<void> {
  for (const channel of channels) {
    const allowed = (contracts[channel] as Contract).roles.some((listed) => listed === role);
    const code = codeOf(await send(channel, requests[channel]));
    if (!allowed) assert.equal(code, 'FORBIDDEN', `${channel} as ${role}`);
    else
      assert.ok(!['FORBIDDEN', 'UNKNOWN_CHANNEL', 'INVALID_REQUEST', 'INTERNAL'].includes(code), `${channel}: ${code}`);
  }
}

/** The channels that a role may use. */
export function channelsOf(role: Exclude<Role, 'core'>): Channel[] {
  return channels.filter((channel) => (contracts[channel] as Contract).roles.includes(role));
}
