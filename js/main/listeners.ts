import type { StrongroomEvent } from '../../contracts/index.js';

export type EventOf<T extends StrongroomEvent['type']> = Extract<StrongroomEvent, { type: T }>;

/** Listeners by event type; what one throws is reported as an uncaught exception and keeps none of the others from running. */
export class Listeners {
  readonly #byType = new Map<string, Set<(event: never) => void>>();

  add<T extends StrongroomEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void {
    const set = this.#byType.get(type) ?? new Set();
    this.#byType.set(type, set);
    // A wrapper of its own, so that one function registered twice is called twice and disposed of once.
    const entry = (event: never): void => listener(event);
    set.add(entry);
    return () => void set.delete(entry);
  }

  emit(event: StrongroomEvent): void {
    for (const listener of [...(this.#byType.get(event.type) ?? [])]) {
      try {
        listener(event as never);
      } catch (error) {
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#byType.clear();
  }
}
