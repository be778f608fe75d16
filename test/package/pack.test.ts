/** The npm package: what is in it, and whether others can use it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';

const root = path.resolve(__dirname, '../..');
const scratch = mkdtempSync(path.join(tmpdir(), 'strongroom-pack-'));
const app = path.join(scratch, 'app');
const installed = path.join(app, 'node_modules/strongroom');
after(() => rmSync(scratch, { recursive: true }));

/** The files of the tarball, relative to the package. */
let files: string[];

before(
  () => {
    const output = execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pack] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
    files = pack.files.map((file) => file.path);
    mkdirSync(app);
    writeFileSync(path.join(app, 'package.json'), '{ "name": "app", "private": true }');
    execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', path.join(scratch, pack.filename)], {
      cwd: app,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  },
  { timeout: 300_000 },
);

interface Conditions {
  types?: string;
  default?: string;
  import?: Conditions;
  require?: Conditions;
}

describe('the npm package', () => {
  test('holds the build, the prebuilt addon and what it is built from, and nothing else', () => {
    const allowed = [
      /^(package\.json|README\.md|LICENSE|binding\.gyp)$/,
      /^dist\/(contracts|js|settings)\/.+(?<!\.map)$/,
      /^native\/[a-z]+\/[a-z0-9_]+\.(cc|h)$/,
      /^native\/(README\.md|sources\.txt|addon\/exports\.map|doc\/formats\.md|schema\/README\.md)$/,
      /^(js\/settings\/screenshots\/[a-z]+\.png|test\/bench\/README\.md)$/,
      /^prebuilds\/linux-[a-z0-9]+\/strongroom\.node$/,
    ];
    assert.deepEqual(
      files.filter((file) => !allowed.some((pattern) => pattern.test(file))),
      [],
    );
    assert.ok(files.includes(`prebuilds/${process.platform}-${process.arch}/strongroom.node`));
    const sources = readFileSync(path.join(root, 'native/sources.txt'), 'utf8').trim().split('\n');
    assert.deepEqual(
      sources.map((name) => `native/${name}`).filter((file) => !files.includes(file)),
      [],
    );
  });

  test('has every file that package.json names', () => {
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      main: string;
      types: string;
      bin: Record<string, string>;
      exports: Record<string, Conditions | string>;
    };
    const targets = (entry: Conditions | string): string[] =>
      typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targets);
    const named = [manifest.main, manifest.types, ...Object.values(manifest.bin), ...Object.values(manifest.exports)]
      .flatMap(targets)
      .map((name) => name.replace(/^\.\//, ''));
    assert.deepEqual(
      named.filter((name) => !files.includes(name)),
      [],
    );
  });

  test('has every file that its README links to or shows', () => {
    const text = readFileSync(path.join(installed, 'README.md'), 'utf8');
    const linked = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
    const local = linked.filter((target) => !/^[a-z]+:/.test(target));
    assert.ok(local.some((target) => target.endsWith('.png')));
    assert.deepEqual(
      local.filter((target) => !files.includes(target)),
      [],
    );
  });

  test('has no programs of this repository alone', () => {
    assert.deepEqual(
      files.filter((file) => /^dist\/js\/(example|host\/start)\b/.test(file)),
      [],
    );
  });

  test('declares its types as compilers before 5.7 read them too', () => {
    const types = files.filter((file) => /\.d\.m?ts$/.test(file));
    assert.ok(types.length > 0);
    const newer = /\b(Uint8Array|Buffer)</;
    assert.deepEqual(
      types.filter((file) => newer.test(readFileSync(path.join(installed, file), 'utf8'))),
      [],
    );
  });

  test('installs without compiling, from the prebuilt addon', () => {
    assert.ok(!existsSync(path.join(installed, 'build')));
  });
});

const entries = [
  'strongroom',
  'strongroom/contracts',
  'strongroom/host',
  'strongroom/schema',
  'strongroom/electron',
  'strongroom/extension',
  'strongroom/preload',
  'strongroom/providers',
];

