/** The native benchmark program: builds it, and drives it line by line so that it can take turns with JavaScript. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Scope } from '../support/directory.js';
import { linesOf, start } from '../support/process.js';
import type { Timed } from './measure.js';

const root = path.resolve(__dirname, '../..');

export class NativeBench {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** The libraries that it, and the addon likewise, has linked in. */
  libraries: { sqlite: string; openssl: string } = { sqlite: '', openssl: '' };

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = linesOf(child.stdout);
  }

  /** Builds the program with CMake's preset `bench`; quick when nothing has changed. Shows the output of a failure. */
  static build(): void {
    for (const args of [
      ['--preset', 'bench'],
      ['--build', '--preset', 'bench', '--target', 'strongroom_bench', '-j', '2'],
    ]) {
      const { status, error, stdout, stderr } = spawnSync('cmake', args, { cwd: root, encoding: 'utf8' });
      if (status !== 0) throw new Error(`cmake ${args.join(' ')} failed: ${error?.message ?? stdout + stderr}`);
    }
  }

  /** Starts it with a store of its own in `dir`; `messages` is the file with the requests to validate. */
  static async start(
    scope: Scope,
    dir: string,
    settings: { secrets: number; valueBytes: number },
    messages: string,
  ): Promise<NativeBench> {
    mkdirSync(dir, { mode: 0o700 });
    const program = path.join(root, 'build/native/bench/test/bench/strongroom_bench');
    const args = [dir, String(settings.secrets), String(settings.valueBytes), messages];
    const bench = new NativeBench(start(scope, program, args, { stdio: ['pipe', 'pipe', 2] }));
    bench.libraries = (await bench.#answer()) as NativeBench['libraries'];
    return bench;
  }

  read(variant: 'core' | 'bare' | 'bare-kept-key', count: number): Promise<Timed> {
    return this.#time(`read ${variant}`, count);
  }

  validate(channel: string, count: number): Promise<Timed> {
    return this.#time(`validate ${channel}`, count);
  }

  async #time(command: string, count: number): Promise<Timed> {
    this.#child.stdin?.write(`${command} ${count}\n`);
    const { ns } = (await this.#answer()) as { ns: number };
    return { count, ns };
  }

  async #answer(): Promise<object> {
    const line = await this.#lines.next();
    if (line.done) throw new Error('the native benchmark program has ended');
    const answer = JSON.parse(line.value) as { error?: string };
    if (answer.error !== undefined) throw new Error(`the native benchmark program failed: ${answer.error}`);
    return answer;
  }
}
