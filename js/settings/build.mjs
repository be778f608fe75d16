/**
 * Bundles the Settings page: `node js/settings/build.mjs [folder]`, by default into dist/settings.
 *
 * Gives strongroom-settings.js (the custom element, for a renderer of one's own), main.js, index.html and page.css (the
 * page that the loopback host serves). Fails when what a browser loads is larger than the budget below.
 */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const kBudgetBytes = 60 * 1024;
const source = dirname(fileURLToPath(import.meta.url));
const root = resolve(source, '..', '..');

/** The rules of the contracts that the forms show while one types: taken from the generated schemas, never repeated. */
async function rules() {
  const { channels } = JSON.parse(await readFile(join(root, 'contracts', 'generated', 'contracts.json'), 'utf8'));
  const { name, kind, value, envKey, metadata } = channels['secrets.create'].request.properties;
  const { action, outcome } = channels['audit.list'].request.properties;
  return {
    name: { min: name.minLength, max: name.maxLength },
    value: { min: value.minLength, max: value.maxLength },
    envKey: envKey.pattern,
    pairs: metadata.maxProperties,
    pairKey: { min: metadata.propertyNames.minLength, max: metadata.propertyNames.maxLength },
    pairValue: { min: metadata.additionalProperties.minLength, max: metadata.additionalProperties.maxLength },
    kinds: kind.enum,
    actions: action.enum,
    outcomes: outcome.enum,
  };
}

/** The page's entry loads the element from the file beside it, so that both are one copy. */
const elementBeside = {
  name: 'element-beside',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/index\.js$/ }, (args) =>
      args.importer.endsWith('main.ts') ? { path: './strongroom-settings.js', external: true } : undefined,
    );
  },
};

/** Each language but English stays in a file of its own, loaded when it is wanted. */
const languagesBeside = {
  name: 'languages-beside',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/messages-[a-z]+\.js$/ }, ({ path }) => ({ path, external: true }));
  },
};

/**
 * Rewrites what minifiers leave long: the line breaks and indentation of CSS templates, and the decorator of a class, for
 * whose sake esbuild would make every private method of it a function beside it.
 */
const smallerSources = {
  name: 'smaller-sources',
  setup(bundle) {
    bundle.onLoad({ filter: /js[\\/]settings[\\/][a-z-]+\.ts$/ }, async (args) => {
      const definitions = [];
      const contents = (await readFile(args.path, 'utf8'))
        .replace(/css`[^`]*`/g, (css) =>
          css
            .replace(/\/\*.*?\*\//gs, '')
            .replace(/\s+/g, ' ')
            .replace(/ ?([{};,]) ?/g, '$1')
            .replaceAll(': ', ':')
            .replaceAll(';}', '}')
            .replace(/([ :(,-])0\.(?=\d)/g, '$1.'),
        )
        .replace(/^@customElement\(('[a-z-]+')\)\n(export class (\w+))/gm, (_, name, declaration, className) => {
          definitions.push(`customElements.define(${name}, ${className});\n`);
          return declaration;
        });
      return { contents: contents + definitions.join(''), loader: 'ts' };
    });
  },
};

/** In what is left of the lines, only templates are indented; a space between their parts does as well. */
const smallerTemplates = {
  name: 'smaller-templates',
  setup(bundle) {
    bundle.onEnd(async ({ outputFiles }) => {
      for (const { path, text } of outputFiles)
        await writeFile(path, text.replace(/\n +/g, ' ').replaceAll('" >', '">'));
    });
  },
};

/** The files that `output` needs before it runs, itself included. */
function needs(outputs, output, found = new Set()) {
  if (found.has(output)) return found;
  found.add(output);
  for (const { path, kind, external } of outputs[output].imports) {
    if (kind === 'import-statement' && !external) needs(outputs, path, found);
  }
  return found;
}

/**
 * Builds into `outdir` and returns gzipped bytes, languages left out: `page`, the most that a browser loads to show one
 * page; `all`, every file.
 */
export async function buildSettings(outdir) {
  await mkdir(outdir, { recursive: true });
  for (const name of await readdir(outdir)) if (name.endsWith('.js')) await rm(join(outdir, name));
  const languages = (await readdir(source)).filter((name) => /^messages-[a-z]+\.ts$/.test(name));
  const { metafile } = await build({
    entryPoints: [
      { out: 'strongroom-settings', in: join(source, 'index.ts') },
      { out: 'main', in: join(source, 'main.ts') },
      ...languages.map((name) => ({ out: name.replace(/\.ts$/, ''), in: join(source, name) })),
    ],
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    define: { __STRONGROOM_RULES__: JSON.stringify(await rules()) },
    write: false,
    metafile: true,
    absWorkingDir: root,
    plugins: [elementBeside, languagesBeside, smallerSources, smallerTemplates],
    tsconfig: join(source, 'tsconfig.json'),
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'page.css']) await copyFile(join(source, name), join(outdir, name));

  const sizeOf = async (name) => gzipSync(await readFile(join(outdir, basename(name))), { level: 9 }).length;
  const sum = async (names) => (await Promise.all([...names].map(sizeOf))).reduce((total, size) => total + size, 0);
  const { outputs } = metafile;
  const element = Object.keys(outputs).find((name) => name.endsWith('/strongroom-settings.js'));
  const always = ['index.html', 'page.css', 'main.js', ...needs(outputs, element)];
  const pages = outputs[element].imports.filter(({ kind, external }) => kind === 'dynamic-import' && !external);
  const sizes = pages.map(({ path }) => sum(new Set([...always, ...needs(outputs, path)])));
  return {
    page: Math.max(...(await Promise.all(sizes))),
    all: await sum(new Set([...always, ...pages.flatMap(({ path }) => [...needs(outputs, path)])])),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { page, all } = await buildSettings(resolve(process.argv[2] ?? join(root, 'dist', 'settings')));
  const kib = (bytes) => (bytes / 1024).toFixed(1);
  const text = `Settings: at most ${kib(page)} KiB gzipped for a page (budget ${kBudgetBytes / 1024} KiB), ${kib(all)} KiB in all`;
  if (page > kBudgetBytes) {
    console.error(`${text}: too large`);
    process.exitCode = 1;
  } else {
    console.log(text);
  }
}
