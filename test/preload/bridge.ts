/** The built preload scripts, and a simulated context bridge. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles the scripts as the build does. */
export function builtPreload(): { entry: string; sandboxed: string } {
  const root = join(__dirname, '../..');
  const steps = readFileSync(join(root, 'js/tools/steps.mjs'), 'utf8');
  assert.match(steps, /'--format=cjs', '--platform=node', '--target=es2022', '--external:electron'/);
  const outputs = buildSync({
    entryPoints: ['js/preload/index.ts', 'js/preload/sandboxed.ts'],
    absWorkingDir: root,
    outdir: 'out',
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'es2022',
    external: ['electron'],
    write: false,
  }).outputFiles;
  return { entry: outputs[0]?.text ?? '', sandboxed: outputs[1]?.text ?? '' };
}

/** What the context bridge makes of a value on its way to the other world. */
export function across(value: unknown): unknown {
  if (typeof value === 'function') {
    return Object.freeze((...args: unknown[]) => {
      let result: unknown;
      try {
        result = value(...args.map(across));
      } catch (error) {
        throw across(error);
      }
      return across(result);
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Promise) {
    return value.then(across, (error) => {
      throw across(error);
    });
  }
  if (Object.prototype.toString.call(value) === '[object Promise]') {
    return Promise.resolve(value).then(across, (error) => {
      throw across(error);
    });
  }
  if (Object.prototype.toString.call(value) === '[object Error]') return new Error((value as Error).message);
  if (Array.isArray(value)) return Object.freeze(value.map(across));
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, member]) => [key, across(member)])));
}
