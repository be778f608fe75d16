/** What a person or a program types or pipes in: a secret's value, and the answer to a question. */
import type { ReadStream } from 'node:tty';
import { StrongroomError } from '../main/errors.js';
import { UsageError } from './failure.js';

/** More than the longest value (10,000 code points of four bytes) and its newline can be. */
const MOST_BYTES = 40_002;

const cancelled = () => new StrongroomError('CANCELLED', 'cancelled');

/** UTF-8 as text; the bytes are wiped. */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError('the value is not UTF-8 text');
  } finally {
    bytes.fill(0);
  }
}

/**
 * A value from standard input. One newline at its end is dropped, since `echo` and editors add one, unless `raw`.
 * What was read is wiped, as far as JavaScript lets one.
 */
async function pipedValue(raw: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) {
      for (const each of chunks) each.fill(0);
      throw new StrongroomError('LIMIT_EXCEEDED', 'the value on standard input has more than 10,000 characters');
    }
  }
  const whole = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  const text = decoded(whole);
  return raw ? text : text.replace(/\r?\n$/, '');
}

const PASTE_ON = '\x1b[?2004h';
const PASTE_OFF = '\x1b[?2004l';
const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** Keys as the terminal sends them in raw mode, turned into a line. Knows nothing of the terminal itself. */
export class LineEditor {
  #line: string[] = [];
  #pasting = false;
  #pending = '';

  /** The line as typed, once `feed` has said `done`. */
  get text(): string {
    return this.#line.join('');
  }

  /**
   * Takes what was typed. `done`: Enter or Ctrl-D; `cancelled`: Ctrl-C; `more`: neither yet. `rest` is what followed
   * the Enter: without bracketed paste, the further lines of a paste, which nobody must take for commands.
   */
  feed(typed: string): { state: 'more' | 'done' | 'cancelled'; rest: string } {
    const input = this.#pending + typed;
    this.#pending = '';
    for (let i = 0; i < input.length; ) {
      const left = input.slice(i);
      if (left[0] === '\x1b') {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal sends
        const sequence = /^\x1b(?:\[[0-?]*[ -/]*[@-~]|O[@-~]|[^[O\x1b])/.exec(left)?.[0];
        if (sequence === undefined) {
          this.#pending = left; // the sequence goes on in the next piece
          break;
        }
        if (sequence === PASTE_START) this.#pasting = true;
        if (sequence === PASTE_END) this.#pasting = false;
        i += sequence.length;
        continue;
      }
      const character = String.fromCodePoint(left.codePointAt(0) ?? 0);
      i += character.length;
      if (this.#pasting) {
        this.#line.push(character === '\r' ? '\n' : character);
      } else if (character === '\r' || character === '\n') {
        return { state: 'done', rest: input.slice(i) };
      } else if (character === '\x03') {
        return { state: 'cancelled', rest: '' };
      } else if (character === '\x04') {
        return { state: this.#line.length > 0 ? 'done' : 'cancelled', rest: '' };
      } else if (character === '\x7f' || character === '\b') {
        this.#line.pop();
      } else if (character === '\x15') {
        this.#line = [];
      } else if (character >= ' ') {
        this.#line.push(character);
      }
    }
    return { state: 'more', rest: '' };
  }
}

/** A value typed at the terminal, not shown. A paste may have several lines. */
function hiddenValue(prompt: string): Promise<string> {
  const terminal = process.stdin as ReadStream;
  const editor = new LineEditor();
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      terminal.off('data', typed).off('end', closed).setRawMode(false).pause();
      process.stderr.write(`${PASTE_OFF}\n`);
      settle();
    };
    const closed = (): void => end(() => reject(cancelled()));
    const typed = (chunk: string): void => {
      const { state, rest } = editor.feed(chunk);
      if (state === 'cancelled') {
        end(() => reject(cancelled()));
      } else if (state === 'done' && rest !== '') {
        end(() =>
          reject(
            new UsageError(
              'the value has several lines, and this terminal does not say where a paste ends; give it on standard input',
            ),
          ),
        );
      } else if (state === 'done') {
        end(() => resolve(editor.text));
      }
    };
    terminal.setEncoding('utf8').setRawMode(true);
    terminal.on('data', typed).on('end', closed).resume();
    process.stderr.write(`${PASTE_ON}${prompt}`);
  });
}

/** What the help of a command that reads a value says of it. */
export const VALUE_NOTES = [
  "A value is never taken from the command line, where the shell's history and other users could see it.",
  'One newline at the end of standard input is dropped; with --raw everything is kept, as a private key may need.',
] as const;

export const VALUE_OPTIONS = { raw: { help: 'keep a newline at the end of standard input' } } as const;

/** A secret's value: from standard input, or from a prompt that does not show it when that is a terminal. Never empty. */
export async function readValue(prompt: string, raw: boolean): Promise<string> {
  const value = await (process.stdin.isTTY ? hiddenValue(prompt) : pipedValue(raw));
  if (value === '') throw new UsageError('the value is empty');
  return value;
}

/** What the help of a command that asks first says of it. */
export const ASKING_NOTE =
  'Without a terminal to ask at, --yes must be given. An answer other than yes exits with 1 and changes nothing.';

export const ASKING_OPTIONS = { yes: { help: 'do not ask' } } as const;

/** What puts a question, and says yes by itself with `--yes`. Throws a UsageError if there is nobody to ask. */
export function asker(yes: boolean): (question: string) => Promise<boolean> {
  if (yes) return () => Promise.resolve(true);
  if (process.stdin.isTTY) return confirm;
  throw new UsageError('there is no terminal to ask at; give --yes to do it without asking');
}

/** Asks a question at the terminal; everything but y and yes is no. A value can be typed afterwards. */
function confirm(question: string): Promise<boolean> {
  const terminal = process.stdin as ReadStream;
  let answer = '';
  return new Promise((resolve) => {
    const end = (): void => {
      terminal.off('data', typed).off('end', end).pause();
      resolve(/^\s*y(es)?\s*\n/i.test(answer));
    };
    const typed = (chunk: string): void => {
      answer += chunk;
      if (answer.includes('\n')) end();
    };
    terminal.setEncoding('utf8').on('data', typed).on('end', end).resume();
    process.stderr.write(`${question} [y/N] `);
  });
}
