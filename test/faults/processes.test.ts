import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecretInfo } from '../../contracts/index.js';
import { RemoteRoom } from '../support/remote.js';
import { openRoom, optionsFor } from '../support/room.js';

interface Done {
  created: number;
  uses: number;
  updates: number;
  conflicts: number;
  replaced: number;
  failures: string[];
}

test('two processes create, replace, update and use in one store: no BUSY, no lost update, one sound log', async (t) => {
  const options = optionsFor(t);
  const room = await openRoom(t, options);
  const shared: SecretInfo[] = [];
  for (const name of ['s1', 's2', 's3']) {
    shared.push(await room.secrets.create({ name, kind: 'custom', value: `value by nobody` }));
  }
  const ids = shared.map((secret) => secret.id);
  const rooms = await Promise.all([1, 2].map(() => RemoteRoom.open(t, options)));
  const done = await Promise.all(
    rooms.map((each, i) => each.call<Done>({ method: 'hammer', name: `process ${i}`, seconds: 4, shared: ids })),
  );
  await Promise.all(rooms.map((each) => each.end()));

  assert.deepEqual(
    done.map((each) => each.failures),
    [[], []],
  );
  const total = (what: keyof Omit<Done, 'failures'>) => done.reduce((sum, each) => sum + each[what], 0);
  for (const each of done) assert.ok(each.created > 0 && each.uses > 0 && each.updates > 0, JSON.stringify(each));

  const after = await Promise.all(ids.map((id) => room.secrets.get(id)));
  const sum = (number: (secret: SecretInfo) => number) => after.reduce((total, secret) => total + number(secret), 0);
  assert.equal(
    sum((secret) => Number(secret.metadata.count ?? 0)),
    total('updates'),
    'each update counted on the one before',
  );
  assert.equal(
    sum((secret) => secret.version - 1),
    total('replaced'),
  );
  assert.equal(
    sum((secret) => secret.revision - 1),
    total('replaced') + total('updates'),
  );

  let count = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await room.secrets.list(cursor === undefined ? { limit: 500 } : { limit: 500, cursor });
    count += page.items.length;
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  assert.equal(count, total('created') + ids.length);

  const verdict = await room.audit.verify();
  assert.deepEqual([verdict.ok, verdict.sealChecked, verdict.sealedThrough], [true, true, verdict.entries]);
  let uses = 0;
  for await (const piece of room.audit.export({ format: 'jsonl' })) {
    uses += piece.split('"action":"secret.use"').length - 1;
  }
  assert.equal(uses, total('uses'));
});
