/**
 * Measuring side by side: machines are noisy and change pace, so the candidates take turns round by round, and a
 * comparison is the median of the ratios within the rounds, not the ratio of two numbers from different minutes.
 */

/** One way of doing the job. */
export interface Candidate {
  name: string;
  /** What exactly it does, for the reader of the figures. */
  what: string;
  /** Does the job about `count` times; how often it really did, where that differs, and the nanoseconds it took. */
  run(count: number): Promise<Timed>;
}

export interface Timed {
  count: number;
  ns: number;
}

export interface Result {
  name: string;
  what: string;
  /** Nanoseconds for one job: the median of the rounds. */
  medianNs: number;
  perSecond: number;
  /** This one's time by the first candidate's, round by round: 2 means that the first is twice as fast. */
  ratio: number;
  ratioLowest: number;
  ratioHighest: number;
  /** Nanoseconds for one job, by round. */
  roundsNs: number[];
}

export interface Pace {
  rounds: number;
  /** How long a candidate's turn in a round is to take. */
  turnMs: number;
}

/** Times `job` done `count` times, one after the other. */
export function timedLoop(job: () => void): (count: number) => Promise<Timed> {
  return async (count) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i += 1) job();
    return { count, ns: Number(process.hrtime.bigint() - start) };
  };
}

/** Times `batch`, which does the job `size` times, for about `count` jobs. */
export function batchedLoop(size: number, batch: () => Promise<unknown> | unknown): (count: number) => Promise<Timed> {
  return async (count) => {
    const batches = Math.max(1, Math.round(count / size));
    const start = process.hrtime.bigint();
    for (let i = 0; i < batches; i += 1) await batch();
    return { count: batches * size, ns: Number(process.hrtime.bigint() - start) };
  };
}

/** Goes through things in a random order that is the same for every candidate. */
export class Picker<T> {
  readonly #order: T[];
  #next = 0;

  constructor(things: readonly T[]) {
    this.#order = [...things];
    let state = 1;
    for (let i = this.#order.length - 1; i > 0; i -= 1) {
      state = (state * 48271) % 2147483647;
      const j = state % (i + 1);
      [this.#order[i], this.#order[j]] = [this.#order[j] as T, this.#order[i] as T];
    }
  }

  next(): T {
    this.#next = (this.#next + 1) % this.#order.length;
    return this.#order[this.#next] as T;
  }

  take(count: number): T[] {
    return Array.from({ length: count }, () => this.next());
  }
}

/** Runs the candidates in turns. The first one is what the others are compared with. */
export async function compare(candidates: Candidate[], pace: Pace): Promise<Result[]> {
  const counts: number[] = [];
  for (const candidate of candidates) counts.push(await countFor(candidate, pace.turnMs));

  const rounds: number[][] = candidates.map(() => []);
  for (let round = 0; round < pace.rounds; round += 1) {
    for (let turn = 0; turn < candidates.length; turn += 1) {
      // Another one begins each round, so that nobody always comes after the same neighbour's leavings.
      const index = (round + turn) % candidates.length;
      const { count, ns } = await at(candidates, index).run(at(counts, index));
      at(rounds, index).push(ns / count);
    }
  }

  const base = at(rounds, 0);
  return candidates.map(({ name, what }, index) => {
    const roundsNs = at(rounds, index);
    const ratios = roundsNs.map((ns, round) => ns / at(base, round));
    const medianNs = median(roundsNs);
    return {
      name,
      what,
      medianNs,
      perSecond: 1e9 / medianNs,
      ratio: median(ratios),
      ratioLowest: Math.min(...ratios),
      ratioHighest: Math.max(...ratios),
      roundsNs,
    };
  });
}

/** How often `candidate` does its job in `turnMs`. Warms it up on the way. */
async function countFor(candidate: Candidate, turnMs: number): Promise<number> {
  for (let count = 1; ; count *= 4) {
    const timed = await candidate.run(count);
    const ms = timed.ns / 1e6;
    if (ms >= turnMs / 4) return Math.max(1, Math.round((timed.count * turnMs) / ms));
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

function at<T>(list: T[], index: number): T {
  const element = list[index];
  if (element === undefined) throw new RangeError(`no element ${index}`);
  return element;
}
