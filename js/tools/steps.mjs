// The steps from a fresh clone to something that runs. Each one is skipped when its inputs have not changed since it
// last succeeded; "changed" means their content, so neither a clone nor a checkout of another branch confuses it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { bin, root, run, say, timed } from './shell.mjs';
import { compiler } from './system.mjs';

const at = (...names) => path.join(root, ...names);
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** All files below `folder` (relative to the root) that `keep` accepts, sorted. */
export function filesBelow(folder, keep = () => true) {
  if (!existsSync(at(folder))) return [];
  const files = [];
  for (const entry of readdirSync(at(folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== 'node_modules') files.push(...filesBelow(name, keep));
    else if (entry.isFile() && keep(name)) files.push(name);
  }
  return files.sort();
}

/** Runs `work` unless its `outputs` exist and `inputs` (files) are as they were when it last succeeded. */
async function unlessFresh(what, { inputs, outputs }, work) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\0`);
  for (const file of inputs) {
    const content = readFileSync(at(file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  const digest = hash.digest('hex');
  const stamp = at('build/stamps', what.replaceAll(' ', '-'));
  const stamped = existsSync(stamp) && readFileSync(stamp, 'utf8');
  if (stamped === digest && outputs.every((file) => existsSync(at(file)))) return;
  rmSync(stamp, { force: true });
  await timed(`building ${what}`, work);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

/**
 * Runs `work` while no other process builds in this checkout. The kernel holds the lock (flock) for as long as our
 * descriptor is open, so that nothing is left behind by a process that was killed.
 */
export async function withBuildLock(work) {
  mkdirSync(at('build'), { recursive: true });
  const lock = openSync(at('build/lock'), 'w');
  try {
    const flock = (...args) => spawnSync('flock', [...args, '3'], { stdio: ['ignore', 'ignore', 2, lock] });
    if (flock('--nonblock').status !== 0) {
      say('another build is running in this checkout; waiting for it …');
      if (flock().status !== 0) say('flock is not available: do not build twice at once');
    }
    return await work();
  } finally {
    closeSync(lock);
  }
}

/** Installs the locked npm packages, unless npm's own record of node_modules already says the same as the lock file. */
export async function npmPackages(folder = '.') {
  const wanted = readJson(at(folder, 'package-lock.json')).packages;
  const record = at(folder, 'node_modules/.package-lock.json');
  if (existsSync(record)) {
    const present = readJson(record).packages;
    const same = (name) => present[name]?.version === wanted[name].version;
    const complete = Object.keys(wanted).every((name) => name === '' || wanted[name].optional || same(name));
    if (complete && Object.keys(present).every((name) => wanted[name] && same(name))) return;
  }
  // No install scripts: nothing here needs one, and none of a dependency's runs unseen.
  await timed(folder === '.' ? 'installing npm packages' : `installing npm packages of ${folder}`, () =>
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: at(folder) }),
  );
}

/** node-gyp's arguments for a build in `folder`: with the headers beside this node, if there are any. */
export async function nodeGyp(folder) {
  const prefix = path.resolve(process.execPath, '../..');
  const bundled = existsSync(path.join(prefix, 'include/node/node_api.h'));
  // npm passes its settings on in the environment, one that names the headers too.
  const configured = process.env.npm_config_nodedir;
  const nodedir = configured ?? (bundled ? prefix : undefined);
  await run(
    bin('node-gyp'),
    [
      'configure',
      'build',
      '--release',
      '--loglevel=warn',
      ...(nodedir ? [`--nodedir=${nodedir}`] : []),
      `--jobs=${os.availableParallelism()}`,
    ],
    {
      cwd: folder,
      env: { ...process.env, CXX: compiler() },
      hint: nodedir
        ? `The headers of Node.js were taken from ${nodedir}/include/node.`
        : `There are no headers of Node.js in ${prefix}/include/node, so node-gyp downloads them from nodejs.org; if that is\n` +
          'what failed, install them there, or name a folder that has include/node in npm_config_nodedir.',
    },
  );
}

/** build/Release/strongroom.node */
export async function addon() {
  const inputs = ['binding.gyp', 'package-lock.json', ...filesBelow('native', (name) => !name.endsWith('.md'))];
  await unlessFresh('the addon', { inputs, outputs: ['build/Release/strongroom.node'] }, () => nodeGyp(root));
}

/** What package.json exports: pairs of an ES module to write and the CommonJS module that it stands for. */
function wrappers() {
  const conditions = Object.values(readJson(at('package.json')).exports).filter((entry) => entry.require);
  return conditions.map((entry) => ({ esm: entry.import.default, cjs: entry.require.default }));
}

/** dist/: the compiled TypeScript (CommonJS), and for each entry point an ES module that gives the same names. */
export async function typescript() {
  const source = (name) =>
    (name.endsWith('.ts') && !name.startsWith('js/settings/')) || /^js\/providers\/.+\.json$/.test(name);
  const inputs = [...filesBelow('contracts', source), ...filesBelow('js', source)];
  const settings = ['tsconfig.json', 'package.json', 'package-lock.json', 'js/tools/steps.mjs'];
  const outputs = wrappers().flatMap(({ esm, cjs }) => [esm, cjs]);
  await unlessFresh('the TypeScript', { inputs: [...inputs, ...settings], outputs }, async () => {
    await run(bin('tsc'), ['-p', 'tsconfig.json']);
    for (const { esm, cjs } of wrappers()) {
      const text = `export * from './${path.basename(cjs)}';\n`;
      writeFileSync(at(esm), text);
      writeFileSync(at(esm.replace(/\.mjs$/, '.d.mts')), text);
    }
    // A sandboxed preload script can require electron and nothing else: each of ours is one file.
    await run(bin('esbuild'), [
      ...['js/preload/index.ts', 'js/preload/sandboxed.ts', '--bundle', '--outdir=dist/js/preload'],
      ...['--format=cjs', '--platform=node', '--target=es2022', '--external:electron', '--log-level=warning'],
    ]);
    // What a source left behind that has been removed or renamed must not go on working.
    const kept = new Set(inputs.map((name) => name.replace(/((\.d)?\.ts|\.json)$/, '')));
    const suffix = /\.(js|mjs|d\.ts|d\.mts|json)$/;
    const compiled = (name) => suffix.test(name) && !name.startsWith('dist/js/settings/');
    for (const name of [...filesBelow('dist/contracts', compiled), ...filesBelow('dist/js', compiled)]) {
      if (!kept.has(name.slice('dist/'.length).replace(suffix, ''))) rmSync(at(name));
    }
  });
}

/** dist/settings: the bundled Settings page; dist/js/settings: its types. Both are ES modules for a browser. */
export async function settingsPage() {
  const inputs = [...filesBelow('js/settings'), ...filesBelow('contracts'), 'tsconfig.json', 'package-lock.json'];
  const outputs = ['dist/settings/index.html', 'dist/settings/strongroom-settings.js', 'dist/js/settings/index.d.ts'];
  await unlessFresh('the Settings page', { inputs, outputs }, async () => {
    await run(process.execPath, ['js/settings/build.mjs', 'dist/settings']);
    await run(bin('tsc'), ['-p', 'js/settings/tsconfig.json']);
    for (const folder of ['dist/settings', 'dist/js/settings']) {
      writeFileSync(at(folder, 'package.json'), '{ "type": "module" }\n');
    }
  });
}

/** All of the above: whatever runs from dist/ can run after this. */
export async function buildAll() {
  await npmPackages();
  await addon();
  await typescript();
  await settingsPage();
}

/** prebuilds/<platform>-<arch>/strongroom.node: the addon without its symbol table, for the npm package. */
export async function prebuild() {
  const target = at('prebuilds', `${process.platform}-${process.arch}`, 'strongroom.node');
  mkdirSync(path.dirname(target), { recursive: true });
  await run('strip', ['--strip-unneeded', '-o', target, at('build/Release/strongroom.node')]);
}
