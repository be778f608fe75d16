/** Runs the real command line on a store in a folder of its own. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { openStrongroom, type Strongroom } from '../../js/main/index.js';

const ROOT = resolve(__dirname, '../..');
const CLI = join(ROOT, 'js/cli/index.ts');
const APP_ID = 'org.example.cli-test';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A value that is nowhere else: it must turn up in no output. */
export const newCanary = (): string => `canary-${randomBytes(24).toString('base64url')}`;

/** What is piped in only once a text has stood on standard error. */
interface Later {
  waitFor: string;
  input: () => Promise<string>;
}

function runProgram(
  program: string,
  args: readonly string[],
  input: string | undefined | Later,
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  return new Promise((done, fail) => {
    // In the repository, where tsx is found.
    const child = spawn(program, args, { cwd: ROOT, env, stdio: 'pipe' });
    const ended = { code: null as number | null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ended.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ended.stderr += text));
    child.on('error', fail).on('close', (code) => done({ ...ended, code }));
    child.stdin.on('error', () => {}); // a program that refuses its arguments reads nothing
    if (typeof input !== 'object') {
      child.stdin.end(input ?? '');
      return;
    }
    const listen = (): void => {
      if (!ended.stderr.includes(input.waitFor)) return;
      child.stderr.off('data', listen);
      input.input().then((text) => child.stdin.end(text), fail);
    };
    child.stderr.on('data', listen);
  });
}

/** A store directory of one test, and the command line on it. */
export class Bench {
  readonly home: string;
  readonly dir: string;
  /** Everything that every run has written. */
  output = '';

  constructor(test: TestContext) {
    this.home = mkdtempSync(join(tmpdir(), 'strongroom-cli-'));
    this.dir = join(this.home, 'store');
    test.after(() => rmSync(this.home, { recursive: true, force: true }));
  }

  #env(): NodeJS.ProcessEnv {
    const { DBUS_SESSION_BUS_ADDRESS: _, XDG_RUNTIME_DIR: __, ...env } = process.env;
    return { ...env, HOME: this.home, XDG_DATA_HOME: join(this.home, 'data'), NO_COLOR: '1' };
  }

  #args(args: readonly string[]): string[] {
    return ['--import', 'tsx', CLI, ...args];
  }

  #storeArgs(args: readonly string[]): string[] {
    return [...args, '--dir', this.dir, '--app-id', APP_ID, '--key-provider', 'master-key-file'];
  }

  async #ended(run: Promise<Ended>): Promise<Ended> {
    const ended = await run;
    this.output += ended.stdout + ended.stderr;
    return ended;
  }

  /** `strongroom <args>` exactly so. */
  plain(args: readonly string[], options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Ended> {
    return this.#ended(
      runProgram(process.execPath, this.#args(args), options.input, { ...this.#env(), ...options.env }),
    );
  }

  /** `strongroom <args>` on the store. */
  run(args: readonly string[], input?: string | Later): Promise<Ended> {
    return this.#ended(runProgram(process.execPath, this.#args(this.#storeArgs(args)), input, this.#env()));
  }

  /** The same with `--json`: what it wrote, parsed. */
  async json<T = Record<string, unknown>>(args: readonly string[], input?: string): Promise<Ended & { answer: T }> {
    const ended = await this.run([...args, '--json'], input);
    return { ...ended, answer: JSON.parse(ended.stdout) as T };
  }

  /** The same on a pseudo-terminal: each step waits for a text and types another one. */
  terminal(args: readonly string[], steps: readonly (readonly [waitFor: string, type: string])[]): Promise<Ended> {
    const program = [process.execPath, ...this.#args(this.#storeArgs(args))];
    return this.#ended(
      runProgram(
        'python3',
        [join(__dirname, 'on_terminal.py'), JSON.stringify(steps), ...program],
        undefined,
        this.#env(),
      ),
    );
  }

  /** The store itself, as an application opens it. */
  async withRoom<T>(work: (room: Strongroom) => Promise<T>): Promise<T> {
    const room = await openStrongroom({ dir: this.dir, appId: APP_ID, keyProviders: ['master-key-file'] });
    try {
      return await work(room);
    } finally {
      await room.close();
    }
  }

  /** The value of the secret called `name`. */
  valueOf(name: string): Promise<string> {
    return this.withRoom(async (room) => {
      const { items } = await room.secrets.list();
      const secret = items.find((item) => item.name === name);
      if (secret === undefined) throw new Error(`no secret ${name}`);
      return room.secrets.reveal(secret.id, { reason: 'the test compares it' });
    });
  }
}
