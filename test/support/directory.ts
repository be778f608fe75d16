/** Temporary directories that go with their test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Something that runs clean-up work when it ends: a test's context. */
export interface Scope {
  after(work: () => void | Promise<void>): void;
}

const stacks = new WeakMap<Scope, (() => unknown)[]>();

/**
 * Does `work` when the test has ended: what was asked for last comes first, as it may need what was made before it.
 * (Node's own hooks run in the order in which they were added.)
 */
export function afterwards(scope: Scope, work: () => unknown): void {
  const present = stacks.get(scope);
  if (present) {
    present.push(work);
    return;
  }
  const stack = [work];
  stacks.set(scope, stack);
  scope.after(async () => {
    const failures: unknown[] = [];
    for (let next = stack.pop(); next; next = stack.pop()) {
      try {
        await next();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  });
}

/** A new directory, mode 0700, removed with everything in it when the test has ended. */
export function temporaryDir(scope: Scope): string {
  const dir = mkdtempSync(join(tmpdir(), 'strongroom-test-'));
  afterwards(scope, () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
