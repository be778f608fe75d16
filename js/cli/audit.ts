import { open, rename, rm } from 'node:fs/promises';
import type { AuditEntry, AuditFilter, AuditVerdict } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';
import type { Strongroom } from '../main/index.js';
import { type Command, type Context, call } from './command.js';
import { EXIT, MidOutputError, UsageError } from './failure.js';
import { outcomeOf, shortened, who } from './phrases.js';
import { Progress } from './progress.js';
import { printable, printableLines, table } from './terminal.js';

const PROBLEMS: Readonly<Record<NonNullable<AuditVerdict['firstBad']>['problem'], string>> = {
  hash: 'its content was changed',
  link: 'it does not follow from the entry before it',
  gap: 'it is missing',
  seal: 'its seal is missing or not by the key of this store',
  truncated: 'it and what followed are missing',
};

const verify: Command = {
  name: 'audit verify',
  args: [],
  summary: 'Check every hash, link and seal of the audit log.',
  notes: ['The seal is checked if the key can be had without a prompt. Exits with 1 if the log was touched.'],
  options: {},
  run: (context) =>
    context.withRoom(async (room) => {
      const verdict = await call(room, 'audit.verify', {});
      context.answer(verdict, () => {
        const { ok, entries, sealedThrough, sealChecked, firstBad } = verdict;
        const seal = sealChecked
          ? `sealed through entry ${sealedThrough}`
          : `seal not checked${ok ? ': the key cannot be had without a prompt' : ''}`;
        if (ok) return `intact: ${entries} entries, ${seal}\n`;
        const where =
          firstBad === undefined
            ? ''
            : ` at entry ${firstBad.seq}: ${PROBLEMS[firstBad.problem]} (${firstBad.problem})`;
        return `NOT INTACT${where}; ${entries} entries, ${seal}\n`;
      });
      return verdict.ok ? EXIT.ok : EXIT.no;
    }),
};

/** "2026-11-21" (its first or its last millisecond, UTC) or any ISO 8601 time, as the contract's time. */
function timeOf(given: string | undefined, option: string, endOfDay: boolean): string | undefined {
  if (given === undefined) return undefined;
  const day = /^\d{4}-\d{2}-\d{2}$/.test(given);
  const time = new Date(day ? `${given}T${endOfDay ? '23:59:59.999' : '00:00:00.000'}Z` : given);
  const known = day || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/.test(given);
  // The Date constructor takes 30 February for 1 or 2 March.
  const exists = !Number.isNaN(time.getTime()) && (!day || time.toISOString().startsWith(given));
  if (!known || !exists) throw new UsageError(`--${option} needs a day (2026-11-21) or a time (2026-11-21T23:47:05Z)`);
  return time.toISOString();
}

/** The action that was given, if there is such a one. */
async function actionOf(given: string | undefined): Promise<AuditFilter['action']> {
  if (given === undefined) return undefined;
  // Loaded only now: with the contracts comes what checks them.
  const { AUDIT_ACTIONS } = await import('../../contracts/index.js');
  const action = AUDIT_ACTIONS.find((known) => known === given);
  if (action === undefined) throw new UsageError(`--action is one of ${AUDIT_ACTIONS.join(', ')}`);
  return action;
}

function numberOf(given: string | undefined, option: string): number | undefined {
  if (given !== undefined && !/^\d{1,9}$/.test(given)) throw new UsageError(`--${option} needs a number`);
  return given === undefined ? undefined : Number(given);
}

function rowOf(entry: AuditEntry): string[] {
  const { seq, at, action, secretId, connectionId, field, reason, detail } = entry;
  const target = [secretId, connectionId, field].filter((part) => part !== null).join(' ');
  return [
    String(seq),
    at,
    who(entry),
    action,
    outcomeOf(entry),
    target === '' ? '-' : target,
    shortened(reason ?? detail ?? '-', 60),
  ];
}

