/** An extension in a thread or process of its own, given orders from a test (see program.ts). */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StrongroomEvent } from '../../contracts/index.js';
import { StrongroomError } from '../../js/main/index.js';
import { afterwards, type Scope } from '../support/directory.js';
import type { Report } from './program.js';

const PROGRAM = join(__dirname, 'program.ts');

export type Kind = 'worker thread' | 'child process' | 'child process with JSON messages';

export class RemoteExtension {
  readonly port: Worker | ChildProcess;
  /** Everything that came out of it. */
  readonly messages: unknown[] = [];
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 1;

  private constructor(port: Worker | ChildProcess) {
    this.port = port;
    port.on('message', (message: Partial<Report>) => {
      this.messages.push(message);
      const waiting = this.#waiting.get(message.report ?? 0);
      this.#waiting.delete(message.report ?? 0);
      if (waiting === undefined) return;
      if ('error' in message && message.error !== undefined) {
        const { code, message: text } = message.error;
        waiting.reject(new StrongroomError(code as 'INTERNAL', text));
      } else waiting.resolve((message as { value: unknown }).value);
    });
  }

  static async start(scope: Scope, kind: Kind): Promise<RemoteExtension> {
    const port =
      kind === 'worker thread'
        ? // Node 20 does not run --import in workers.
          new Worker(`require('tsx/cjs'); require(${JSON.stringify(PROGRAM)});`, { eval: true })
        : fork(PROGRAM, [], {
            execArgv: ['--import', 'tsx'],
            serialization: kind === 'child process' ? 'advanced' : 'json',
          });
    const remote = new RemoteExtension(port);
    afterwards(scope, () => remote.end());
    while (!remote.messages.some((message) => (message as { ready?: boolean }).ready === true)) {
      await once(port, 'message');
    }
    return remote;
  }

  /** Resolves with what the extension's call resolved with, as far as a message can carry it. */
  order(method: string, ...args: readonly unknown[]): Promise<unknown> {
    const order = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(order, { resolve, reject });
      const message = { order, method, args };
      if (this.port instanceof Worker) this.port.postMessage(message);
      else this.port.send(message);
    });
  }

  /** Waits for an event that the extension's client has handed out. */
  async heard(matches: (event: StrongroomEvent) => boolean): Promise<StrongroomEvent> {
    for (;;) {
      const found = this.events().find(matches);
      if (found !== undefined) return found;
      await once(this.port, 'message');
    }
  }

  /** The events so far. */
  events(): StrongroomEvent[] {
    return this.messages.flatMap((message) => (message as { heard?: StrongroomEvent }).heard ?? []);
  }

  async end(): Promise<void> {
    if (this.port instanceof Worker) await this.port.terminate();
    else if (this.port.exitCode === null && this.port.signalCode === null) {
      this.port.kill('SIGKILL');
      await once(this.port, 'exit');
    }
  }
}
