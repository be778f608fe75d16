/**
 * Chance that can be repeated. The choices are the same in each run, so that a change is judged by what it changed;
 * STRONGROOM_SEED sets others (a number, or `random`).
 */
import { randomInt } from 'node:crypto';

/** The seed of this run, printed under the name of what it is for. */
export function seedFor(name: string): number {
  const wanted = process.env.STRONGROOM_SEED ?? '1';
  const seed = wanted === 'random' ? randomInt(2 ** 31) : Number(wanted);
  console.log(`${name}: STRONGROOM_SEED=${seed}`);
  return seed;
}

/** A random number generator (mulberry32) with the few questions asked here. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % end;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[this.below(from.length)] as T;
  }
}
