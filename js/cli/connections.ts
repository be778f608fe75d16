import type { Connection, ConnectionScope, ResponseOf } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/index.js';
import { allPages, type Command, type Context, call } from './command.js';
import { EXIT, UsageError } from './failure.js';
import { ASKING_NOTE, ASKING_OPTIONS, asker, readValue, VALUE_NOTES, VALUE_OPTIONS } from './input.js';
import { CONNECTION, findConnection, isConnectionId, providerNames } from './lookup.js';
import { counted, decisionOf, named, outcomeOf, shortened, silenceOf, who } from './phrases.js';
import { aligned, printable, table } from './terminal.js';

type Usage = ResponseOf<'connections.usage'>;

/** As many accesses as a screen has room for; `--json` has all that the contract gives. */
const SHOWN_ACCESSES = 10;
/** What `connections.usage` tells of at most. */
const MOST_GRANTS = 500;

const nameOf = ({ displayName, id }: Connection): string => named(displayName, id);

const serviceOf = ({ providerId }: Connection, names: ReadonlyMap<string, string>): string => {
  const name = names.get(providerId);
  return name === undefined ? providerId : named(name, providerId);
};

const scopeOf = ({ workspaceId }: Connection): string =>
  workspaceId === null ? 'user' : `workspace ${shortened(workspaceId, 40)}`;

const testOf = ({ lastTest }: Connection): string =>
  lastTest === null ? 'never' : `${lastTest.ok ? 'ok' : 'FAILED'} ${lastTest.at}`;

const issuesOf = ({ needsAttention }: Connection) => needsAttention?.issues ?? [];

const list: Command = {
  name: 'connections list',
  args: [],
  summary: 'List the connections, with what needs attention.',
  notes: [
    'Never touches the keyring. The names of services come from the manifests that the store keeps: no app needs to run.',
  ],
  options: {
    workspace: { value: 'id', help: "only the user's connections and those of this workspace" },
    provider: { value: 'id', help: 'only connections to this provider, such as github.api' },
    scope: { value: 'scope', help: 'only those of the user, or of a workspace: user or workspace' },
  },
  run: (context) =>
    context.withRoom(async (room) => {
      const { options } = context;
      const listed = await allPages(room, 'connections.list', {
        workspaceId: options.text('workspace'),
        providerId: options.text('provider'),
        scope: options.text('scope') as ConnectionScope | undefined, // the core checks it
      });
      const names = await providerNames(room);
      context.answerList(listed, 'no connections', (items) =>
        table(
          ['ID', 'SERVICE', 'SCOPE', 'ATTENTION', 'LAST TEST', 'LAST USED', 'NAME'],
          items.map((connection) => [
            connection.id,
            serviceOf(connection, names),
            scopeOf(connection),
            issuesOf(connection).length === 0 ? '-' : `yes (${issuesOf(connection).length})`,
            testOf(connection),
            connection.lastUsedAt ?? 'never',
            connection.displayName,
          ]),
        ),
      );
      return EXIT.ok;
    }),
};

/** A table under a title, or what there is to say if it has no rows. */
const section = (title: string, header: readonly string[], rows: readonly (readonly string[])[], none: string) =>
  `\n${title}:\n${rows.length === 0 ? `${none}\n` : table(header, rows)}`;

function asText(connection: Connection, usage: Usage, names: ReadonlyMap<string, string>): string {
  const { lastTest } = connection;
  const tested = lastTest === null ? testOf(connection) : `${testOf(connection)}: ${shortened(lastTest.message, 200)}`;
  const attention = issuesOf(connection).map(({ path, code, message }) => [
    'Needs attention',
    `${path === '' ? '' : `${path}: `}${message} (${code})`,
  ]);
  const accesses = usage.accesses.slice(0, SHOWN_ACCESSES);
  const more =
    usage.accesses.length > accesses.length ? `more: strongroom audit list --connection-id ${connection.id}\n` : '';
  return [
    aligned([
      ['Connection', nameOf(connection)],
      ['Service', serviceOf(connection, names)],
      ['Scope', scopeOf(connection)],
      ['Created', connection.createdAt],
      ['Updated', connection.updatedAt],
      ['Last used', usage.lastUsedAt ?? 'never'],
      ['Last test', tested],
      ...attention,
    ]),
    section(
      'Fields',
      ['FIELD', 'VALUE'],
      Object.entries(connection.fields).map(([field, value]) => [field, shortened(String(value), 200)]),
      'none',
    ),
    section(
      'Secrets (never shown)',
      ['FIELD', 'SET', 'SINCE'],
      Object.entries(connection.secrets).map(([field, { hasValue, updatedAt }]) => [
        field,
        hasValue ? 'yes' : 'no',
        updatedAt ?? '-',
      ]),
      'none',
    ),
    section(
      'Who may use it, and who may not',
      ['GRANT', 'WHO', 'DECISION', 'FIELD', 'LAST USED', 'REASON'],
      usage.grants.map((grant) => [
        grant.id,
        who(grant),
        decisionOf(grant),
        grant.field,
        grant.lastUsedAt ?? 'never',
        shortened(grant.reason, 60),
      ]),
      'nobody without being asked about',
    ),
    usage.silenced.length === 0
      ? ''
      : section('Denied without a prompt', ['WHO', 'SINCE', 'UNTIL'], usage.silenced.map(silenceOf), ''),
    section(
      'Last accesses',
      ['TIME', 'WHO', 'ACTION', 'OUTCOME', 'FIELD', 'REASON'],
      accesses.map((entry) => [
        entry.at,
        who(entry),
        entry.action,
        outcomeOf(entry),
        entry.field ?? '-',
        shortened(entry.reason ?? '-', 60),
      ]),
      'none',
    ),
    more,
  ].join('');
}