describe('an app that uses the package', () => {
  test('gets the same names through import and require', () => {
    const names = `const names = (module) => Object.keys(module).filter((name) => !['default', 'module.exports', '__esModule'].includes(name)).sort();`;
    writeFileSync(
      path.join(app, 'names.cjs'),
      `${names}\nconsole.log(JSON.stringify(${JSON.stringify(entries)}.map((entry) => names(require(entry)))));`,
    );
    writeFileSync(
      path.join(app, 'names.mjs'),
      `${names}\nconsole.log(JSON.stringify(await Promise.all(${JSON.stringify(entries)}.map(async (entry) => names(await import(entry))))));`,
    );
    const [cjs, esm] = ['names.cjs', 'names.mjs'].map(
      (file) => JSON.parse(execFileSync(process.execPath, [file], { cwd: app, encoding: 'utf8' })) as string[][],
    );
    assert.deepEqual(esm, cjs);
    const expected = [
      ...['openStrongroom', 'contracts', 'startHost', 'compileSchema'],
      ...['registerStrongroomIpc', 'connectStrongroom', 'exposeStrongroom', 'exampleProviders'],
    ];
    for (const [index, name] of expected.entries())
      assert.ok(cjs?.[index]?.includes(name), `${entries[index]}: ${name}`);
  });

  const program = `
import { contracts, type Channel, type ProviderManifest } from 'strongroom/contracts';
import { startHost } from 'strongroom/host';
import { openStrongroom, StrongroomError, type Strongroom } from 'strongroom';
import { compileSchema } from 'strongroom/schema';
import { connectExtensionPort, registerStrongroomIpc } from 'strongroom/electron';
import { connectStrongroom } from 'strongroom/extension';
import { exposeStrongroom, type StrongroomBridge } from 'strongroom/preload';
import { exampleProviders } from 'strongroom/providers';

export const transports = { connectExtensionPort, registerStrongroomIpc, connectStrongroom, exposeStrongroom };
export const ask = (bridge: StrongroomBridge) => bridge.invoke('providers.list', {});
export const first: string | undefined = exampleProviders[0]?.displayName;
const channel: Channel = 'secrets.list';
export const roles: readonly string[] = contracts[channel].roles;
const manifest = { id: 'acme.mail', displayName: 'Acme', description: '', version: '1', auth: { type: 'bearer', field: 'token' },
  schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } } };
export const register = (room: Strongroom) => room.providers.register(manifest as ProviderManifest);
export const serve = (room: Strongroom) => startHost({ room });
export const open = (dir: string): Promise<Strongroom> => openStrongroom({ dir, appId: 'org.example.app' });
// @ts-expect-error: dir is text
export const wrong = () => openStrongroom({ dir: 1, appId: 'org.example.app' });
const { valid } = compileSchema({ type: 'string' }).validate(1);
let code = '';
try {
  compileSchema({ type: 'nothing' });
} catch (error) {
  if (error instanceof StrongroomError) code = error.code;
}
console.log(JSON.stringify({ valid, code, roles: roles.includes('settings') }));
`;
  const verdict = { valid: false, code: 'INVALID_SCHEMA', roles: true };

  /** Compiles one file as a strict project and returns the compiler's complaints. */
  function compile(file: string, source: string, options: object): string {
    const compilerOptions = {
      strict: true,
      target: 'es2022',
      lib: ['es2023', 'dom'],
      types: ['node'],
      outDir: 'out',
      ...options,
    };
    const typeRoots = [path.join(root, 'node_modules/@types')];
    const project = `tsconfig.${file}.json`;
    writeFileSync(path.join(app, file), source);
    writeFileSync(
      path.join(app, project),
      JSON.stringify({ compilerOptions: { typeRoots, ...compilerOptions }, files: [file] }),
    );
    try {
      execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-p', project], { cwd: app, encoding: 'utf8' });
      return '';
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  }
  const runJson = (file: string) =>
    JSON.parse(execFileSync(process.execPath, [file], { cwd: app, encoding: 'utf8' })) as unknown;

  test('compiles as an ES module under node16, and runs', () => {
    assert.equal(compile('consumer.mts', program, { module: 'node16' }), '');
    assert.deepEqual(runJson('out/consumer.mjs'), verdict);
  });

  test('compiles as CommonJS under node16, and runs', () => {
    assert.equal(compile('consumer.cts', program, { module: 'node16', skipLibCheck: true }), '');
    assert.deepEqual(runJson('out/consumer.cjs'), verdict);
  });

  test('compiles for a bundler, and runs bundled with the addon left outside', async () => {
    assert.equal(
      compile('consumer.ts', program, {
        module: 'esnext',
        moduleResolution: 'bundler',
        noEmit: true,
        skipLibCheck: true,
      }),
      '',
    );
    const outfile = path.join(app, 'out/bundle.mjs');
    const options = { bundle: true, platform: 'node', format: 'esm', absWorkingDir: app, logLevel: 'silent' } as const;
    await build({ ...options, entryPoints: ['consumer.ts'], external: ['strongroom'], outfile });
    assert.deepEqual(runJson('out/bundle.mjs'), verdict);
  });

  test('gets the Settings element, with types, in a bundle for a browser', async () => {
    const source = `import { type SettingsClient, StrongroomSettings } from 'strongroom/settings';
export function show(client: SettingsClient): HTMLElement {
  const element: StrongroomSettings = document.createElement('strongroom-settings');
  element.client = client;
  return element;
}
// @ts-expect-error: a client is no number
new StrongroomSettings().client = 1;
`;
    const options = { module: 'esnext', moduleResolution: 'bundler', noEmit: true, types: [] };
    assert.equal(compile('page.ts', source, options), '');
    const result = await build({
      entryPoints: ['page.ts'],
      absWorkingDir: app,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    assert.match(result.outputFiles[0]?.text ?? '', /strongroom-settings/);
  });

  test('can name a preload script that requires electron and nothing else', () => {
    const script = execFileSync(process.execPath, ['-p', "require.resolve('strongroom/preload/sandboxed')"], {
      cwd: app,
      encoding: 'utf8',
    }).trim();
    const required = [...readFileSync(script, 'utf8').matchAll(/\brequire\(([^)]*)\)/g)].map(([, name]) => name);
    assert.deepEqual(required, ['"electron"']);
  });

  test('can start the command', () => {
    const output = execFileSync(path.join(app, 'node_modules/.bin/strongroom'), ['--help'], { encoding: 'utf8' });
    assert.match(output, /doctor/);
  });
});
