/** Child processes of a test: none outlives it. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterwards, type Scope } from './directory.js';

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: Buffer;
}

/** Starts a child that is killed, at the latest, when the test has ended. */
export function start(
  scope: Scope,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const child = spawn(command, args, options);
  child.on('error', () => {}); // `end` reports it
  afterwards(scope, () => stop(child));
  return child;
}

/** Resolves once `child` has ended. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

/** Kills `child` and waits for its end. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  child.kill(signal);
  await ended(child);
}

async function everything(stream: Readable | null): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream ?? []) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Runs a program to its end, with `input` on its standard input. */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { input?: string } = {},
): Promise<Finished> {
  const { input, ...rest } = options;
  const child = spawn(command, args, { ...rest, stdio: 'pipe' });
  const failed = new Promise<never>((_, reject) => child.on('error', reject));
  child.stdin.on('error', () => {}); // it may end without reading
  child.stdin.end(input ?? '');
  const [stdout, stderr] = await Promise.race([
    Promise.all([everything(child.stdout), everything(child.stderr)]),
    failed,
  ]);
  const { code, signal } = await ended(child);
  return { code, signal, stdout, stderr };
}

/** The lines of a stream. */
export function linesOf(stream: Readable | null): AsyncIterableIterator<string> {
  if (!stream) throw new Error('the child has no such stream');
  return createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
}
