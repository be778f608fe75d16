import type { RequestOf, SecretInfo } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/index.js';
import { allPages, type Command, call } from './command.js';
import { EXIT, UsageError } from './failure.js';
import { ASKING_NOTE, ASKING_OPTIONS, asker, readValue, VALUE_NOTES, VALUE_OPTIONS } from './input.js';
import { printable, table } from './terminal.js';

/** The secret that `word` names: its id, its env key or its name. */
async function findSecret(room: Strongroom, word: string): Promise<SecretInfo> {
  const { items } = await allPages(room, 'secrets.list', {});
  const byId = items.find(({ id }) => id === word);
  if (byId !== undefined) return byId;
  const named = items.filter(({ name, envKey }) => name === word || envKey === word);
  if (named.length > 1) throw new UsageError('that is the name of one secret and the env key of another; give the id');
  if (named[0] === undefined)
    throw new StrongroomError('NOT_FOUND', 'there is no secret with that id, env key or name');
  return named[0];
}

/** "key=value" pairs as an object, in which `__proto__` is a key like any other (and refused by the core). */
function pairs(given: readonly string[]): Record<string, string> {
  const out = {};
  for (const pair of given) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError('--metadata needs key=value');
    Object.defineProperty(out, pair.slice(0, at), { value: pair.slice(at + 1), enumerable: true, configurable: true });
  }
  return out;
}

const list: Command = {
  name: 'secrets list',
  args: [],
  summary: 'List the secrets, without their values.',
  notes: ['Never touches the keyring.'],
  options: { kind: { value: 'kind', help: 'only secrets of this kind, such as api_key' } },
  run: (context) =>
    context.withRoom(async (room) => {
      const kind = context.options.text('kind') as SecretInfo['kind'] | undefined; // the core checks it
      context.answerList(await allPages(room, 'secrets.list', { kind }), 'no secrets', (items) =>
        table(
          ['ID', 'KIND', 'ENV KEY', 'UPDATED', 'NAME'],
          items.map((secret) => [secret.id, secret.kind, secret.envKey ?? '-', secret.updatedAt, secret.name]),
        ),
      );
      return EXIT.ok;
    }),
};

const add: Command = {
  name: 'secrets add',
  args: ['<name>'],
  summary: 'Store a secret; its value comes from standard input or a hidden prompt.',
  notes: VALUE_NOTES,
  readsValue: true,
  options: {
    kind: {
      value: 'kind',
      help: 'api_key (default), service_token, ssh_key, acme_account_key, managed_private_key, dns_credential, custom',
    },
    'env-key': { value: 'NAME', help: 'the environment variable it stands for' },
    metadata: { value: 'key=value', help: 'a pair to keep with it, in clear; may be repeated', repeat: true },
    ...VALUE_OPTIONS,
  },
  async run(context) {
    const { args, options } = context;
    const name = args[0] ?? '';
    const envKey = options.text('env-key');
    const metadata = pairs(options.list('metadata'));
    const value = await readValue(`Value of ${printable(name)} (not shown): `, options.has('raw'));
    return context.withRoom(
      async (room) => {
        const before = new Set(room.status().notices.map(({ code }) => code));
        const secret = await call(room, 'secrets.create', {
          name,
          kind: (options.text('kind') ?? 'api_key') as RequestOf<'secrets.create'>['kind'],
          value,
          envKey,
          metadata,
        });
        context.answer(secret, () => `added ${secret.id}\n`);
        for (const { code, message } of room.status().notices) {
          if (!before.has(code)) context.note(`strongroom: note: ${printable(message)}`);
        }
        return EXIT.ok;
      },
      { create: true },
    );
  },
};

const remove: Command = {
  name: 'secrets remove',
  args: ['<id, env key or name>'],
  summary: 'Delete a secret and its value, after asking.',
  notes: [ASKING_NOTE, 'What the audit log says about the secret stays.'],
  options: ASKING_OPTIONS,
  run(context) {
    const confirmed = asker(context.options.has('yes'));
    return context.withRoom(async (room) => {
      const { id, name } = await findSecret(room, context.args[0] ?? '');
      if (!(await confirmed(`Delete ${printable(name)} (${id})? Its value cannot be brought back.`))) {
        context.answer({ id, removed: false }, () => 'not removed\n');
        return EXIT.no;
      }
      await call(room, 'secrets.delete', { id });
      context.answer({ id, removed: true }, () => `removed ${id}\n`);
      return EXIT.ok;
    });
  },
};

export const secretCommands: readonly Command[] = [list, add, remove];
