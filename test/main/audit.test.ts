import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type AuditEntry, contracts } from '../../contracts/index.js';
import { openStrongroom, type Strongroom } from '../../js/main/index.js';
import { afterwards } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { openRoom, optionsFor } from '../support/room.js';
import { sqliteOfStore } from '../support/sqlite.js';

const UNKNOWN_ID = 'sec_01ARZ3NDEKTSV4RRFFQ69G5FAV';

async function exported(room: Strongroom, format: 'jsonl' | 'csv'): Promise<string> {
  let text = '';
  for await (const piece of room.audit.export({ format })) text += piece;
  return text;
}

/** The hash of an entry, computed from the description of the format: what anyone can check without this software. */
function hashOf(entry: AuditEntry): string {
  const u32 = (number: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number);
    return bytes;
  };
  const lp = (text: string | null): Buffer => {
    if (text === null) return u32(0xffffffff);
    const bytes = Buffer.from(text, 'utf8');
    return Buffer.concat([u32(bytes.length), bytes]);
  };
  const seq = Buffer.alloc(8);
  seq.writeBigUInt64BE(BigInt(entry.seq));
  const { at, role, principalId, action, connectionId, secretId, field, reason, outcome, code, detail } = entry;
  const texts = [at, role, principalId, action, connectionId, secretId, field, reason, outcome, code, detail];
  return createHash('sha256')
    .update('strongroom/audit/v1')
    .update(Buffer.from(entry.prevHash, 'hex'))
    .update(Buffer.concat([u32(8), seq, ...texts.map(lp)]))
    .digest('hex');
}

