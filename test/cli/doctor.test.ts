import assert from 'node:assert/strict';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DoctorReport } from '../../js/main/index.js';
import { Bench, newCanary } from './support.js';

test('a healthy store has no problem, and being looked at changes nothing', async (t) => {
  const bench = new Bench(t);
  const canary = newCanary();
  assert.equal((await bench.run(['secrets', 'add', 'Token'], canary)).code, 0);
  const { code, answer } = await bench.json<DoctorReport>(['doctor']);
  assert.equal(code, 0, JSON.stringify(answer));
  assert.equal(answer.dir, bench.dir);
  assert.ok(answer.checks.length > 3);
  assert.deepEqual(
    answer.checks.filter(({ status }) => status === 'problem'),
    [],
  );
  for (const check of answer.checks) {
    assert.ok(check.id !== '' && check.title !== '' && check.detail !== '', check.id);
    if (check.status !== 'ok') assert.ok(check.suggestion, check.id);
  }
  const shown = await bench.run(['doctor']);
  assert.equal(shown.code, 0);
  assert.match(shown.stdout, /No problem found\.\n$/);
  for (const { title } of answer.checks) assert.ok(shown.stdout.includes(title), title);
  assert.ok(!bench.output.includes(canary));
});

test('open permissions and a lost key are problems, each with a suggestion', async (t) => {
  const bench = new Bench(t);
  assert.equal((await bench.run(['secrets', 'add', 'Token'], newCanary())).code, 0);
  chmodSync(join(bench.dir, 'strongroom.db'), 0o644);
  const open = await bench.json<DoctorReport>(['doctor']);
  assert.equal(open.code, 1);
  assert.ok(open.answer.checks.some(({ status, suggestion }) => status === 'problem' && suggestion));
  chmodSync(join(bench.dir, 'strongroom.db'), 0o600);
  rmSync(join(bench.dir, 'master.key'));
  const lost = await bench.run(['doctor']);
  assert.equal(lost.code, 1);
  assert.match(lost.stdout, /^problem /m);
  assert.match(lost.stdout, /^ +→ /m);
  assert.ok(!existsSync(join(bench.dir, 'master.key')), 'nothing is made anew');
});

test('where there is no store, none is made', async (t) => {
  const bench = new Bench(t);
  const { code, answer } = await bench.json<DoctorReport>(['doctor']);
  assert.equal(code, 1);
  assert.equal(answer.dir, bench.dir);
  assert.ok(!existsSync(bench.dir));
});
