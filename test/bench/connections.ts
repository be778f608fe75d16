/** Connections to fill stores with, as an app has them. */
import { randomBytes } from 'node:crypto';
import type { Connection, ProviderManifest } from '../../contracts/index.js';
import type { Strongroom } from '../../js/main/index.js';
import type { Filled } from './javascript-connections.js';

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#20406a"/>' +
  '<path d="M9 22V10h4l3 7 3-7h4v12" fill="none" stroke="#fff" stroke-width="2.5" stroke-linejoin="round"/></svg>';

export const PROVIDER: ProviderManifest = {
  id: 'acme.tracker',
  displayName: 'Acme Tracker',
  description: 'Issues, boards and releases of a team.',
  icon: `data:image/svg+xml;base64,${Buffer.from(ICON).toString('base64')}`,
  version: '1.2.0',
  auth: { type: 'bearer', field: 'token' },
  origins: ['https://api.acme.example'],
  schema: {
    type: 'object',
    properties: {
      baseUrl: { type: 'string', title: 'Address', pattern: '^https://[a-z0-9.-]+/', maxLength: 200 },
      team: { type: 'string', title: 'Team', maxLength: 100 },
      region: { type: 'string', title: 'Region', enum: ['eu', 'us', 'ap'] },
      pageSize: { type: 'integer', title: 'Rows of a page', minimum: 1, maximum: 100 },
      readOnly: { type: 'boolean', title: 'Read only' },
      token: { type: 'string', title: 'Access token', writeOnly: true, minLength: 20 },
      signingKey: { type: 'string', title: 'Signing key of web hooks', writeOnly: true },
    },
    required: ['baseUrl', 'token'],
  },
};

/** The field that is asked for. */
export const FIELD = 'token';

const TEAMS = ['Platform', 'Billing', 'Mobile', 'Infrastruktur', 'Größen & Maße', 'Support', 'Data', 'Release'];
const WORKSPACES = 16;
/** As many wait for a commit at once; the core takes at most so many into one. */
const IN_FLIGHT = 512;

function secret(): string {
  return randomBytes(30).toString('base64url');
}

/** The `index`th connection: of the user or of one of a few workspaces, one in four with a second secret. */
function draft(index: number) {
  const team = TEAMS[index % TEAMS.length] ?? '';
  const values: Record<string, string> = { token: secret() };
  if (index % 4 === 0) values.signingKey = secret();
  return {
    providerId: PROVIDER.id,
    ...(index % 3 === 0
      ? { scope: 'workspace' as const, workspaceId: `file:///home/u/src/w${index % WORKSPACES}` }
      : { scope: 'user' as const }),
    displayName: `${team} tracker ${index + 1}`,
    fields: {
      baseUrl: `https://team-${index}.acme.example/api/v2/`,
      team,
      region: ['eu', 'us', 'ap'][index % 3] ?? 'eu',
      pageSize: 1 + (index % 100),
      readOnly: index % 2 === 0,
    },
    secrets: values,
  };
}

/**
 * Creates `count` connections, of a provider that it registers, as concurrent callers do. They are in the order of
 * creation. `progress` hears now and then how many there are.
 */
export async function createConnections(
  room: Strongroom,
  count: number,
  progress: (done: number) => void = () => undefined,
): Promise<Filled[]> {
  await room.providers.register(PROVIDER);
  const filled: Filled[] = [];
  for (let done = 0; done < count; done += IN_FLIGHT) {
    const drafts = Array.from({ length: Math.min(IN_FLIGHT, count - done) }, (_, index) => draft(done + index));
    const some = await Promise.all(
      drafts.map(async (one): Promise<Filled> => {
        const connection: Connection = await room.connections.create(one);
        return { connection, values: one.secrets };
      }),
    );
    filled.push(...some);
    progress(filled.length);
  }
  return filled.sort((one, other) => (one.connection.id < other.connection.id ? -1 : 1));
}