/** RFC 4180, read back. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(cell);
      cell = '';
    } else if (c === '\r' && text[i + 1] === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      i++;
    } else cell += c;
  }
  assert.equal(cell, '', 'the text ends with a line end');
  return rows;
}

test('an entry says who, what, why, with what outcome and when; the chain is that of the format', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  await room.secrets.use(id, { reason: 'first' }, () => {});
  const { items } = await room.audit.list();
  assert.deepEqual(
    items.map(({ seq, action, secretId, reason }) => [seq, action, secretId, reason]),
    [
      [3, 'secret.use', id, 'first'],
      [2, 'secret.create', id, null],
      [1, 'key.create', null, null],
    ],
  );
  assert.equal(items[2]?.prevHash, createHash('sha256').update(room.status().storeId).digest('hex'));
  for (let i = 0; i + 1 < items.length; i++) assert.equal(items[i]?.prevHash, items[i + 1]?.hash);

  for (const entry of items) assert.equal(entry.hash, hashOf(entry), `entry ${entry.seq}`);
});

test('filters: actor (role or principal), action, outcome, secret, time; together they narrow', async (t) => {
  const room = await openRoom(t);
  const a = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  const settings = { role: 'settings', principalId: 'window 1' } as const;
  const made = await room.dispatch(settings, 'secrets.create', { name: 'b', kind: 'custom', value: 'v' });
  assert.ok(made.ok);
  await assert.rejects(room.secrets.reveal(UNKNOWN_ID, { reason: 'r' }));
  const all = (await room.audit.list()).items;
  const seqs = async (filter: Parameters<Strongroom['audit']['list']>[0]) =>
    (await room.audit.list(filter)).items.map((entry) => entry.seq);
  assert.deepEqual(await seqs({ actor: 'settings' }), [3]);
  assert.deepEqual(await seqs({ actor: 'window 1' }), [3]);
  assert.deepEqual(await seqs({ actor: 'core' }), [4, 2, 1]);
  assert.deepEqual(await seqs({ actor: 'nobody' }), []);
  assert.deepEqual(await seqs({ action: 'secret.create' }), [3, 2]);
  assert.deepEqual(await seqs({ action: 'secret.use' }), []);
  assert.deepEqual(await seqs({ outcome: 'failed' }), [4]);
  assert.deepEqual(await seqs({ outcome: 'denied' }), []);
  assert.deepEqual(await seqs({ secretId: a.id }), [2]);
  assert.deepEqual(await seqs({ secretId: a.id, actor: 'settings' }), []);
  assert.deepEqual(await seqs({ connectionId: 'con_01ARZ3NDEKTSV4RRFFQ69G5FAV' }), []);
  const at = all[1]?.at ?? '';
  assert.deepEqual(
    await seqs({ since: at }),
    all.filter((entry) => entry.at >= at).map((entry) => entry.seq),
  );
  assert.deepEqual(
    await seqs({ until: at }),
    all.filter((entry) => entry.at <= at).map((entry) => entry.seq),
  );
  assert.deepEqual(await seqs({ since: '2999-12-31T23:59:59.999Z' }), []);
  for (const filter of [
    { action: 'secret.steal' },
    { outcome: 'ok' },
    { secretId: 'x' },
    { since: '2026-02-30T00:00:00.000Z' },
    { since: 'yesterday' },
    { limit: 0 },
    { limit: 501 },
    { cursor: 'nonsense' },
    { who: 'me' },
  ]) {
    await failsWith('INVALID_REQUEST', room.audit.list(filter as object));
  }
});

test('pages: every entry once, newest first, also while entries are added', async (t) => {
  const room = await openRoom(t, { audit: { durability: 'normal' } });
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  await Promise.all(Array.from({ length: 30 }, () => room.secrets.use(id, { reason: 'r' }, () => {})));
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await room.audit.list(cursor === undefined ? { limit: 7 } : { limit: 7, cursor });
    seen.push(...page.items.map((entry) => entry.seq));
    cursor = page.nextCursor;
    await room.secrets.use(id, { reason: 'r' }, () => {});
  } while (cursor !== undefined);
  assert.deepEqual(
    seen,
    Array.from({ length: 32 }, (_, i) => 32 - i),
  );
});

test('the log of a new store is empty, verifies without a key being made, and goes on verifying', async (t) => {
  const room = await openRoom(t);
  assert.deepEqual(await room.audit.list(), { items: [] });
  assert.deepEqual(await room.audit.verify(), { ok: true, entries: 0, sealedThrough: 0, sealChecked: false });
  assert.equal(room.status().keyProvider, null, 'to look makes no key');
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  for (let i = 0; i < 5; i++) {
    await room.secrets.use(id, { reason: 'r' }, () => {});
    const verdict = await room.audit.verify();
    assert.deepEqual(verdict, { ok: true, entries: 3 + i, sealedThrough: 3 + i, sealChecked: true });
  }
});

test('verify gets the key by itself where that takes no prompt', async (t) => {
  const options = optionsFor(t);
  const first = await openStrongroom(options);
  await first.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  await first.close();
  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  const verdict = await room.audit.verify();
  assert.deepEqual([verdict.ok, verdict.sealChecked], [true, true]);
});

test('JSON Lines: the same entries as the list, oldest first', async (t) => {
  const room = await openRoom(t, { audit: { durability: 'normal' } });
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  const reasons = ['with "quotes"', 'two\nlines', 'ünïcode 🔑', '\u2028\u0000\\'];
  for (const reason of reasons) await room.secrets.use(id, { reason }, () => {});
  await Promise.all(Array.from({ length: 400 }, (_, i) => room.secrets.use(id, { reason: `r${i}` }, () => {})));
  const entries = (await exported(room, 'jsonl'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry);
  const listed: AuditEntry[] = [...(await room.audit.list({ limit: 500 })).items].reverse();
  assert.deepEqual(entries, listed);
  contracts['audit.list'].response.parse({ items: entries });
});

test('CSV: a header, the same entries, and no cell that a spreadsheet would run', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  const reasons = [
    '=HYPERLINK("http://x")',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    'a, "b"\r\nc',
    'plain',
    "'quoted",
    '＝1',
  ];
  for (const reason of reasons) await room.secrets.use(id, { reason }, () => {});
  const [header, ...rows] = parseCsv(await exported(room, 'csv'));
  const listed = [...(await room.audit.list()).items].reverse();
  assert.deepEqual(header, Object.keys(listed[0] ?? {}));
  assert.equal(rows.length, listed.length);
  for (const [i, row] of rows.entries()) {
    const entry = Object.values(listed[i] ?? {});
    for (const [j, cell] of row.entries()) {
      assert.ok(!/^[=+\-@\t\r\n＝＋－＠]/u.test(cell), `cell ${header?.[j]} of row ${i}: ${JSON.stringify(cell)}`);
      const original = String(entry[j] ?? '');
      assert.ok(
        cell === original || cell === `'${original}`,
        `${JSON.stringify(cell)} for ${JSON.stringify(original)}`,
      );
    }
  }
});

test('an export may be left in the middle, and knows only its two formats', async (t) => {
  const room = await openRoom(t);
  await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  for await (const piece of room.audit.export({ format: 'csv' })) {
    assert.ok(piece.length > 0);
    break;
  }
  await failsWith('INVALID_REQUEST', exported(room, 'xml' as 'csv'));
  await failsWith('INVALID_REQUEST', exported(room, undefined as unknown as 'csv'));
});

test('an export ends with the newest entry of its beginning', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  let lines = 0;
  for await (const piece of room.audit.export({ format: 'jsonl' })) {
    lines += piece.split('\n').length - 1;
    await room.secrets.use(id, { reason: 'r' }, () => {});
  }
  assert.equal(lines, 2);
});

test('prune keeps maxEntries behind a sealed checkpoint, and the rest verifies', async (t) => {
  const options = optionsFor(t, { audit: { maxEntries: 10, durability: 'normal' } });
  const room = await openStrongroom(options);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  await Promise.all(Array.from({ length: 48 }, () => room.secrets.use(id, { reason: 'r' }, () => {})));
  const { removed } = await room.audit.prune();
  assert.ok(removed >= 40 && removed <= 41, `${removed} removed`);
  const { items } = await room.audit.list();
  assert.ok(items.length <= 10);
  assert.deepEqual([items[0]?.action, items[0]?.seq], ['audit.prune', 51]);
  const verdict = await room.audit.verify();
  assert.deepEqual([verdict.ok, verdict.sealChecked, verdict.sealedThrough], [true, true, 51]);
  await room.close();

  // The checkpoint stands for what is gone: without it the rest no longer verifies.
  sqliteOfStore(options.dir, 'DELETE FROM audit_checkpoint');
  const again = await openStrongroom(options);
  afterwards(t, () => again.close());
  assert.equal((await again.audit.verify()).ok, false);
});

test('prune drops what is older than the retention, and nothing from a log that does not verify', async (t) => {
  const options = optionsFor(t, { audit: { retentionDays: 1 } });
  const room = await openStrongroom(options);
  await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  assert.deepEqual(await room.audit.prune(), { removed: 0 });
  assert.equal((await room.audit.list({ action: 'audit.prune' })).items.length, 0, 'nothing dropped, nothing recorded');
  await room.close();

  sqliteOfStore(options.dir, 'UPDATE audit SET at = 0 WHERE seq = 1');
  const again = await openStrongroom(options);
  afterwards(t, () => again.close());
  await failsWith('CORRUPT', again.audit.prune());
  assert.equal((await again.audit.list()).items.length >= 2, true);
});
