/** A room in another process, called from the test as if it were here. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ErrorCode, Issue } from '../../contracts/index.js';
import { StrongroomError, type StrongroomOptions } from '../../js/main/index.js';
import { afterwards, type Scope } from './directory.js';
import { stop } from './process.js';

export type Call =
  | { method: 'open'; options: StrongroomOptions }
  | { method: 'status' | 'stats' | 'unlock' | 'lock' | 'close' | 'audit.verify' }
  | { method: 'audit.list'; filter: object }
  | { method: 'create'; name: string; value: string }
  | { method: 'list' }
  | { method: 'use'; id: string; times?: number }
  | { method: 'get'; id: string }
  | { method: 'hammer'; name: string; seconds: number; shared: string[] };

export interface Question {
  id: number;
  call: Call;
}

export type Reply =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; code: string; message: string; detail?: string | undefined; issues?: Issue[] | undefined };

/** The child's end is test/support/remote-process.ts. */
export class RemoteRoom {
  readonly process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #next = 0;

  private constructor(child: ChildProcess) {
    this.process = child;
    child.on('message', (message) => {
      const reply = message as Reply;
      const waiter = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.ok) waiter?.resolve(reply.value);
      else if (reply.code === '') waiter?.reject(new Error(reply.message));
      else {
        waiter?.reject(
          new StrongroomError(reply.code as ErrorCode, reply.message, { detail: reply.detail, issues: reply.issues }),
        );
      }
    });
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the process ended: ${code ?? signal}`));
      this.#waiting.clear();
    });
  }

  /** Starts the process and opens a room in it. `before` is a program with arguments that starts it in its place. */
  static async open(
    scope: Scope,
    options: StrongroomOptions,
    {
      env = process.env,
      execPath,
      execArgv = [],
    }: { env?: NodeJS.ProcessEnv; execPath?: string; execArgv?: string[] } = {},
  ): Promise<RemoteRoom> {
    const child = fork(join(__dirname, 'remote-process.ts'), [], {
      env,
      execArgv: [...execArgv, ...(execPath ? [process.execPath] : []), '--import', 'tsx'],
      ...(execPath ? { execPath } : {}),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const room = new RemoteRoom(child);
    afterwards(scope, () => stop(child));
    await room.call({ method: 'open', options });
    return room;
  }

  call<T = unknown>(call: Call): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject });
      this.process.send({ id, call } satisfies Question);
    });
  }

  /** Closes the room and waits for the process to end by itself. */
  async end(): Promise<void> {
    await this.call({ method: 'close' });
    const exit = once(this.process, 'exit');
    this.process.disconnect();
    await exit;
  }
}
