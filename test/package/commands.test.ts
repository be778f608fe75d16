/** The commands of package.json as a person meets them before anything is built, and what they share. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { runEach } from '../bench/jobs.js';
import { formatReport } from '../bench/report.js';

const root = path.resolve(__dirname, '../..');

/** Runs Node.js with a PATH on which there is nothing to install or build with. */
function bare(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: root, env: { PATH: '/nonexistent', ...env }, encoding: 'utf8', timeout: 60_000 } as const;
  return spawnSync(process.execPath, args, options);
}
const command = (...args: string[]) => bare(['js/tools/run.mjs', ...args]);

test('--help needs nothing installed or built', () => {
  for (const name of ['start', 'bench', 'fuzz']) {
    const { status, stdout, stderr } = command(name, '--help');
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^usage: npm (run )?${name}`));
    assert.equal(stderr, '');
  }
});

test('a wrong command line is said, with the usage, before anything is done', () => {
  const wrong = [
    ['bench', '--only', 'nothing'],
    ['bench', '--slow'],
    ['fuzz', '--slow'],
    ['fuzz', 'nothing_fuzz'],
  ];
  for (const args of wrong) {
    const { status, stderr } = command(...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^strongroom: .*?usage: npm run /s);
    assert.doesNotMatch(stderr, /^ {4}at /m);
  }
});

test('the browser that was found is named for the programs that are started', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'strongroom-browser-'));
  try {
    symlinkSync('/bin/sh', path.join(folder, 'sh'));
    const browser = path.join(folder, 'google-chrome');
    writeFileSync(browser, '', { mode: 0o755 });
    const source = `import { ensureBrowser } from './js/tools/system.mjs';
await ensureBrowser();
console.log(process.env.CHROMIUM);`;
    const { stdout, stderr } = bare(['--input-type=module', '--eval', source], { PATH: folder });
    assert.equal(stdout, `${browser}\n`, stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('no set of system packages names one twice', () => {
  const sets = JSON.parse(readFileSync(path.join(root, 'js/tools/packages.json'), 'utf8')) as Record<string, string[]>;
  for (const [name, packages] of Object.entries(sets)) assert.equal(new Set(packages).size, packages.length, name);
});

test('a benchmark that fails leaves what the others found, and is named', async () => {
  const ran: string[] = [];
  const said: string[] = [];
  const failed = await runEach(
    [
      ['one', async () => void ran.push('one')],
      ['two', () => Promise.reject(new Error('no browser'))],
      ['three', async () => void ran.push('three')],
    ],
    (text) => said.push(text),
  );
  assert.deepEqual([ran, failed], [['one', 'three'], ['two']]);
  assert.match(said.join('\n'), /^two failed: Error: no browser$/m);
  const machine = { cpu: '', cores: 1, memoryGiB: 1, kernel: '', filesystem: '' };
  const figures = [{ name: 'one', title: 'Title of one', figures: [{ name: 'all', unit: 's' as const, values: [1] }] }];
  const report = formatReport({ date: '', machine, versions: {}, settings: {}, groups: [], figures, failed });
  assert.match(report, /Title of one.*NOT COMPLETE, these failed: two\n$/s);
});
