import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRoom } from '../support/room.js';

test('200 uses at once: 200 entries, in far fewer commits', async (t) => {
  const room = await openRoom(t, { audit: { durability: 'full' } });
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const before = room.stats();
  const values = await Promise.all(
    Array.from({ length: 200 }, (_, i) => room.secrets.use(id, { reason: `use ${i}` }, (bytes) => bytes.toString())),
  );
  assert.deepEqual(new Set(values), new Set(['value']));
  const after = room.stats();
  assert.equal(after.jobs - before.jobs, 200);
  const commits = after.commits - before.commits;
  assert.ok(commits >= 1 && commits <= 20, `${commits} commits`);
  const { items } = await room.audit.list({ action: 'secret.use', limit: 500 });
  assert.deepEqual(new Set(items.map((entry) => entry.reason)), new Set(values.map((_, i) => `use ${i}`)));
});

test('in one commit a use that fails fails alone', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const unknown = 'sec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
  const before = room.stats();
  const settled = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) => room.secrets.reveal(i % 3 === 0 ? unknown : id, { reason: `${i}` })),
  );
  for (const [i, each] of settled.entries()) assert.equal(each.status, i % 3 === 0 ? 'rejected' : 'fulfilled');
  assert.ok(room.stats().commits - before.commits <= 10);
  const { items } = await room.audit.list({ action: 'secret.reveal' });
  assert.equal(items.filter((entry) => entry.outcome === 'failed').length, 20);
  assert.equal(items.filter((entry) => entry.outcome === 'allowed').length, 40);
});

test('a use that is alone commits alone, and what only reads commits nothing', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const before = room.stats();
  for (let i = 0; i < 3; i++) await room.secrets.reveal(id, { reason: 'r' });
  await room.secrets.list();
  await room.secrets.get(id);
  await room.audit.list();
  await room.audit.verify();
  assert.deepEqual(room.stats(), { commits: before.commits + 3, jobs: before.jobs + 3 });
});
