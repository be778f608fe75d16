/** Lists that the core hands over in pages. */

import type { Channel, RequestOf, ResponseOf } from '../../contracts/index.js';
import type { SettingsClient } from './client.js';

/** The most that the core hands over at once. */
const kPageSize = 500;

/** The channels that answer with a page and a cursor. */
type ListChannel = {
  [C in Channel]: ResponseOf<C> extends { items: readonly unknown[]; nextCursor?: string | undefined } ? C : never;
}[Channel];

/** The pages of a list, one after the other. */
export async function* pagesOf<C extends ListChannel>(
  client: SettingsClient,
  channel: C,
  request: Omit<RequestOf<C>, 'limit' | 'cursor'>,
): AsyncGenerator<ResponseOf<C>, void, undefined> {
  let cursor: string | undefined;
  do {
    const more = { ...request, limit: kPageSize, ...(cursor === undefined ? {} : { cursor }) };
    const page = await client.invoke(channel, more as unknown as RequestOf<C>);
    yield page;
    ({ nextCursor: cursor } = page as { nextCursor?: string | undefined });
  } while (cursor !== undefined);
}

/** The whole of a list, and how many of it could not be read; what is there so far when `overtaken` says so. */
export async function readAll<C extends ListChannel>(
  client: SettingsClient,
  channel: C,
  request: Omit<RequestOf<C>, 'limit' | 'cursor'>,
  overtaken: () => boolean = () => false,
): Promise<{ items: ResponseOf<C>['items'][number][]; damaged: number }> {
  const items: ResponseOf<C>['items'][number][] = [];
  let damaged = 0;
  for await (const page of pagesOf(client, channel, request)) {
    items.push(...page.items);
    damaged += (page as { damaged?: number | undefined }).damaged ?? 0;
    if (overtaken()) break;
  }
  return { items, damaged };
}
