/** What a command works with. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Caller, Channel, RequestOf, ResponseOf } from '../../contracts/index.js';
import { unwrap } from '../main/errors.js';
import type { ExistingStoreOptions, Strongroom, StrongroomOptions } from '../main/index.js';
import { DEFAULT_APP_ID, DEFAULT_APP_NAME, defaultStoreDir } from '../main/paths.js';
import type { CommandSpec, Options } from './arguments.js';
import { printableJson } from './terminal.js';

/** The name under which the command line stands in the audit log. */
const CALLER: Caller = { role: 'core', principalId: 'strongroom-cli' };

/** Whether there is a store: an empty file is none, but what is left where the disk was full when one was made. */
function isStore(dir: string): boolean {
  const database = join(dir, 'strongroom.db');
  return existsSync(database) && statSync(database).size > 0;
}

export class Context {
  readonly args: readonly string[];
  readonly options: Options;

  constructor(args: readonly string[], options: Options) {
    this.args = args;
    this.options = options;
  }

  /** Whether the answer is to be one JSON document. */
  get json(): boolean {
    return this.options.has('json');
  }

  /** Writes the answer: `value` as JSON, or the text. */
  answer(value: unknown, text: () => string): void {
    process.stdout.write(this.json ? `${printableJson(value)}\n` : text());
  }

  /** Writes a whole list, or that there is `none`, and notes what of it could not be read. */
  answerList<T>({ items, damaged }: Listed<T>, none: string, text: (items: readonly T[]) => string): void {
    this.answer(damaged > 0 ? { items, damaged } : { items }, () => (items.length === 0 ? `${none}\n` : text(items)));
    if (damaged > 0) this.note(`strongroom: ${damaged} damaged and not listed; "strongroom doctor" says more`);
  }

  /** Something beside the answer, for a person. */
  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** A store that is there belongs to the app it belongs to; one that `create` makes needs to be told, or is ours. */
  roomOptions({ create = false } = {}): StrongroomOptions | ExistingStoreOptions {
    const { options } = this;
    const dir = resolve(options.text('dir') ?? defaultStoreDir());
    const isNew = create && !isStore(dir);
    const appId = options.text('app-id') ?? (isNew ? DEFAULT_APP_ID : undefined);
    const appName = options.text('app-name') ?? (appId === DEFAULT_APP_ID ? DEFAULT_APP_NAME : undefined);
    const keyProviders = options.list('key-provider');
    const common = {
      dir,
      ...(appName === undefined ? {} : { appName }),
      ...(keyProviders.length === 0
        ? {}
        : { keyProviders: keyProviders as NonNullable<StrongroomOptions['keyProviders']> }),
    };
    return appId === undefined ? { ...common, existing: true } : { ...common, appId, existing: !isNew };
  }

  /**
   * Opens the store, runs `work` and closes it. A store that is not there is created with `create`, and is
   * `NOT_FOUND` without: a mistyped directory must not become an empty store.
   */
  async withRoom<T>(work: (room: Strongroom) => Promise<T>, { create = false } = {}): Promise<T> {
    // Loaded only now, so that help and usage errors need no addon.
    const { openStrongroom } = await import('../main/index.js');
    const room = await openStrongroom(this.roomOptions({ create }));
    try {
      return await work(room);
    } finally {
      await room.close();
    }
  }
}

/** One message of the contract, in the name of the command line. */
export async function call<C extends Channel>(
  room: Strongroom,
  channel: C,
  request: RequestOf<C>,
): Promise<ResponseOf<C>> {
  return unwrap(await room.dispatch(CALLER, channel, request)) as ResponseOf<C>; // the core has checked the response
}

/** What all pages of a list hold, and how many rows could not be read. */
export interface Listed<T> {
  items: T[];
  damaged: number;
}

type ListChannel = 'secrets.list' | 'connections.list' | 'grants.list';
type ItemOf<C extends ListChannel> = ResponseOf<C>['items'][number];

/** A whole list, page after page. */
export async function allPages<C extends ListChannel>(
  room: Strongroom,
  channel: C,
  filter: RequestOf<C>,
): Promise<Listed<ItemOf<C>>> {
  const items: ItemOf<C>[] = [];
  let damaged = 0;
  let cursor: string | undefined;
  do {
    const page: ResponseOf<ListChannel> = await call(room, channel, { ...filter, cursor, limit: 500 });
    items.push(...page.items);
    damaged += page.damaged ?? 0;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { items, damaged };
}

export interface Command extends CommandSpec {
  /** Resolves with the exit code. */
  run(context: Context): Promise<number>;
}
