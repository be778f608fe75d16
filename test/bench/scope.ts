/** What has to be undone when the benchmarks end, also after an error or a signal: newest first. */
import type { Scope } from '../support/directory.js';

export class CleanUp implements Scope {
  readonly #work: (() => void | Promise<void>)[] = [];

  after(work: () => void | Promise<void>): void {
    this.#work.push(work);
  }

  async run(): Promise<void> {
    for (let work = this.#work.pop(); work; work = this.#work.pop()) await work();
  }
}
