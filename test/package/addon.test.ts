/** The built addon as a file: what it shows to, and needs from, the process that loads it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';

const root = path.resolve(__dirname, '../..');
const addon = path.join(root, 'build/Release/strongroom.node');
const scratch = mkdtempSync(path.join(tmpdir(), 'strongroom-addon-'));
after(() => rmSync(scratch, { recursive: true }));

/** The names of dynamic symbols, with the version they ask for: `memcpy@GLIBC_2.14`. */
function symbols(which: '--defined-only' | '--undefined-only'): string[] {
  const output = execFileSync('nm', ['-D', '--format=posix', which, addon], { encoding: 'utf8' });
  return output
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
}

/** Runs `source` in a worker thread until it posts a message or ends; resolves with the message and the worker. */
async function inWorker(source: string, workerData: unknown): Promise<{ worker: Worker; message: unknown }> {
  const worker = new Worker(source, { eval: true, workerData });
  const message = await new Promise<unknown>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code} before it answered`)));
  });
  return { worker, message };
}

describe('the addon as a file', () => {
  test('exports the two entry points of N-API and nothing else', () => {
    assert.deepEqual(symbols('--defined-only').sort(), [
      'napi_register_module_v1',
      'node_api_module_get_api_version_v1',
    ]);
  });

  test('imports N-API and the C library alone', () => {
    const weak = ['_ITM_deregisterTMCloneTable', '_ITM_registerTMCloneTable', '__gmon_start__', '__cxa_finalize'];
    const foreign = symbols('--undefined-only').filter(
      (name) => !/^(napi|node_api)_[a-z0-9_]+$/.test(name) && !/@GLIBC_[0-9.]+$/.test(name) && !weak.includes(name),
    );
    assert.deepEqual(foreign, []);
  });

  test('makes no external buffers, which Electron forbids', () => {
    assert.deepEqual(
      symbols('--undefined-only').filter((name) => name.includes('create_external')),
      [],
    );
  });

  test('needs no shared library but those of the C library', () => {
    const output = execFileSync('readelf', ['--dynamic', '--wide', addon], { encoding: 'utf8' });
    const needed = [...output.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1] ?? '');
    assert.ok(needed.includes('libc.so.6'), output);
    assert.deepEqual(
      needed.filter((name) => !/^(libc\.so\.6|libm\.so\.6|ld-linux.*\.so\.\d)$/.test(name)),
      [],
    );
  });

  test('binds at load time, and has no writable executable memory', () => {
    const dynamic = execFileSync('readelf', ['--dynamic', '--wide', addon], { encoding: 'utf8' });
    assert.match(dynamic, /\bNOW\b/);
    assert.match(dynamic, /\bNODELETE\b/);
    const segments = execFileSync('readelf', ['--segments', '--wide', addon], { encoding: 'utf8' });
    assert.match(segments, /GNU_RELRO/);
    assert.match(segments, /GNU_STACK.* RW /);
    assert.doesNotMatch(segments, / RWE /);
  });

  test('is at most 4 MiB when stripped', () => {
    const stripped = path.join(scratch, 'stripped.node');
    execFileSync('strip', ['--strip-unneeded', '-o', stripped, addon]);
    assert.ok(statSync(stripped).size <= 4 * 1024 * 1024, `${statSync(stripped).size} bytes`);
  });
});

describe('the addon in a process', () => {
  test('loads twice side by side, from two files', () => {
    const copy = path.join(scratch, 'copy.node');
    copyFileSync(addon, copy);
    const require = createRequire(__filename);
    const names = Object.keys(require(addon) as object);
    assert.ok(names.length > 0);
    assert.deepEqual(Object.keys(require(copy) as object), names);
  });

  test('loads in several worker threads at once, and again after they are gone', async () => {
    const source = `const { parentPort, workerData } = require('node:worker_threads');
      parentPort.postMessage(Object.keys(require(workerData)).length);`;
    for (let round = 0; round < 3; round++) {
      const workers = await Promise.all(Array.from({ length: 4 }, () => inWorker(source, addon)));
      for (const { message } of workers) assert.ok(Number(message) > 0);
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    }
  });
});
