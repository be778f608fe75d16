// What every tool here needs: the root folder, running programs, telling how it goes. Nothing but Node's own modules:
// these tools run before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** An end with a message for the person and an exit code, without a stack trace. */
export class Stop extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** As util.parseArgs; what that refuses is a Stop with the reason and `usage`. */
export function parseOptions(config, usage) {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!String(error.code).startsWith('ERR_PARSE_ARGS_')) throw error;
    throw new Stop(`${error.message}\n${usage}`, 2);
  }
}

/** Progress goes to stderr: stdout belongs to the command itself. */
export function say(text) {
  process.stderr.write(`strongroom: ${text}\n`);
}

/** Runs `work`, and says what it is doing and how long it took. */
export async function timed(what, work) {
  const start = performance.now();
  say(`${what} …`);
  const result = await work();
  say(`${what}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/**
 * Runs a program and resolves with its exit code; 127 when there is no such program. It runs in the root folder, without
 * a standard input, and writes to stderr; `options` are those of child_process.spawn. With `endsWithUs` a signal that asks
 * us to end ends the program instead, and then us.
 */
export function exitCodeOf(command, args, { endsWithUs = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
    if (endsWithUs) {
      // Never as SIGINT: of that a terminal has told the program already, and a second one could kill it.
      const end = () => child.kill('SIGTERM');
      for (const signal of ['SIGINT', 'SIGTERM']) {
        process.on(signal, end);
        child.once('close', () => process.off(signal, end));
      }
    }
    child.on('error', (error) => (error.code === 'ENOENT' ? resolve(127) : reject(error)));
    child.on('close', (code, signal) => {
      if (signal) say(`${path.basename(command)} was ended by ${signal}`);
      resolve(code ?? 1);
    });
  });
}

/** As exitCodeOf, but an exit code other than 0 is a Stop. `hint` is added to its message. */
export async function run(command, args, { hint, ...options } = {}) {
  const code = await exitCodeOf(command, args, options);
  if (code !== 0) {
    const reason = code === 127 ? 'not found' : `exit code ${code}`;
    throw new Stop(
      `${path.basename(command)} ${args.slice(0, 3).join(' ')} failed (${reason})${hint ? `\n${hint}` : ''}`,
    );
  }
}

/** The trimmed output of a short program, or undefined when it fails or does not exist. */
export function outputOf(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** Is there a program of this name on the PATH? */
export function hasProgram(name) {
  return outputOf('sh', ['-c', `command -v ${name}`]) !== undefined;
}

/** A program that the locked npm packages bring along. */
export function bin(name) {
  return path.join(root, 'node_modules/.bin', name);
}