const show: Command = {
  name: 'connections show',
  args: [CONNECTION],
  summary: 'Show a connection: its fields, which secrets are set, who may use it and who did.',
  notes: ['Never touches the keyring, and never shows a secret.'],
  options: {},
  run: (context) =>
    context.withRoom(async (room) => {
      const connection = await findConnection(room, context.args[0] ?? '');
      const usage = await call(room, 'connections.usage', { id: connection.id });
      const names = await providerNames(room);
      context.answer({ connection, usage }, () => asText(connection, usage, names));
      return EXIT.ok;
    }),
};

/** Shows where the secret may go by now, where the provider changed that. Whether the person wants it sent there. */
async function acceptsTerms(context: Context, connection: Connection, field: string): Promise<boolean> {
  if (!issuesOf(connection).some(({ code }) => code === 'terms_changed')) return true;
  const origins = connection.needsAttention?.origins ?? [];
  const places = origins.length === 0 ? 'no address of its own' : origins.map(printable).join(', ');
  context.note(
    `strongroom: note: ${connection.providerId} changed how or where the secret is sent; it may now go to: ${places}`,
  );
  return asker(context.options.has('yes'))(`Set ${field} of ${nameOf(connection)} all the same?`);
}

/** The connection and the secret field of it that the arguments name. */
async function secretField(room: Strongroom, context: Context): Promise<{ connection: Connection; field: string }> {
  const [word = '', field = ''] = context.args;
  const connection = await findConnection(room, word);
  if (!Object.hasOwn(connection.secrets, field)) {
    const fields = Object.keys(connection.secrets);
    throw new UsageError(
      fields.length === 0
        ? 'this connection has no secret fields'
        : `this connection has no such secret field; it has ${fields.join(', ')}`,
    );
  }
  return { connection, field };
}

const setSecret: Command = {
  name: 'connections set-secret',
  args: [CONNECTION, '<field>'],
  summary: 'Set or replace a secret of a connection; its value comes from standard input or a hidden prompt.',
  notes: [
    ...VALUE_NOTES,
    'Whoever holds the old secret has to ask for it again. Where the address was changed since the secret was entered,\n' +
      'setting it confirms that it may be sent there.',
    'Where the provider changed how or where the secret is sent, that is shown, and setting it asks first.',
    ASKING_NOTE,
  ],
  readsValue: true,
  options: { ...VALUE_OPTIONS, ...ASKING_OPTIONS },
  run: (context) =>
    context.withRoom(async (room) => {
      const { connection, field } = await secretField(room, context);
      for (const { code, message } of issuesOf(connection)) {
        if (code !== 'place_changed') continue;
        context.note(`strongroom: note: ${message}; "strongroom connections show ${connection.id}" shows the address`);
      }
      const { id, termsDigest } = connection;
      if (!(await acceptsTerms(context, connection, field))) {
        context.answer({ id, field, set: false }, () => 'not set\n');
        return EXIT.no;
      }
      const value = await readValue(
        `Value of ${field} of ${nameOf(connection)} (not shown): `,
        context.options.has('raw'),
      );
      const changed = await call(room, 'connections.setSecret', { id, field, value, termsDigest });
      context.answer(changed, () => `set ${field} of ${nameOf(changed)}\n`);
      const left = issuesOf(changed).length;
      if (left > 0) {
        context.note(
          `strongroom: note: it still needs attention (${left}); "strongroom connections show ${changed.id}" says why`,
        );
      }
      return EXIT.ok;
    }),
};

