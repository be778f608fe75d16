// `npm run fuzz -- --seconds N [target …]`: every fuzz target for its share of N seconds, beginning with its seeds and
// with what earlier runs found interesting (build/fuzz). An input that fails is kept there, and named at the end.
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exitCodeOf, parseOptions, root, run, Stop, timed } from './shell.mjs';
import { filesBelow, withBuildLock } from './steps.mjs';
import { ensureSystemPackages } from './system.mjs';

export async function fuzz(args) {
  const all = filesBelow('test/fuzz', (name) => name.endsWith('_fuzz.cc')).map((name) => path.basename(name, '.cc'));
  const usage = `usage: npm run fuzz -- --seconds <at least one per target> [${all.join(' ')}]`;
  const options = { seconds: { type: 'string', default: '60' }, help: { type: 'boolean' } };
  const { values, positionals } = parseOptions({ args, options, allowPositionals: true }, usage);
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const targets = positionals.length > 0 ? positionals : all;
  const seconds = Math.floor(Number(values.seconds) / targets.length);
  if (!(seconds >= 1) || !targets.every((target) => all.includes(target))) {
    throw new Stop(usage, 2);
  }
  await ensureSystemPackages('start', 'fuzz');
  await timed('building the fuzz targets', () =>
    withBuildLock(async () => {
      await run('cmake', ['--preset', 'fuzz', '--log-level=WARNING']);
      await run('cmake', [
        '--build',
        '--preset',
        'fuzz',
        '-j',
        String(os.availableParallelism()),
        '--target',
        ...targets,
      ]);
    }),
  );
  const failed = [];
  for (const target of targets) {
    const corpus = path.join(root, 'build/fuzz', target, 'corpus');
    mkdirSync(corpus, { recursive: true });
    const code = await timed(`${target} for ${seconds} s`, () =>
      exitCodeOf(path.join(root, 'build/native/fuzz/test/fuzz', target), [
        ...[
          `-max_total_time=${seconds}`,
          '-timeout=10',
          '-rss_limit_mb=2048',
          '-max_len=16384',
          '-print_final_stats=1',
        ],
        `-artifact_prefix=${path.dirname(corpus)}/`,
        ...[corpus, path.join(root, 'test/fuzz/seeds', target)],
      ]),
    );
    if (code !== 0) failed.push(target);
  }
  if (failed.length > 0) throw new Stop(`a failing input was found, see build/fuzz: ${failed.join(', ')}`);
  process.stdout.write('fuzz: nothing found\n');
}
