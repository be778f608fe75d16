/** Ten processes ask for, use, revoke and replace the secrets of one store at once. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStrongroom } from '../../js/main/index.js';
import { canary } from '../support/canary.js';
import { afterwards, temporaryDir } from '../support/directory.js';
import { stop } from '../support/process.js';
import { seedFor } from '../support/random.js';
import { optionsFor } from '../support/room.js';
import { sqliteOfStore } from '../support/sqlite.js';

const PROCESSES = 10;
const ROUNDS = 60;
const MAIN = join(__dirname, '..', '..', 'js', 'main', 'index.ts');
const RANDOM = join(__dirname, '..', 'support', 'random.ts');

const seed = seedFor('access');

/** One of the ten. It keeps every handle that it was given, and tries them all again when it is told to. */
const SCRIPT = `
const { openStrongroom } = require(process.argv[2]);
const { Random } = require(process.argv[3]);
const { options, connections, values, rounds, number, seed } = JSON.parse(process.argv[4]);
// What is asked at other moments has its own, so that it does not shift the choices.
const [choices, answers, revocations] = [0, 1, 2].map((use) => new Random(seed + 3 * number + use));
const EXPECTED = new Set(['HANDLE_INVALID', 'CONSENT_DENIED', 'NOT_FOUND']);
(async () => {
  const decide = () => answers.pick(['allow-once', 'allow-once', 'allow-always', 'allow-always', 'allow-always', 'deny']);
  const room = await openStrongroom({ ...options, consent: async () => decide() });
  const handles = [];
  const counts = { given: 0, used: 0, refused: 0, wrong: [] };
  const attempt = async (work) => {
    try { return await work(); } catch (error) {
      if (EXPECTED.has(error.code)) counts.refused += 1;
      else counts.wrong.push(error.code + ': ' + error.message);
    }
  };
  const use = (handle) => attempt(async () => {
    await room.access.redeem(handle, { reason: 'hammer' }, (plaintext) => {
      if (!values.includes(plaintext.toString())) counts.wrong.push('not a value that was ever set');
      counts.used += 1;
    });
  });
  for (let round = 0; round < rounds; round += 1) {
    const connectionId = choices.pick(connections);
    await Promise.all([
      ...Array.from({ length: 3 }, () => attempt(async () => {
        const { handle } = await room.access.request({
          principalId: 'acme.p' + choices.below(40), role: choices.pick(['extension', 'tool']), connectionId, field: 'token', reason: 'hammer',
        });
        counts.given += 1;
        handles.push(handle);
        await use(handle);
      })),
      handles.length > 0 ? use(choices.pick(handles)) : undefined,
      round % 5 === number % 5 ? attempt(async () => {
        const { items } = await room.access.grants();
        if (items.length > 0) await room.access.revoke(revocations.pick(items).id);
      }) : undefined,
      round % 20 === number ? attempt(() => room.connections.setSecret(connectionId, 'token', choices.pick(values))) : undefined,
    ]);
  }
  process.send(counts);
  await new Promise((resolve) => process.once('message', resolve)); // every grant is revoked meanwhile, elsewhere
  const before = counts.used;
  for (const handle of handles) await use(handle);
  process.send({ usedAfterRevocation: counts.used - before, handles: handles.length, wrong: counts.wrong });
  await room.close();
  process.disconnect();
})().catch((error) => { console.error(error); process.exit(1); });
`;

interface Counts {
  given: number;
  used: number;
  refused: number;
  wrong: string[];
}

test('ten processes leave no handle without its grant, and a chain that verifies', { timeout: 240_000 }, async (t) => {
  const options = optionsFor(t, { audit: { durability: 'normal' } });
  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  await room.providers.register({
    id: 'acme.api',
    displayName: 'Acme',
    description: '',
    version: '1',
    schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } },
  });
  const values = Array.from({ length: 8 }, canary);
  const connections: string[] = [];
  for (const token of values.slice(0, 3)) {
    const { id } = await room.connections.create({
      providerId: 'acme.api',
      scope: 'user',
      displayName: 'Acme',
      secrets: { token },
    });
    connections.push(id);
  }
  const script = join(temporaryDir(t), 'hammer.cjs');
  writeFileSync(script, SCRIPT);
  const children = Array.from({ length: PROCESSES }, (_, number) => {
    const work = JSON.stringify({ options, connections, values, rounds: ROUNDS, number, seed });
    const child = fork(script, [MAIN, RANDOM, work], { execArgv: ['--import', 'tsx'] });
    afterwards(t, () => stop(child));
    return child;
  });
  const ends = children.map((child) => once(child, 'exit'));
  const message = (index: number) =>
    Promise.race([
      once(children[index] as (typeof children)[0], 'message').then(([value]) => value),
      ends[index]?.then(([code]) => assert.fail(`process ${index} ended with ${code}`)),
    ]);

  const counts = (await Promise.all(children.map((_, index) => message(index)))) as Counts[];
  assert.deepEqual(
    counts.flatMap(({ wrong }) => wrong),
    [],
  );
  const sum = (name: 'given' | 'used' | 'refused') => counts.reduce((total, count) => total + count[name], 0);
  assert.ok(
    sum('given') > PROCESSES * 10 && sum('used') > PROCESSES * 10,
    `${sum('given')} given, ${sum('used')} used`,
  );

  // Every grant goes, by another process than those that hold the handles.
  for (let page = await room.access.grants({ once: true, limit: 500 }); page.items.length > 0; ) {
    for (const { id } of page.items) {
      await room.access.revoke(id).catch((error: { code?: string }) => assert.equal(error.code, 'NOT_FOUND'));
    }
    page = await room.access.grants({ once: true, limit: 500 });
  }
  const results = children.map((_, index) => message(index));
  for (const child of children) child.send('go on');
  for (const result of (await Promise.all(results)) as { usedAfterRevocation: number; wrong: string[] }[]) {
    assert.equal(result.usedAfterRevocation, 0);
    assert.deepEqual(result.wrong, []);
  }
  for (const [code] of await Promise.all(ends)) assert.equal(code, 0);
  assert.equal(sqliteOfStore(options.dir, 'SELECT count(*) AS n FROM grants')[0]?.n, 0);
  const verdict = await room.audit.verify();
  assert.deepEqual([verdict.ok, verdict.sealChecked], [true, true]);
});
