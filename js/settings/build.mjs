/**
 * Bundles the Settings page: `node js/settings/build.mjs [folder]`, by default into dist/settings.
 *
 * Gives strongroom-settings.js (the custom element, for a renderer of one's own), main.js, index.html and page.css (the
 * page that the loopback host serves). Fails when what a browser loads is larger than the budget below.
 */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, transformSync } from 'esbuild';
import { minify } from 'terser';

const kBudgetBytes = 60 * 1024;
/**
 * What the list of rows in sight (@tanstack/virtual-core) calls its own, and methods that our elements inherit from each
 * other: the page has short names for them. None is a name of the DOM, of Lit or of anything that is sent. One that is
 * missing here, or gone there, does no harm.
 */
const kShortened = `
  _didMount _measureElement _scrollToOffset _willUpdate adjustments calculateRange elementsCache estimateSize
  getFurthestMeasurement getItemKey getMeasurementOptions getMeasurements getOffsetForAlignment
  getOffsetForIndex getScrollElement getScrollOffset getTotalSize getVirtualIndexes getVirtualItemForOffset
  getVirtualItems indexAttribute indexFromElement initialMeasurementsCache initialOffset initialRect
  isDynamicMode isScrolling isScrollingResetDelay itemSizeCache maybeNotify measureElement measurementsCache
  observeElementOffset observeElementRect overscan pendingMeasuredCacheIndexes rangeExtractor resizeItem
  scrollAdjustments scrollDirection scrollElement scrollOffset scrollRect scrollToFn scrollToIndex
  scrollToOffset setOptions shouldAdjustScrollPositionOnItemSizeChange targetWindow unsubs
  useAnimationFrameWithResizeObserver useScrollendEvent

  allowLines clearSecrets describedBy faultAt focusOn focusRow outdate overtaken readOne renderChoice renderDamaged
  renderFailure renderField renderFoot renderHead renderName renderNone renderSecret renderTable renderText
  renderWaiting secretFault secretValue
`;
const source = dirname(fileURLToPath(import.meta.url));
const root = resolve(source, '..', '..');

/** The rules of the contracts that the forms show while one types: taken from the generated schemas, never repeated. */
async function rules() {
  const { channels } = JSON.parse(await readFile(join(root, 'contracts', 'generated', 'contracts.json'), 'utf8'));
  const { name, value, envKey, metadata } = channels['secrets.create'].request.properties;
  return {
    name: { min: name.minLength, max: name.maxLength },
    value: { min: value.minLength, max: value.maxLength },
    envKey: envKey.pattern,
    pairs: metadata.maxProperties,
    pairKey: { min: metadata.propertyNames.minLength, max: metadata.propertyNames.maxLength },
    pairValue: { min: metadata.additionalProperties.minLength, max: metadata.additionalProperties.maxLength },
  };
}

/**
 * The element's file begins with these, the rest follows as it is imported: gzip looks back 32 KiB, so what is alike (all
 * styles, and pages one after the other) has to stand close together.
 */
const alikeTogether = {
  name: 'alike-together',
  setup(bundle) {
    bundle.onResolve({ filter: /^element$/ }, ({ path }) => ({ path, namespace: 'alike' }));
    bundle.onLoad({ filter: /./, namespace: 'alike' }, async () => {
      const styles = (await readdir(source)).filter((name) => name.endsWith('styles.ts'));
      const first = ['messages.ts', 'virtual-list.ts', ...styles, 'audit-page.ts', 'access-page.ts', 'secrets-page.ts'];
      const lines = first.map((name) => `import './${name}';`);
      return { contents: `${lines.join('\n')}\nexport * from './index.ts';`, resolveDir: source };
    });
  },
};

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
 * Rewrites what the minifier leaves long: CSS in templates, and decorators, which it would carry into the page with all
 * that they need, making every private method of their classes a function beside it. What they stand for is short.
 */
