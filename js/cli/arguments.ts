/** The command line: its commands, their options and their help. */
import { parseArgs } from 'node:util';
import { UsageError } from './failure.js';

export interface OptionSpec {
  /** What stands for the value in the help; an option without one is a switch. */
  value?: string;
  help: string;
  repeat?: boolean;
}

export interface CommandSpec {
  /** "secrets add" and so on. */
  name: string;
  /** Names of the arguments, for the help; `<…>` must be given. */
  args: readonly string[];
  summary: string;
  /** Further paragraphs of the help. */
  notes?: readonly string[];
  /** Reads a value: one argument too many may be it. */
  readsValue?: true;
  options: Readonly<Record<string, OptionSpec>>;
}

export const GLOBAL_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  dir: {
    value: 'directory',
    help: "the store (default: $STRONGROOM_DIR, or strongroom in the user's data directory)",
  },
  'app-id': { value: 'id', help: 'the app that the store belongs to, such as com.example.app' },
  'app-name': { value: 'name', help: 'the name people see in their keyring, when the store gets its key' },
  'key-provider': {
    value: 'name',
    help: 'where a new key may be kept: os-keyring or master-key-file; repeat it for an order of preference',
    repeat: true,
  },
  json: { help: 'write one JSON document instead of text' },
  help: { help: 'show this help' },
  version: { help: 'show the version' },
};

const VALUE_REFUSED =
  "a value is never taken from the command line, where the shell's history and other users could see it; " +
  'give it on standard input or type it at the prompt';

/** Options as they were given: text, a list for those that repeat, true for switches. */
export class Options {
  readonly #given = new Map<string, string[]>();

  add(name: string, value: string): void {
    this.#given.set(name, [...(this.#given.get(name) ?? []), value]);
  }
  has(name: string): boolean {
    return this.#given.has(name);
  }
  text(name: string): string | undefined {
    return this.#given.get(name)?.at(-1);
  }
  list(name: string): string[] {
    return this.#given.get(name) ?? [];
  }
  names(): string[] {
    return [...this.#given.keys()];
  }
}

export interface CommandLine {
  /** The words that are no options: the command's name, then its arguments. */
  words: string[];
  options: Options;
}

/** Takes the command line apart. Throws a UsageError, which repeats nothing that could be a secret. */
export function parseCommandLine(argv: readonly string[], commands: readonly CommandSpec[]): CommandLine {
  const specs: Record<string, OptionSpec> = Object.assign(
    {},
    GLOBAL_OPTIONS,
    ...commands.map(({ options }) => options),
  );
  const config = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      {
        type: spec.value === undefined ? ('boolean' as const) : ('string' as const),
        ...(name === 'help' ? { short: 'h' } : {}),
      },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const words: string[] = [];
  const options = new Options();
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) {
      if (['value', 'secret', 'token', 'password', 'key'].includes(token.name)) throw new UsageError(VALUE_REFUSED);
      throw new UsageError(
        /^[a-z]{2,}(-[a-z]+){0,2}$/.test(token.name) ? `there is no option --${token.name}` : 'unknown option',
      );
    }
    if (spec.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`--${token.name} takes no value`);
      options.add(token.name, '');
      continue;
    }
    // "--dir --json" is a forgotten directory, not a directory of that name; "--dir=--json" can say so.
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith('-') && token.value !== '-')) {
      throw new UsageError(`--${token.name} needs a ${spec.value}`);
    }
    if (!spec.repeat && options.has(token.name)) throw new UsageError(`--${token.name} was given twice`);
    options.add(token.name, token.value);
  }
  return { words, options };
}

/** The command that `words` name, and its arguments; undefined if they name none. */
export function findCommand<T extends CommandSpec>(
  words: readonly string[],
  commands: readonly T[],
): { command: T; args: string[] } | undefined {
  for (const command of commands) {
    const name = command.name.split(' ');
    if (name.every((word, i) => words[i] === word)) return { command, args: words.slice(name.length) };
  }
  return undefined;
}

/** Refuses what the command does not take. */
export function checkUsage(command: CommandSpec, args: readonly string[], options: Options): void {
  for (const name of options.names()) {
    if (!Object.hasOwn(GLOBAL_OPTIONS, name) && !Object.hasOwn(command.options, name)) {
      throw new UsageError(`"${command.name}" takes no option --${name}`);
    }
  }
  // It would be the working directory.
  if (options.text('dir') === '') throw new UsageError(`--dir needs a ${GLOBAL_OPTIONS.dir?.value}`);
  const required = command.args.filter((arg) => arg.startsWith('<')).length;
  if (args.length < required) throw new UsageError(`"${command.name}" needs ${command.args[args.length]}`);
  if (args.length > command.args.length) {
    throw new UsageError(
      command.readsValue
        ? VALUE_REFUSED
        : `"${command.name}" takes ${command.args.length === 0 ? 'no' : 'fewer'} arguments`,
    );
  }
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string {
  const named = Object.entries(options).map(([name, spec]) => ({
    left: `  ${name === 'help' ? '-h, ' : ''}--${name}${spec.value === undefined ? '' : ` <${spec.value}>`}`,
    help: spec.help,
  }));
  const width = Math.max(...named.map(({ left }) => left.length));
  return named.map(({ left, help }) => `${left.padEnd(width)}  ${help}\n`).join('');
}

const EXIT_CODES = 'Exit codes: 0 done, 1 the answer is no, 2 the command line is wrong, 3 it failed.\n';

/** The help for one command. */
export function commandHelp(command: CommandSpec): string {
  const usage = ['strongroom', command.name, ...command.args, '[options]'].join(' ');
  const notes = (command.notes ?? []).map((note) => `${note}\n\n`).join('');
  const own = Object.keys(command.options).length > 0 ? `Options:\n${optionLines(command.options)}\n` : '';
  return `Usage: ${usage}\n\n${command.summary}\n\n${notes}${own}Common options:\n${optionLines(GLOBAL_OPTIONS)}\n${EXIT_CODES}`;
}

/** The help for a group of commands ("secrets"), or for all of them (""). */
export function groupHelp(group: string, commands: readonly CommandSpec[]): string {
  const listed = commands.filter(({ name }) => group === '' || name.startsWith(`${group} `));
  const lines = listed.map(({ name, args, summary }) => ({ left: `  ${[name, ...args].join(' ')}`, summary }));
  const width = Math.max(...lines.map(({ left }) => left.length));
  const usage = ['strongroom', group, '<command> [options]'].filter((part) => part !== '').join(' ');
  return `Usage: ${usage}\n\nCommands:\n${lines.map(({ left, summary }) => `${left.padEnd(width)}  ${summary}\n`).join('')}\nCommon options:\n${optionLines(GLOBAL_OPTIONS)}\n${EXIT_CODES}`;
}
