import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStrongroom, type StrongroomOptions } from '../../js/main/index.js';
import type { Scope } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { ended, linesOf, start } from '../support/process.js';
import { Random, seedFor } from '../support/random.js';
import { optionsFor } from '../support/room.js';

const ADDON = require('node-gyp-build').path(join(__dirname, '..', '..')) as string;
const KILLS = 200;
const STORES = 8; // so that a log stays short enough to be verified after each kill
const AT_ONCE = 2;

const seed = seedFor('kill');

interface Acknowledged {
  stored: Map<string, { version: number; value: string }>;
  deleted: Set<string>;
  used: { id: string; reason: string; plaintext: string }[];
  lines: number;
}

/** Lets a writer run and kills it at a random point: some while they open the store, most after some lines. */
async function killedWriter(
  scope: Scope,
  options: StrongroomOptions,
  round: string,
  random: Random,
): Promise<Acknowledged> {
  // All is drawn at once: how often is no matter of time.
  const early = random.chance(8);
  const opening = 30 + random.below(90);
  const afterLines = early ? Number.POSITIVE_INFINITY : 1 + random.below(39);
  const delay = random.below(5);
  const child = start(scope, process.execPath, [join(__dirname, 'writer.cjs'), ADDON, JSON.stringify(options), round], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A kill at a random moment is what is tested, so here a timer is no synchronisation.
  if (early) setTimeout(() => child.kill('SIGKILL'), opening);

  const seen: Acknowledged = { stored: new Map(), deleted: new Set(), used: [], lines: 0 };
  for await (const line of linesOf(child.stdout)) {
    const [what, id = '', second = '', third = ''] = line.split(' ');
    if (what === 'stored') seen.stored.set(id, { version: Number(second), value: third });
    else if (what === 'used') seen.used.push({ id, reason: second, plaintext: third });
    else if (what === 'deleted') seen.deleted.add(id);
    else assert.equal(what, 'opened', line);
    seen.lines += 1;
    if (seen.lines === afterLines) setTimeout(() => child.kill('SIGKILL'), delay);
  }
  const { signal } = await ended(child);
  assert.equal(signal, 'SIGKILL');
  return seen;
}

async function assertKept(options: StrongroomOptions, seen: Acknowledged): Promise<void> {
  const room = await openStrongroom(options);
  try {
    for (const id of seen.deleted) await failsWith('NOT_FOUND', room.secrets.get(id));
    for (const [id, { version, value }] of seen.stored) {
      if (seen.deleted.has(id)) continue;
      const present = await room.secrets.get(id).catch((error: { code: string }) => {
        // Its deletion may have been done and not yet acknowledged.
        assert.equal(error.code, 'NOT_FOUND');
        assert.equal(version, 4, `${id} is gone, and was not about to be deleted`);
        return undefined;
      });
      if (!present) continue;
      const plaintext = await room.secrets.reveal(id, { reason: 'check' });
      // A replacement that was not yet acknowledged may have been done; nothing else.
      assert.ok(present.version === version || present.version === version + 1, `${present.version} after ${version}`);
      assert.equal(plaintext, value.replace(/-v\d+$/, `-v${present.version}`));
    }
    const reasons = new Set<string | null>();
    for (let cursor: string | undefined; ; ) {
      const page = await room.audit.list({
        action: 'secret.use',
        limit: 500,
        ...(cursor === undefined ? {} : { cursor }),
      });
      for (const entry of page.items) if (entry.outcome === 'allowed') reasons.add(entry.reason);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    for (const { reason, plaintext } of seen.used) {
      assert.ok(reasons.has(reason), `the plaintext given for ${reason} has no entry`);
      assert.ok(plaintext.startsWith(reason.replace(/-use-\d+$/, '-v')));
    }
    await room.unlock();
    const verdict = await room.audit.verify();
    assert.deepEqual([verdict.ok, verdict.sealChecked], [true, true], JSON.stringify(verdict));
  } finally {
    await room.close();
  }
}

test(`kill -9 at random points of a write loop, ${KILLS} times: all that was acknowledged is there`, async (t) => {
  const stores = Array.from({ length: STORES }, () => optionsFor(t));
  let stored = 0;
  let used = 0;
  const oneStore = async (options: StrongroomOptions, random: Random): Promise<void> => {
    for (let i = 0; i < KILLS / STORES; i++) {
      const seen = await killedWriter(t, options, `r${i}`, random);
      await assertKept(options, seen);
      stored += seen.stored.size;
      used += seen.used.length;
    }
  };
  const queue = [...stores.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) await oneStore(next[1], new Random(seed + next[0]));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  t.diagnostic(`${stored} secrets stored and ${used} plaintexts given before the kills`);
  assert.ok(stored > KILLS && used > KILLS, 'most were killed in the midst of their work');
});