const smallerSources = {
  name: 'smaller-sources',
  setup(bundle) {
    bundle.onLoad({ filter: /js[\\/]settings[\\/][a-z-]+\.ts$/ }, async (args) => {
      /** The properties of the element, by the options that they have in common. */
      const declared = new Map();
      let element = '';
      let className = '';
      const lines = (await readFile(args.path, 'utf8'))
        .replace(
          /(?<=css`)[^`]*/g,
          (css) => transformSync(css, { loader: 'css', minify: true, charset: 'utf8', target: 'chrome123' }).code,
        )
        .split('\n')
        .map((line) => {
          const [, decorator, argument, rest] = /^ *@(\w+)\((.*?)\)(?: (.*)|$)/.exec(line) ?? [];
          if (decorator === undefined) {
            className = /^export (?:abstract )?class (\w+)/.exec(line)?.[1] ?? className;
            return line;
          }
          if (decorator === 'customElement') {
            element = argument;
            return '';
          }
          const name = /^(?:(?:private|protected|override) )*(\w+)/.exec(rest)[1];
          if (decorator === 'query')
            return `private get ${name}() { return this.renderRoot.querySelector(${argument}) }`;
          // To Lit, a state is a property without an attribute.
          const options = decorator === 'state' ? '{ attribute: false }' : argument;
          declared.set(options, [...(declared.get(options) ?? []), name]);
          return rest;
        });
      for (const [options, names] of declared)
        lines.push(
          `for (const name of '${names.join(' ')}'.split(' ')) ${className}.createProperty(name, ${options});`,
        );
      if (element !== '') lines.push(`customElements.define(${element}, ${className});`);
      return { contents: lines.join('\n'), loader: 'ts' };
    });
  },
};

/**
 * A second minifier takes away what the first leaves (a fiftieth). In what is left of the lines, only templates are
 * indented; a space between their parts does as well.
 */
const smallerOutput = {
  name: 'smaller-output',
  setup(bundle) {
    bundle.onEnd(async ({ outputFiles }) => {
      for (const { path, text } of outputFiles) {
        const { code } = await minify(text, { module: true, ecma: 2020, compress: { passes: 2 } });
        await writeFile(path, code.replace(/\n +/g, ' ').replaceAll('" >', '">'));
      }
    });
  },
};

/** Builds into `outdir` and returns the gzipped bytes of all that a browser loads, further languages left out. */
export async function buildSettings(outdir) {
  await mkdir(outdir, { recursive: true });
  for (const name of await readdir(outdir)) if (name.endsWith('.js')) await rm(join(outdir, name));
  const languages = (await readdir(source)).filter((name) => /^messages-[a-z]+\.ts$/.test(name));
  await build({
    entryPoints: [
      { out: 'strongroom-settings', in: 'element' },
      { out: 'main', in: join(source, 'main.ts') },
      ...languages.map((name) => ({ out: name.replace(/\.ts$/, ''), in: join(source, name) })),
    ],
    outdir,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    mangleProps: new RegExp(`^(${kShortened.trim().split(/\s+/).join('|')})$`),
    drop: ['console'],
    charset: 'utf8',
    legalComments: 'none',
    define: { __STRONGROOM_RULES__: JSON.stringify(await rules()) },
    write: false,
    absWorkingDir: root,
    plugins: [alikeTogether, elementBeside, languagesBeside, smallerSources, smallerOutput],
    tsconfig: join(source, 'tsconfig.json'),
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'page.css']) await copyFile(join(source, name), join(outdir, name));

  const loaded = ['index.html', 'page.css', 'main.js', 'strongroom-settings.js'];
  const sizes = loaded.map(async (name) => gzipSync(await readFile(join(outdir, name)), { level: 9 }).length);
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = await buildSettings(resolve(process.argv[2] ?? join(root, 'dist', 'settings')));
  const text = `Settings page: ${bytes} bytes gzipped (budget ${kBudgetBytes})`;
  if (bytes > kBudgetBytes) {
    console.error(`${text}: too large`);
    process.exitCode = 1;
  } else {
    console.log(text);
  }
}
