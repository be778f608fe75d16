// The commands of package.json: `node js/tools/run.mjs <command> [arguments]`. Each works on a fresh clone.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { electronArguments, electronBinary, hasDisplay } from './electron.mjs';
import { root, run, Stop, say } from './shell.mjs';
import { addon, buildAll, npmPackages, prebuild, withBuildLock } from './steps.mjs';
import { ensureBrowser, ensureSystemPackages } from './system.mjs';

/** Goes on with a program in this process, so that signals and standard streams are its own. */
async function become(file, args) {
  const main = path.join(root, file);
  if (!existsSync(main)) throw new Stop(`${file} does not exist`);
  process.argv = [process.execPath, main, ...args];
  await import(pathToFileURL(main).href);
}

/** Runs a TypeScript program of the checkout, with the terminal. */
function runTypeScript(file, args) {
  return run(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'inherit' });
}

async function build(...packages) {
  await ensureSystemPackages('start', ...packages);
  await withBuildLock(buildAll);
}

const START_USAGE = `usage: npm start

Builds what is missing, opens the store and serves the Settings page on it, until it is interrupted. With Electron's
binary and a display it is an example app instead. In the environment:

  STRONGROOM_DIR        the store (default: strongroom in your data directory)
  PORT                  the port on 127.0.0.1 (default: any that is free)
  STRONGROOM_EXAMPLE=0  without the example: its providers, its service (port 47113, or any) and its extension
`;

const commands = {
  async start(args) {
    if (args.includes('--help') || args.includes('-h')) {
      process.stdout.write(START_USAGE);
      return;
    }
    await build();
    const electron = electronBinary();
    if (electron !== undefined && hasDisplay()) {
      const options = { stdio: 'inherit', endsWithUs: true };
      await run(electron, [...electronArguments(), 'dist/js/example/main.js', ...args], options);
    } else {
      await become('dist/js/host/start.js', args);
    }
  },

  async build() {
    await build();
  },

  async test(args) {
    await build('native', 'browser');
    await ensureBrowser();
    const { testEverything } = await import('./test.mjs');
    await testEverything(args);
  },

  /** Only says, or installs, what system packages are missing: `packages native`, for scripts that go on by themselves. */
  async packages(args) {
    await ensureSystemPackages(...args);
  },

  async lint() {
    await ensureSystemPackages('start', 'lint');
    await withBuildLock(npmPackages);
    const { lint } = await import('./lint.mjs');
    await lint();
  },

  async format() {
    await ensureSystemPackages('lint');
    await withBuildLock(npmPackages);
    const { format } = await import('./lint.mjs');
    await format();
  },

  async sanitize(args) {
    await ensureSystemPackages('native');
    const { sanitize } = await import('./test.mjs');
    await sanitize(args);
  },

  async bench(args) {
    const { benchOptions, USAGE } = await import('../../test/bench/options.mjs');
    const { names, help } = benchOptions(args);
    if (help) {
      process.stdout.write(USAGE);
      return;
    }
    const browses = names.includes('page');
    await build('bench', ...(browses ? ['browser'] : []));
    if (browses) await ensureBrowser();
    const { benchPackages } = await import('./bench-setup.mjs');
    await withBuildLock(benchPackages);
    await runTypeScript('test/bench/index.ts', args);
  },

  async fuzz(args) {
    const { fuzz } = await import('./fuzz.mjs');
    await fuzz(args);
  },

  /** Before `npm pack`: everything that the package carries. */
  async prepack() {
    await build();
    await withBuildLock(prebuild);
  },

  /** The addon alone. */
  async addon() {
    await ensureSystemPackages('start');
    await withBuildLock(async () => {
      await npmPackages();
      await addon();
    });
  },
};

try {
  const [name = '', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) && commands[name];
  if (!command) throw new Stop(`usage: node js/tools/run.mjs ${Object.keys(commands).join('|')} [arguments]`, 2);
  await command(args);
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  say(error.message);
  process.exitCode = error.exitCode;
}
