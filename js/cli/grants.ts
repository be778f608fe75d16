import type { GrantInfo, PrincipalRole } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/index.js';
import { allPages, type Command, type Context, call, type Listed } from './command.js';
import { EXIT, UsageError } from './failure.js';
import { ASKING_NOTE, ASKING_OPTIONS, asker } from './input.js';
import { CONNECTION, connectionNames, findConnection } from './lookup.js';
import { counted, decisionOf, named, shortened, silenceOf, who } from './phrases.js';
import { Progress } from './progress.js';
import { table } from './terminal.js';

const FILTER_OPTIONS = {
  connection: { value: 'id or name', help: 'only those for this connection' },
  principal: { value: 'id', help: 'only those of this extension or tool' },
} as const;

/** Revoked at a time: those share a commit. */
const AT_ONCE = 50;

/** The grants that the options select, with those for a single use that is still to come. */
async function selectedGrants(room: Strongroom, { options }: Context): Promise<Listed<GrantInfo>> {
  const word = options.text('connection');
  const connectionId = word === undefined ? undefined : (await findConnection(room, word)).id;
  return allPages(room, 'grants.list', { connectionId, principalId: options.text('principal'), once: true });
}

const nameIn = (names: ReadonlyMap<string, string>, id: string): string => {
  const name = names.get(id);
  return name === undefined ? id : named(name, id);
};

const list: Command = {
  name: 'grants list',
  args: [],
  summary: 'List who may use which secret of which connection, and who may not.',
  notes: ['Never touches the keyring. Grants for a single use are listed as long as they are unused.'],
  options: FILTER_OPTIONS,
  run: (context) =>
    context.withRoom(async (room) => {
      const listed = await selectedGrants(room, context);
      const names = await connectionNames(room);
      context.answerList(listed, 'no grants', (items) =>
        table(
          ['ID', 'WHO', 'DECISION', 'CONNECTION', 'FIELD', 'LAST USED', 'REASON'],
          items.map((grant) => [
            grant.id,
            who(grant),
            decisionOf(grant),
            nameIn(names, grant.connectionId),
            grant.field,
            grant.lastUsedAt ?? 'never',
            shortened(grant.reason, 60),
          ]),
        ),
      );
      return EXIT.ok;
    }),
};

type Confirmed = (question: string) => Promise<boolean>;

/** What a grant is, for the question before it is gone. */
async function described(room: Strongroom, id: string): Promise<string> {
  const { items, damaged } = await allPages(room, 'grants.list', { once: true });
  const grant = items.find((item) => item.id === id);
  if (grant !== undefined) {
    const connection = nameIn(await connectionNames(room), grant.connectionId);
    return `${decisionOf(grant)} for ${shortened(who(grant), 60)}, ${grant.field} of ${connection}`;
  }
  // A damaged one is not listed, and can be revoked.
  if (damaged > 0) return 'a grant that is damaged, if there is one of that id';
  throw new StrongroomError('NOT_FOUND', 'there is no grant with that id');
}

async function revokeOne(context: Context, room: Strongroom, id: string, confirmed: Confirmed): Promise<number> {
  const what = await described(room, id);
  if (!(await confirmed(`Revoke ${what}?`))) {
    context.answer({ id, revoked: false }, () => 'not revoked\n');
    return EXIT.no;
  }
  await call(room, 'grants.revoke', { id });
  context.answer({ id, revoked: true }, () => `revoked ${id}\n`);
  return EXIT.ok;
}

/** Revokes one after the other; what somebody else has revoked meanwhile is not counted. */
async function revokeEach(context: Context, room: Strongroom, grants: readonly GrantInfo[]): Promise<number> {
  const progress = new Progress(true, (done) => `revoked ${done} of ${grants.length}`);
  try {
    for (let at = 0; at < grants.length; at += AT_ONCE) {
      const ended = await Promise.allSettled(
        grants.slice(at, at + AT_ONCE).map(({ id }) => call(room, 'grants.revoke', { id })),
      );
      progress.add(ended.filter(({ status }) => status === 'fulfilled').length);
      for (const each of ended) {
        if (each.status === 'fulfilled') continue;
        if (!(each.reason instanceof StrongroomError && each.reason.code === 'NOT_FOUND')) throw each.reason;
      }
    }
  } catch (error) {
    progress.end();
    context.note(`strongroom: ${progress.done} of ${grants.length} were revoked`);
    throw error;
  }
  progress.end();
  return progress.done;
}

