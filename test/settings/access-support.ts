/** A provider with connections, and those who ask for them: for the tests of consent and access. */
import type { Connection, PrincipalRole, ProviderManifest, ResponseOf } from '../../contracts/index.js';
import { newCanary } from '../host/support.js';
import type { Setting } from './support.js';

export const kProvider: ProviderManifest = {
  id: 'octo.git',
  displayName: 'Octo Git',
  description: 'Repositories and their issues',
  version: '1.0.0',
  schema: {
    type: 'object',
    properties: { token: { type: 'string', title: 'Access token', minLength: 1, writeOnly: true } },
    required: ['token'],
  },
  auth: { type: 'bearer', field: 'token' },
  origins: ['https://api.octo.example', 'https://uploads.octo.example:8443'],
};

/** Registers the provider and makes a connection of each name, with a secret of its own. */
export async function addConnections(
  { room }: Setting,
  ...names: readonly string[]
): Promise<{ connections: Connection[]; canaries: string[] }> {
  await room.providers.register(kProvider);
  const canaries = names.map(() => newCanary());
  const connections: Connection[] = [];
  for (const [index, displayName] of names.entries()) {
    const secrets = { token: canaries[index] ?? '' };
    connections.push(await room.connections.create({ providerId: kProvider.id, scope: 'user', displayName, secrets }));
  }
  return { connections, canaries };
}

/** What came of a request for access: the answer, or the code of the refusal. */
export type Outcome = ResponseOf<'access.request'> | string;

/** Asks for access as an extension or tool would. The promise settles when there is a decision. */
export function ask(
  { room }: Pick<Setting, 'room'>,
  connection: Connection | undefined,
  principalId = 'octo.notes',
  reason = 'Sync the notes of your repositories',
  role: PrincipalRole = 'extension',
): Promise<Outcome> {
  return room.access
    .request({ principalId, role, connectionId: connection?.id ?? '', field: 'token', reason })
    .catch((thrown: { code?: string }) => thrown.code ?? String(thrown));
}
