// System packages: what a command needs of Debian or Ubuntu (packages.json), and getting it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bin, hasProgram, outputOf, root, run, Stop, say, timed } from './shell.mjs';

const sets = JSON.parse(readFileSync(new URL('packages.json', import.meta.url), 'utf8'));
const isRoot = process.getuid?.() === 0;

/** Those of `packages` that are not installed; undefined when this is not a Debian. */
function missingOf(packages) {
  const format = ['-W', '-f', '$' + '{Package} $' + '{db:Status-Status}\\n'];
  const query = spawnSync('dpkg-query', [...format, ...packages], { encoding: 'utf8' });
  if (query.error) return undefined;
  const installed = new Set(query.stdout.split('\n'));
  return packages.filter((name) => !installed.has(`${name} installed`));
}

/** Ubuntu's chromium package is a snap in disguise, of no use where there is no snapd: ensureBrowser gets one there. */
function packagesOf(set) {
  if (set !== 'browser') return sets[set];
  const isUbuntu = existsSync('/etc/os-release') && /^ID=ubuntu$/m.test(readFileSync('/etc/os-release', 'utf8'));
  return isUbuntu || findBrowser() ? [] : sets.browser;
}

/**
 * Sees to it that the packages of the sets `names` are installed: as root it installs what is missing, otherwise it
 * says how and stops with exit code 3. On a system without dpkg it trusts that the equivalents are there.
 */
export async function ensureSystemPackages(...names) {
  const missing = missingOf([...new Set(names.flatMap(packagesOf))]);
  if (missing === undefined) {
    say('not a Debian or Ubuntu system: assuming the equivalents of the packages in js/tools/packages.json');
    return;
  }
  if (missing.length === 0) return;
  if (!isRoot) {
    throw new Stop(
      `system packages are missing: ${missing.join(' ')}\nInstall them, then run this again:\n` +
        `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.join(' ')}`,
      3,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await timed(`installing system packages: ${missing.join(' ')}`, async () => {
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
  });
}

/** The browser that tests drive: $CHROMIUM, one on the PATH, or the one Playwright fetched; undefined if there is none. */
export function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ['chromium', 'google-chrome-stable', 'google-chrome']) {
    const file = outputOf('sh', ['-c', `command -v ${name}`]);
    if (file) return file;
  }
  if (!existsSync(path.join(root, 'node_modules/playwright-core'))) return undefined;
  const file = createRequire(path.join(root, 'package.json'))('playwright-core').chromium.executablePath();
  return existsSync(file) ? file : undefined;
}

/**
 * Sees to it that there is a browser, fetched through Playwright where apt had none, and names it in CHROMIUM for the
 * programs that we start. Needs the npm packages.
 */
export async function ensureBrowser() {
  const hint = 'Install Chromium or Google Chrome, or name one in the environment variable CHROMIUM.';
  if (findBrowser() === undefined) {
    await timed('fetching a browser for the tests', () =>
      run(bin('playwright-core'), ['install', ...(isRoot ? ['--with-deps'] : []), 'chromium'], { hint }),
    );
  }
  const browser = findBrowser();
  if (browser === undefined) throw new Stop(`there is no browser for the tests\n${hint}`);
  process.env.CHROMIUM = browser;
}

/** g++, or $CXX, behind ccache where that is installed. */
export function compiler() {
  const cxx = process.env.CXX ?? 'g++';
  return hasProgram('ccache') && !cxx.includes('ccache') ? `ccache ${cxx}` : cxx;
}