async function revokeAll(context: Context, room: Strongroom, confirmed: Confirmed): Promise<number> {
  const { items, damaged } = await selectedGrants(room, context);
  const answer = (revoked: number, text: string): void =>
    context.answer(damaged > 0 ? { revoked, damaged } : { revoked }, () => `${text}\n`);
  if (damaged > 0) context.note(`strongroom: ${damaged} damaged and left alone; "strongroom doctor" says more`);
  if (items.length === 0) {
    answer(0, 'no grants');
    return EXIT.ok;
  }
  const effect = 'Whom they allow has to ask again, and whom they deny may ask again.';
  if (!(await confirmed(`Revoke ${counted(items.length, 'grant')}? ${effect}`))) {
    answer(0, 'not revoked');
    return EXIT.no;
  }
  const revoked = await revokeEach(context, room, items);
  answer(revoked, `revoked ${counted(revoked, 'grant')}`);
  return EXIT.ok;
}

const revoke: Command = {
  name: 'grants revoke',
  args: ['[id]'],
  summary: 'Take back one grant, or with --all every one that is selected, after asking.',
  notes: [
    'The next use of a handle from it is refused, also in an app that runs. A grant that denies is taken back too:\n' +
      'whom it denies may ask again.',
    ASKING_NOTE,
  ],
  options: {
    all: { help: 'every grant, or every one that --connection and --principal select' },
    ...FILTER_OPTIONS,
    ...ASKING_OPTIONS,
  },
  run(context) {
    const { args, options } = context;
    const [id] = args;
    const all = options.has('all');
    if (all === (id !== undefined)) throw new UsageError('give either the id of a grant or --all');
    if (!all && (options.has('connection') || options.has('principal'))) {
      throw new UsageError('--connection and --principal need --all');
    }
    const confirmed = asker(options.has('yes'));
    return context.withRoom((room) =>
      id === undefined ? revokeAll(context, room, confirmed) : revokeOne(context, room, id, confirmed),
    );
  },
};

const silences: Command = {
  name: 'grants silences',
  args: [],
  summary: 'List who is denied without a prompt for a while, after three denials in ten minutes.',
  notes: ['Never touches the keyring.'],
  options: {},
  run: (context) =>
    context.withRoom(async (room) => {
      const { items } = await call(room, 'consent.silenced', {});
      const names = await connectionNames(room);
      context.answerList({ items, damaged: 0 }, 'nobody is silenced', () =>
        table(
          ['WHO', 'SINCE', 'UNTIL', 'CONNECTION'],
          items.map((silence) => [...silenceOf(silence), nameIn(names, silence.connectionId)]),
        ),
      );
      return EXIT.ok;
    }),
};

const unsilence: Command = {
  name: 'grants unsilence',
  args: ['<principal>', CONNECTION],
  summary: 'End a silence before its time: the extension or tool may be asked about again.',
  options: { role: { value: 'role', help: 'extension or tool, where both have that id' } },
  async run(context) {
    const [principalId = '', word = ''] = context.args;
    const role = context.options.text('role') as PrincipalRole | undefined;
    if (role !== undefined && role !== 'extension' && role !== 'tool') {
      throw new UsageError('--role is extension or tool');
    }
    return context.withRoom(async (room) => {
      const { id: connectionId, displayName } = await findConnection(room, word);
      const { silenced } = await call(room, 'connections.usage', { id: connectionId });
      const meant = silenced.filter((one) => one.principalId === principalId && one.role === (role ?? one.role));
      if (meant.length > 1) throw new UsageError('an extension and a tool of that id are silenced; give --role');
      if (meant[0] === undefined) {
        throw new StrongroomError('NOT_FOUND', 'nobody of that id is silenced for this connection');
      }
      const silence = { principalId, role: meant[0].role, connectionId };
      await call(room, 'consent.unsilence', silence);
      context.answer(
        { ...silence, unsilenced: true },
        () => `unsilenced ${shortened(who(silence), 80)} for ${named(displayName, connectionId)}\n`,
      );
      return EXIT.ok;
    });
  },
};

export const grantCommands: readonly Command[] = [list, revoke, silences, unsilence];
