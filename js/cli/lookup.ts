/** Which connection a word of the command line means, and what providers and connections are called. */
import type { Connection } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/index.js';
import { allPages, call } from './command.js';
import { UsageError } from './failure.js';
import { counted, shortened } from './phrases.js';

/** A connection's name, for the help. */
export const CONNECTION = '<id or name>';

const SHOWN_CANDIDATES = 8;

/** Whether `word` has the shape of a connection's id; a name may have it too. */
export const isConnectionId = (word: string): boolean => /^con_[0-9A-Z]{26}$/.test(word);

/** "con_… (acme.mail, workspace w1)": what tells connections of one name apart. */
function candidate({ id, providerId, workspaceId }: Connection): string {
  return `${id} (${providerId}, ${workspaceId === null ? 'user' : `workspace ${shortened(workspaceId, 40)}`})`;
}

/** The connection that `word` names: its id or its name. A UsageError with the candidates if there are several. */
export async function findConnection(room: Strongroom, word: string): Promise<Connection> {
  if (isConnectionId(word)) {
    try {
      return await call(room, 'connections.get', { id: word });
    } catch (error) {
      if (!(error instanceof StrongroomError && ['NOT_FOUND', 'INVALID_REQUEST'].includes(error.code))) throw error;
    }
  }
  const named = (await allPages(room, 'connections.list', {})).items.filter(({ displayName }) => displayName === word);
  if (named.length > 1) {
    const shown = named.slice(0, SHOWN_CANDIDATES).map(candidate);
    if (shown.length < named.length) shown.push(`${named.length - shown.length} more`);
    throw new UsageError(`${counted(named.length, 'connection')} have that name; give the id: ${shown.join(', ')}`);
  }
  if (named[0] === undefined) throw new StrongroomError('NOT_FOUND', 'there is no connection with that id or name');
  return named[0];
}

/** What providers are called, by id: from the manifests that the store keeps, which needs no app that runs. */
export async function providerNames(room: Strongroom): Promise<ReadonlyMap<string, string>> {
  const { items } = await call(room, 'providers.list', {});
  return new Map(items.map(({ id, displayName }) => [id, displayName]));
}

/** What connections are called, by id. */
export async function connectionNames(room: Strongroom): Promise<ReadonlyMap<string, string>> {
  const { items } = await allPages(room, 'connections.list', {});
  return new Map(items.map(({ id, displayName }) => [id, displayName]));
}
