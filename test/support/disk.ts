/** A disk that fails when it is told to: test/support/failing-disk.c, loaded into the process under test. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Scope, temporaryDir } from './directory.js';

export interface FailingDisk {
  /** The environment of a process on this disk. */
  readonly env: NodeJS.ProcessEnv;
  /** From now on each write, or each sync, to a store's files fails with this errno. */
  fail(what: 'write' | 'sync', errno: number): void;
  heal(): void;
}

export function failingDisk(scope: Scope): FailingDisk {
  const dir = temporaryDir(scope);
  const library = join(dir, 'failing-disk.so');
  const told = join(dir, 'told');
  execFileSync('gcc', ['-shared', '-fPIC', '-o', library, join(__dirname, 'failing-disk.c'), '-ldl']);
  return {
    env: { ...process.env, LD_PRELOAD: library, FAILING_DISK: told },
    fail: (what, errno) => writeFileSync(told, `${what} ${errno}\n`),
    heal: () => rmSync(told),
  };
}

/** How a process that may not write what it has no permission for is started: root may write everything. */
export const WITHOUT_PRIVILEGE =
  process.getuid?.() === 0
    ? { execPath: 'setpriv', execArgv: ['--bounding-set=-dac_override', '--inh-caps=-all', '--'] }
    : {};
