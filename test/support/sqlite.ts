/** The sqlite3 shell, for tests that do to a database what the software itself never does. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Runs `sql` on a database file; gives the rows of what it selects. */
export function sqlite(file: string, sql: string): Record<string, unknown>[] {
  const out = execFileSync('sqlite3', ['-bail', '-json', file, sql], { encoding: 'utf8' });
  return out === '' ? [] : (JSON.parse(out) as Record<string, unknown>[]);
}

/** Runs `sql` on the database of the store in `dir`. */
export function sqliteOfStore(dir: string, sql: string): Record<string, unknown>[] {
  return sqlite(join(dir, 'strongroom.db'), sql);
}

/** Everything that the database of a store says, as text: equal texts, equal content. */
export function dumpOfStore(dir: string): string {
  return execFileSync('sqlite3', ['-readonly', join(dir, 'strongroom.db'), '.dump'], { encoding: 'utf8' });
}