const clearSecret: Command = {
  name: 'connections clear-secret',
  args: [CONNECTION, '<field>'],
  summary: 'Delete the value of a secret of a connection, after asking.',
  notes: [ASKING_NOTE],
  options: ASKING_OPTIONS,
  run(context) {
    const confirmed = asker(context.options.has('yes'));
    return context.withRoom(async (room) => {
      const { connection, field } = await secretField(room, context);
      const { id } = connection;
      if (connection.secrets[field]?.hasValue !== true) {
        context.answer({ id, field, cleared: false }, () => `${field} of ${nameOf(connection)} is not set\n`);
        return EXIT.no;
      }
      if (!(await confirmed(`Delete the value of ${field} of ${nameOf(connection)}? It cannot be brought back.`))) {
        context.answer({ id, field, cleared: false }, () => 'not cleared\n');
        return EXIT.no;
      }
      await call(room, 'connections.clearSecret', { id, field });
      context.answer({ id, field, cleared: true }, () => `cleared ${field} of ${nameOf(connection)}\n`);
      return EXIT.ok;
    });
  },
};

/** What goes with a connection: "2 secrets and 1 grant". */
function companions({ secrets }: Connection, { grants }: Usage): string {
  const set = Object.values(secrets).filter(({ hasValue }) => hasValue).length;
  return `${counted(set, 'secret')} and ${grants.length >= MOST_GRANTS ? `at least ` : ''}${counted(grants.length, 'grant')}`;
}

/** The id that `word` means, and the question to ask before it is gone. A damaged connection can be removed by its id. */
async function removal(room: Strongroom, word: string): Promise<{ id: string; question: string }> {
  try {
    const connection = await findConnection(room, word);
    const usage = await call(room, 'connections.usage', { id: connection.id });
    const along = companions(connection, usage);
    return {
      id: connection.id,
      question: `Delete ${nameOf(connection)}, with ${along}? Its secrets cannot be brought back.`,
    };
  } catch (error) {
    if (!(error instanceof StrongroomError && error.code === 'CORRUPT' && isConnectionId(word))) throw error;
    return { id: word, question: `Delete the damaged connection ${word}, with its secrets and grants?` };
  }
}

const remove: Command = {
  name: 'connections remove',
  args: [CONNECTION],
  summary: 'Delete a connection with its secrets and grants, after asking.',
  notes: [ASKING_NOTE, 'What the audit log says about the connection stays.'],
  options: ASKING_OPTIONS,
  run(context) {
    const confirmed = asker(context.options.has('yes'));
    return context.withRoom(async (room) => {
      const { id, question } = await removal(room, context.args[0] ?? '');
      if (!(await confirmed(question))) {
        context.answer({ id, removed: false }, () => 'not removed\n');
        return EXIT.no;
      }
      await call(room, 'connections.delete', { id });
      context.answer({ id, removed: true }, () => `removed ${id}\n`);
      return EXIT.ok;
    });
  },
};

/** Why this process cannot test a connection, or undefined if it can. */
async function whyUntestable(room: Strongroom, { providerId }: Connection): Promise<string | undefined> {
  const provider = (await call(room, 'providers.list', {})).items.find(({ id }) => id === providerId);
  if (provider?.registered !== true) {
    return `${providerId} is not registered at present; it can be tested in the app, once that has registered it`;
  }
  if (provider.testable) return undefined;
  return `the manifest of ${providerId} names no request to test with; if the app has a test of its own, it has to be done in the app`;
}

const test: Command = {
  name: 'connections test',
  args: [CONNECTION],
  summary: 'Test a connection by the request that its provider names, and record the result.',
  notes: [
    'The secret is sent to the service. Exits with 1 if the test did not pass, or could not be made here.',
    'Only what the manifest says can be done here: a test that is code of the app (onTest) has to be done in the app.',
  ],
  options: {},
  run: (context) =>
    context.withRoom(async (room) => {
      const connection = await findConnection(room, context.args[0] ?? '');
      const message = await whyUntestable(room, connection);
      if (message !== undefined) {
        context.answer({ id: connection.id, tested: false, message }, () => `not tested: ${message}\n`);
        return EXIT.no;
      }
      const result = await call(room, 'connections.test', { id: connection.id });
      context.answer(result, () => {
        const outcome = `${result.ok ? 'ok' : 'FAILED'}: ${shortened(result.message, 500)}`;
        return `${outcome} (${result.durationMs} ms)\n`;
      });
      return result.ok ? EXIT.ok : EXIT.no;
    }),
};

export const connectionCommands: readonly Command[] = [list, show, setSecret, clearSecret, remove, test];
