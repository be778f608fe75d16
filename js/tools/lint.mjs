// `npm run lint` and `npm run format`.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, exitCodeOf, outputOf, root, run, Stop, say, timed } from './shell.mjs';
import { filesBelow, withBuildLock } from './steps.mjs';

const cppFiles = () => [...filesBelow('native', isCpp), ...filesBelow('test', isCpp)];
const isCpp = (name) => /\.(cc|h)$/.test(name) && !name.endsWith('contracts_embedded.cc');
const projects = ['tsconfig.json', 'tsconfig.test.json', 'js/settings/tsconfig.json', 'test/settings/tsconfig.json'];

/** clang-tidy over everything CMake compiles, and over the addon. */
async function clangTidy() {
  await withBuildLock(() =>
    run('cmake', ['--preset', 'dev', '--log-level=WARNING'], { stdio: ['ignore', 'ignore', 2] }),
  );
  const database = path.join(root, 'build/native/dev/compile_commands.json');
  const core = JSON.parse(readFileSync(database, 'utf8')).map((entry) => path.relative(root, entry.file));
  const napi = outputOf(process.execPath, ['-p', "require('node-addon-api').include_dir"]);
  const nodeHeaders = path.resolve(process.execPath, '../../include/node');
  const addonArgs = [
    '-std=c++20',
    '-Inative',
    '-isystem',
    napi,
    '-idirafter',
    nodeHeaders,
    '-DNAPI_VERSION=8',
    '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS',
    '-DSTRONGROOM_VERSION="0"',
  ];
  const queue = core.filter(isCpp).map((file) => [file, ['-p', path.dirname(database), file]]);
  if (existsSync(nodeHeaders)) {
    for (const file of filesBelow('native/addon', (name) => name.endsWith('.cc')))
      queue.push([file, [file, '--', ...addonArgs]]);
  }
  const failed = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [file, args] = next;
      if ((await exitCodeOf('clang-tidy', ['--quiet', ...args], { stdio: ['ignore', 2, 'ignore'] })) !== 0)
        failed.push(file);
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  if (failed.length > 0) throw new Stop(`clang-tidy: ${failed.join(' ')}`);
}

const checks = {
  'clang-format': () => run('clang-format', ['--dry-run', '-Werror', ...cppFiles()]),
  biome: () => run(bin('biome'), ['check', '--error-on-warnings', '.']),
  'generated contracts': () => run(process.execPath, ['--import', 'tsx', 'contracts/generate.ts', '--check']),
  ...Object.fromEntries(projects.map((file) => [`tsc ${file}`, () => run(bin('tsc'), ['--noEmit', '-p', file])])),
  'clang-tidy': clangTidy,
};

/** Runs every check, also after one that failed. */
export async function lint() {
  const failed = [];
  for (const [name, check] of Object.entries(checks)) {
    try {
      await timed(name, check);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      say(error.message);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new Stop(`lint failed: ${failed.join(', ')}`);
  process.stdout.write('lint: clean\n');
}

/** Brings the layout of every source into shape. */
export async function format() {
  await run('clang-format', ['-i', ...cppFiles()]);
  await run(bin('biome'), ['check', '--write', '.']);
}
