// `npm run lint` and `npm run format`.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, exitCodeOf, outputOf, root, run, Stop, say, timed } from './shell.mjs';
import { filesBelow } from './steps.mjs';

const cppFiles = () => [...filesBelow('native', isCpp), ...filesBelow('test', isCpp)];
const isCpp = (name) => /\.(cc|h)$/.test(name) && !name.endsWith('contracts_embedded.cc');
const projects = ['tsconfig.json', 'tsconfig.test.json', 'js/settings/tsconfig.json', 'test/settings/tsconfig.json'];

/** clang-tidy over the core and the addon; a file is skipped while it, the headers and the checks stay as they were. */
async function clangTidy() {
  const napi = outputOf(process.execPath, ['-p', "require('node-addon-api').include_dir"]);
  const nodeHeaders = path.resolve(process.execPath, '../../include/node');
  const flags = [
    ...['-std=c++20', '-Inative', '-isystem', napi, '-idirafter', nodeHeaders],
    ...(outputOf('pkg-config', ['--cflags', 'libsecret-1']) ?? '').split(' '),
    ...['-DPCRE2_STATIC', '-DNAPI_VERSION=8', '-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS', '-DSTRONGROOM_VERSION="0"'],
  ];
  const hashOf = (...files) => {
    const hash = createHash('sha256');
    for (const file of files) hash.update(readFileSync(path.join(root, file))).update('\0');
    return hash.digest('hex');
  };
  const common = hashOf('.clang-tidy', ...filesBelow('native', (name) => name.endsWith('.h')));
  const stamps = path.join(root, 'build/stamps/clang-tidy');
  mkdirSync(stamps, { recursive: true });
  const queue = filesBelow('native', (name) => isCpp(name) && name.endsWith('.cc')).filter(
    (file) => existsSync(nodeHeaders) || !file.startsWith('native/addon/'),
  );
  const failed = [];
  const worker = async () => {
    for (let file = queue.shift(); file; file = queue.shift()) {
      const stamp = path.join(stamps, `${hashOf(file)}-${common}`);
      if (existsSync(stamp)) continue;
      const code = await exitCodeOf('clang-tidy', ['--quiet', file, '--', ...flags], {
        stdio: ['ignore', 2, 'ignore'],
      });
      if (code === 0) writeFileSync(stamp, '');
      else failed.push(file);
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
