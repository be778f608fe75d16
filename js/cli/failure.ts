/** How a command ends when it does not end well. */
import type { ErrorCode } from '../../contracts/index.js';
import { StrongroomError } from '../main/errors.js';

/** Exit codes: part of the interface, scripts test for them. */
export const EXIT = { ok: 0, no: 1, usage: 2, failure: 3 } as const;

/** The command line itself is wrong. Never repeats an argument: it may be a secret in the wrong place. */
export class UsageError extends Error {}

/** What went wrong while standard output was being filled with data: it must not be written in between. */
export class MidOutputError extends Error {
  constructor(cause: unknown) {
    super('the output is incomplete', { cause });
  }
}

/** A failure as one line or one object: a stable code and a message for a person. */
export interface Failure {
  exitCode: number;
  code: ErrorCode;
  message: string;
}

const SYSTEM_ERRORS: Readonly<Record<string, ErrorCode>> = {
  EEXIST: 'ALREADY_EXISTS',
  ENOENT: 'NOT_FOUND',
  ENOSPC: 'STORE_FULL',
  EROFS: 'STORE_READ_ONLY',
};

/** The option of the command line `argv` that gave the member at `path`, a JSON Pointer; `path` if none did. */
function placeOf(path: string, argv: readonly string[]): string {
  const option = `--${path.slice(1).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return argv.some((word) => word === option || word.startsWith(`${option}=`)) ? option : path;
}

/** What `error` comes to, to which the command line `argv` has led. */
export function failureOf(error: unknown, argv: readonly string[]): Failure {
  if (error instanceof MidOutputError) return failureOf(error.cause, argv);
  if (error instanceof UsageError) return { exitCode: EXIT.usage, code: 'INVALID_REQUEST', message: error.message };
  if (error instanceof StrongroomError) {
    let text = error.message.replace(/ \(and \d+ more\)$/, '');
    const places: string[] = [];
    for (const [index, { path, message }] of (error.issues ?? []).entries()) {
      const pointed = path === '' ? message : `${path}: ${message}`;
      const place = path === '' ? message : `${placeOf(path, argv)}: ${message}`;
      // The core's message tells of the first place already.
      if (index === 0 && text.endsWith(pointed)) text = text.slice(0, -pointed.length) + place;
      else places.push(place);
    }
    const hint = error.detail === 'app-id' ? '; without --app-id it is opened as what it is' : '';
    return {
      exitCode: error.code === 'INVALID_REQUEST' ? EXIT.usage : EXIT.failure,
      code: error.code,
      message: [text, ...places].join('; ') + hint,
    };
  }
  const { code, message } = error as NodeJS.ErrnoException;
  return { exitCode: EXIT.failure, code: SYSTEM_ERRORS[code ?? ''] ?? 'INTERNAL', message: message ?? 'unknown error' };
}
