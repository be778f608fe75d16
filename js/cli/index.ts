#!/usr/bin/env node
/** `strongroom`: the store from a terminal. Prints no secret, and takes none from the command line. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkUsage, commandHelp, findCommand, groupHelp, parseCommandLine } from './arguments.js';
import { auditCommands } from './audit.js';
import { type Command, Context } from './command.js';
import { connectionCommands } from './connections.js';
import { doctor } from './doctor.js';
import { EXIT, failureOf, MidOutputError, UsageError } from './failure.js';
import { grantCommands } from './grants.js';
import { secretCommands } from './secrets.js';
import { printable, printableJson } from './terminal.js';

const COMMANDS: readonly Command[] = [
  doctor,
  ...secretCommands,
  ...connectionCommands,
  ...grantCommands,
  ...auditCommands,
];
const GROUPS = new Set(COMMANDS.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0] ?? ''));

function version(): string {
  // js/cli in the sources, dist/js/cli when built: the package's root is where package.json is.
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) throw error;
    }
  }
}

async function run(argv: readonly string[]): Promise<number> {
  const { words, options } = parseCommandLine(argv, COMMANDS);
  if (words[0] === 'help') {
    words.shift();
    options.add('help', '');
  }
  const found = findCommand(words, COMMANDS);
  const group = GROUPS.has(words[0] ?? '') ? (words[0] ?? '') : '';
  if (options.has('help')) {
    process.stdout.write(found === undefined ? groupHelp(group, COMMANDS) : commandHelp(found.command));
    return EXIT.ok;
  }
  if (options.has('version')) {
    process.stdout.write(options.has('json') ? `${printableJson({ version: version() })}\n` : `${version()}\n`);
    return EXIT.ok;
  }
  if (found === undefined) {
    const rest = words.slice(group === '' ? 0 : 1);
    throw new UsageError(
      rest.length === 0 ? 'no command was given' : `there is no such command${group === '' ? '' : ` in "${group}"`}`,
    );
  }
  const { command, args } = found;
  checkUsage(command, args, options);
  return command.run(new Context(args, options));
}

/** Where the help for what went wrong is. */
function helpHint(argv: readonly string[]): string {
  const words = argv.filter((word) => !word.startsWith('-'));
  const name = findCommand(words, COMMANDS)?.command.name ?? (GROUPS.has(words[0] ?? '') ? words[0] : undefined);
  return `see "${['strongroom', name, '--help'].filter((word) => word !== undefined).join(' ')}"`;
}

async function main(argv: readonly string[]): Promise<void> {
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  try {
    process.exitCode = await run(argv);
  } catch (error) {
    const { exitCode, code, message } = failureOf(error, argv);
    const hint = error instanceof UsageError ? `; ${helpHint(argv)}` : '';
    if (argv.includes('--json')) {
      const stream = error instanceof MidOutputError ? process.stderr : process.stdout;
      stream.write(`${printableJson({ error: { code, message: message + hint } })}\n`);
    } else {
      process.stderr.write(`strongroom: ${code}: ${printable(message + hint)}\n`);
    }
    process.exitCode = exitCode;
  }
}

void main(process.argv.slice(2));