const list: Command = {
  name: 'audit list',
  args: [],
  summary: 'List entries of the audit log, newest first.',
  notes: ['Never touches the keyring. A day given to --since or --until is a day in UTC, and is included.'],
  options: {
    actor: { value: 'id', help: 'only what this principal, or this role, did' },
    action: { value: 'action', help: 'only this action, such as secret.use' },
    outcome: { value: 'outcome', help: 'only allowed, denied or failed' },
    'secret-id': { value: 'id', help: 'only entries about this secret' },
    'connection-id': { value: 'id', help: 'only entries about this connection' },
    since: { value: 'time', help: 'from this day or time on' },
    until: { value: 'time', help: 'up to this day or time' },
    limit: { value: 'number', help: 'how many, 1 to 500 (default 50)' },
    cursor: { value: 'text', help: 'where the list before ended' },
  },
  async run(context) {
    const { options } = context;
    const filter: AuditFilter = {
      actor: options.text('actor'),
      action: await actionOf(options.text('action')),
      outcome: options.text('outcome') as AuditFilter['outcome'], // the core checks it
      secretId: options.text('secret-id'),
      connectionId: options.text('connection-id'),
      since: timeOf(options.text('since'), 'since', false),
      until: timeOf(options.text('until'), 'until', true),
      limit: numberOf(options.text('limit'), 'limit') ?? 50,
      cursor: options.text('cursor'),
    };
    return context.withRoom(async (room) => {
      const page = await call(room, 'audit.list', filter);
      context.answer(page, () =>
        page.items.length === 0
          ? 'no entries\n'
          : table(['SEQ', 'TIME', 'WHO', 'ACTION', 'OUTCOME', 'TARGET', 'REASON'], page.items.map(rowOf)),
      );
      if (page.damaged !== undefined)
        context.note(`strongroom: ${page.damaged} damaged and not listed; run "strongroom audit verify"`);
      if (page.nextCursor !== undefined && !context.json) context.note(`more with --cursor ${page.nextCursor}`);
      return EXIT.ok;
    });
  },
};

/**
 * Writes `pieces` to a new file with mode 0600, complete or not at all: they go to a file beside it, which takes the
 * name when it is on the disk. With `force` it takes the place of a file that is there.
 */
async function writeFile(
  path: string,
  pieces: AsyncIterable<string>,
  force: boolean,
  progress: Progress,
): Promise<void> {
  // Made under its own name (O_EXCL) even when it is written elsewhere, so that nobody can get in between.
  const target = force ? `${path}.${process.pid}.partial` : path;
  const file = await open(target, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || force) throw error;
    throw new StrongroomError('ALREADY_EXISTS', `${path} exists; give --force to replace it`);
  });
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece);
      progress.add(Buffer.byteLength(piece));
    }
    await file.sync();
    if (force) await rename(target, path);
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function writeStdout(pieces: AsyncIterable<string>, progress: Progress): Promise<void> {
  try {
    await pipeToStdout(pieces, progress);
  } catch (error) {
    throw new MidOutputError(error);
  }
}

async function pipeToStdout(pieces: AsyncIterable<string>, progress: Progress): Promise<void> {
  for await (const piece of pieces) {
    const shown = process.stdout.isTTY ? printableLines(piece) : piece;
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(shown, (error) => (error ? reject(error) : resolve()));
    });
    progress.add(Buffer.byteLength(piece));
  }
}

async function runExport(context: Context, room: Strongroom, format: 'jsonl' | 'csv'): Promise<number> {
  const output = context.options.text('output');
  const apart = output !== undefined || process.stdout.isTTY !== true;
  const progress = new Progress(apart, (bytes) => `exported ${Math.round(bytes / 1024)} KiB`);
  try {
    const pieces = room.audit.export({ format });
    if (output === undefined) await writeStdout(pieces, progress);
    else await writeFile(output, pieces, context.options.has('force'), progress);
  } finally {
    progress.end();
  }
  const bytes = progress.done;
  if (output !== undefined) {
    context.answer({ output, format, bytes }, () => `exported ${bytes} bytes to ${printable(output)}\n`);
  }
  return EXIT.ok;
}

const exportLog: Command = {
  name: 'audit export',
  args: [],
  summary: 'Write the whole audit log as JSON Lines or CSV.',
  notes: [
    'The oldest entry comes first. A file is created with mode 0600; one that exists is left alone unless\n' +
      '--force is given. Without --output the log goes to standard output; with --json it has one document a line.',
  ],
  options: {
    format: { value: 'format', help: 'jsonl (default) or csv' },
    output: { value: 'file', help: 'where to' },
    force: { help: 'replace the file if it exists' },
  },
  run(context) {
    const format = context.options.text('format') ?? 'jsonl';
    if (format !== 'jsonl' && format !== 'csv') throw new UsageError('--format is jsonl or csv');
    const output = context.options.text('output');
    if (output === undefined && context.options.has('force')) throw new UsageError('--force needs --output');
    if (output === undefined && context.json && format === 'csv') {
      throw new UsageError('--json and --format csv do not go together on standard output; give --output');
    }
    return context.withRoom((room) => runExport(context, room, format));
  },
};

export const auditCommands: readonly Command[] = [verify, list, exportLog];
