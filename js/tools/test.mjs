// `npm test` and `npm run sanitize`: runs the suites and adds up what they found.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withReason } from './reporter.mjs';
import { exitCodeOf, hasProgram, root, run, Stop, say, timed } from './shell.mjs';
import { filesBelow, withBuildLock } from './steps.mjs';

const jobs = String(os.availableParallelism());
/** A JavaScript test, or a whole file of them, that takes longer than this has hung. */
const testTimeoutMs = 300_000;

/** Builds the native tests with a preset of CMakePresets.json. */
function buildNative(preset) {
  const vectors = process.env.STRONGROOM_VECTORS ?? '';
  return timed(`building the native tests (${preset})`, () =>
    withBuildLock(async () => {
      await run('cmake', ['--preset', preset, `-DSTRONGROOM_VECTORS=${vectors}`]);
      await run('cmake', ['--build', '--preset', preset, '-j', jobs]);
    }),
  );
}

/** `name`, and what GoogleTest (or a sanitizer) said: CTest prints a hundred tests more after it. */
function nativeFailure([testCase, name]) {
  const output = /<system-out>([\s\S]*?)<\/system-out>/.exec(testCase)?.[1] ?? '';
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const start = lines.findIndex((line) => /: Failure|ERROR: |runtime error: |exception/.test(line));
  return withReason(name, lines.slice(Math.max(start, 0)));
}

/** Runs them; resolves with the counts, which are those of CTest's own report. */
async function runNative(preset, { prefix = [], ctestArgs = [] } = {}) {
  const report = path.join(root, 'build/reports', `native-${preset}.xml`);
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const [command, ...args] = [
    ...prefix,
    'ctest',
    '--preset',
    preset,
    '-j',
    jobs,
    '--output-junit',
    report,
    ...ctestArgs,
  ];
  const code = await exitCodeOf(command, args, { stdio: ['ignore', 1, 2] });
  const xml = existsSync(report) ? readFileSync(report, 'utf8') : '';
  const suite = /<testsuite\b[^>]*>/.exec(xml)?.[0] ?? '';
  const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count('failures');
  const skipped = count('skipped') + count('disabled');
  const passed = count('tests') - failed - skipped;
  const failures = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*status="fail"[\s\S]*?<\/testcase>/g)].map(
    nativeFailure,
  );
  return { what: 'native', passed, failed, skipped, failures, broken: passed === 0 || (code !== 0 && failed === 0) };
}

/** Runs test/**\/*.test.ts, or the `files` given, with Node's test runner. */
async function runJavaScript(files) {
  const report = path.join(root, 'build/reports/javascript.json');
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const code = await exitCodeOf(
    process.execPath,
    [
      ...['--import', 'tsx', '--test', '--test-concurrency=2', `--test-timeout=${testTimeoutMs}`],
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...['--test-reporter=./js/tools/reporter.mjs', `--test-reporter-destination=${report}`],
      ...files,
    ],
    { stdio: ['ignore', 1, 2] },
  );
  const found = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8') || '{}') : {};
  const { passed = 0, failed = 0, skipped = 0, ran = [], failures = [] } = found;
  const silent = files.filter((file) => !ran.includes(path.resolve(root, file)));
  if (silent.length > 0) say(`no test ran in: ${silent.join(', ')}`);
  const broken = silent.length > 0 || (code !== 0 && failed === 0);
  return { what: 'JavaScript', passed, failed, skipped, failures, broken };
}

/** Says at the very end what failed: the tests' own output is long. */
function conclude(results) {
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  for (const { what, failures } of results) for (const text of failures) say(`${what} test failed: ${text}`);
  const broken = results.filter((result) => result.broken).map((result) => result.what);
  if (broken.length > 0) say(`did not run as it should: ${broken.join(', ')}`);
  const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed${skipped}\n`);
  if (broken.length > 0 || sum('failed') > 0) throw new Stop('the tests failed');
}

/** `npm test [-- file.test.ts …]`: everything, or only some of the JavaScript tests. */
export async function testEverything(args) {
  const results = [];
  if (args.length === 0) {
    await buildNative('dev');
    results.push(await timed('native tests', () => runNative('dev')));
  }
  const all = filesBelow('test', (name) => name.endsWith('.test.ts') && !name.startsWith('test/bench/'));
  results.push(await timed('JavaScript tests', () => runJavaScript(args.length > 0 ? args : all)));
  conclude(results);
}

/** `npm run sanitize [-- preset …]`: the native tests under ASan with UBSan, and under TSan. */
export async function sanitize(args) {
  // TSan needs its shadow memory where newer kernels' address-space randomisation may put something else.
  const prefix = hasProgram('setarch') ? ['setarch', '--addr-no-randomize'] : [];
  const results = [];
  for (const preset of args.length > 0 ? args : ['asan', 'tsan']) {
    await buildNative(preset);
    results.push(await timed(`native tests (${preset})`, () => runNative(preset, { prefix })));
  }
  conclude(results);
}
