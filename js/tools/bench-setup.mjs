// What the benchmarks compare with: test/bench/package.json has its own lock, so that nobody else installs it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root, timed } from './shell.mjs';
import { nodeGyp, npmPackages } from './steps.mjs';

/** Installs the packages and builds better-sqlite3 here, with the compiler that builds the addon. */
export async function benchPackages() {
  await npmPackages('test/bench');
  const folder = path.join(root, 'test/bench/node_modules/better-sqlite3');
  if (existsSync(path.join(folder, 'build/Release/better_sqlite3.node'))) return;
  await timed('building better-sqlite3', () => nodeGyp(folder));
}
