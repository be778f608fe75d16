/**
 * Bundles the Settings page: `node js/settings/build.mjs [folder]`, by default into dist/settings.
 *
 * Gives strongroom-settings.js (the custom element, for a renderer of one's own), main.js, index.html and page.css (the
 * page that the loopback host serves). Fails when what a browser loads is larger than the budget below.
 */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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

/** Removes the line breaks and indentation of CSS templates, which minifiers leave alone. */
const smallerCss = {
  name: 'smaller-css',
  setup(bundle) {
    bundle.onLoad({ filter: /settings[\\/][a-z-]*styles\.ts$/ }, async (args) => ({
      contents: (await readFile(args.path, 'utf8')).replace(/css`[^`]*`/g, (css) =>
        css
          .replace(/\/\*.*?\*\//gs, '')
          .replace(/\s+/g, ' ')
          .replace(/ ?([{};,]) ?/g, '$1'),
      ),
      loader: 'ts',
    }));
  },
};

/** In what is left of the lines, only templates are indented; a space between their parts does as well. */
const smallerTemplates = {
  name: 'smaller-templates',
  setup(bundle) {
    bundle.onEnd(async ({ outputFiles }) => {
      for (const { path, text } of outputFiles) await writeFile(path, text.replace(/\n +/g, ' '));
    });
  },
};

/** Builds into `outdir` and returns the gzipped bytes that a browser loads, with the largest of the other languages. */
export async function buildSettings(outdir) {
  await mkdir(outdir, { recursive: true });
  const languages = (await readdir(source)).filter((name) => /^messages-[a-z]+\.ts$/.test(name));
  await build({
    entryPoints: [
      { out: 'strongroom-settings', in: join(source, 'index.ts') },
      { out: 'main', in: join(source, 'main.ts') },
      ...languages.map((name) => ({ out: name.replace(/\.ts$/, ''), in: join(source, name) })),
    ],
    outdir,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    define: { __STRONGROOM_RULES__: JSON.stringify(await rules()) },
    write: false,
    plugins: [elementBeside, languagesBeside, smallerCss, smallerTemplates],
    tsconfig: join(source, 'tsconfig.json'),
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'page.css']) await copyFile(join(source, name), join(outdir, name));
  const sizeOf = async (name) => gzipSync(await readFile(join(outdir, name)), { level: 9 }).length;
  const sum = async (names) => (await Promise.all(names.map(sizeOf))).reduce((total, size) => total + size, 0);
  const largest = Math.max(0, ...(await Promise.all(languages.map((name) => sizeOf(name.replace(/ts$/, 'js'))))));
  return (await sum(['index.html', 'page.css', 'main.js', 'strongroom-settings.js'])) + largest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = await buildSettings(resolve(process.argv[2] ?? join(root, 'dist', 'settings')));
  const text = `Settings page: ${(bytes / 1024).toFixed(1)} KiB gzipped (budget ${kBudgetBytes / 1024} KiB)`;
  if (bytes > kBudgetBytes) {
    console.error(`${text}: too large`);
    process.exitCode = 1;
  } else {
    console.log(text);
  }
}
