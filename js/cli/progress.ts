/** How far long work is, on stderr when that is a terminal. */
export class Progress {
  #done = 0;
  #shownAt = 0;
  readonly #show: boolean;
  readonly #text: (done: number) => string;

  /** `show`: that nothing else is written to the terminal meanwhile. */
  constructor(show: boolean, text: (done: number) => string) {
    this.#show = show && process.stderr.isTTY === true;
    this.#text = text;
  }

  get done(): number {
    return this.#done;
  }

  add(more: number): void {
    this.#done += more;
    if (!this.#show || Date.now() - this.#shownAt < 200) return;
    this.#shownAt = Date.now();
    process.stderr.write(`\r${this.#text(this.#done)}`);
  }

  end(): void {
    if (this.#show && this.#shownAt > 0) process.stderr.write('\r\x1b[K');
  }
}
