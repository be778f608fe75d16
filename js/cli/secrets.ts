import type { RequestOf, SecretInfo } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/index.js';
import { type Command, call } from './command.js';
import { EXIT, UsageError } from './failure.js';
import { confirm, readValue } from './input.js';
import { printable, table } from './terminal.js';

/** Every secret, page after page, and how many rows could not be read. */
async function allSecrets(
  room: Strongroom,
  kind?: SecretInfo['kind'],
): Promise<{ items: SecretInfo[]; damaged: number }> {
  const items: SecretInfo[] = [];
  let damaged = 0;
  let cursor: string | undefined;
  do {
    const page = await call(room, 'secrets.list', { kind, cursor, limit: 500 });
    items.push(...page.items);
    damaged += page.damaged ?? 0;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { items, damaged };
}

/** The secret that `word` names: its id, its env key or its name. */
async function findSecret(room: Strongroom, word: string): Promise<SecretInfo> {
  const { items } = await allSecrets(room);
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
      const { items, damaged } = await allSecrets(room, kind);
      context.answer(damaged > 0 ? { items, damaged } : { items }, () =>
        items.length === 0
          ? 'no secrets\n'
          : table(
              ['ID', 'KIND', 'ENV KEY', 'UPDATED', 'NAME'],
              items.map((secret) => [secret.id, secret.kind, secret.envKey ?? '-', secret.updatedAt, secret.name]),
            ),
      );
      if (damaged > 0) context.note(`strongroom: ${damaged} damaged and not listed; "strongroom doctor" says more`);
      return EXIT.ok;
    }),
};

const add: Command = {
  name: 'secrets add',
  args: ['<name>'],
  summary: 'Store a secret; its value comes from standard input or a hidden prompt.',
  notes: [
    "A value is never taken from the command line, where the shell's history and other users could see it.",
    'One newline at the end of standard input is dropped; with --raw everything is kept, as a private key may need.',
  ],
  options: {
    kind: {
      value: 'kind',
      help: 'api_key (default), service_token, ssh_key, acme_account_key, managed_private_key, dns_credential, custom',
    },
    'env-key': { value: 'NAME', help: 'the environment variable it stands for' },
    metadata: { value: 'key=value', help: 'a pair to keep with it, in clear; may be repeated', repeat: true },
    raw: { help: 'keep a newline at the end of standard input' },
  },
  async run(context) {
    const { args, options } = context;
    const name = args[0] ?? '';
    const envKey = options.text('env-key');
    const metadata = pairs(options.list('metadata'));
    const value = await readValue(`Value of ${printable(name)} (not shown): `, options.has('raw'));
    if (value === '') throw new UsageError('the value is empty');
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
  notes: [
    'Without a terminal to ask at, --yes must be given. An answer other than yes exits with 1 and deletes nothing.',
    'What the audit log says about the secret stays.',
  ],
  options: { yes: { help: 'do not ask' } },
  run(context) {
    const ask = !context.options.has('yes');
    if (ask && !process.stdin.isTTY) {
      throw new UsageError('there is no terminal to ask at; give --yes to delete without asking');
    }
    return context.withRoom(async (room) => {
      const { id, name } = await findSecret(room, context.args[0] ?? '');
      if (ask && !(await confirm(`Delete ${printable(name)} (${id})? Its value cannot be brought back.`))) {
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
