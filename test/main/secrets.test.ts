import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { SECRET_KINDS, type SecretInfo } from '../../contracts/index.js';
import { openStrongroom } from '../../js/main/index.js';
import { afterwards } from '../support/directory.js';
import { failsWith, places } from '../support/errors.js';
import { openRoom, optionsFor } from '../support/room.js';

const UNKNOWN_ID = 'sec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const emoji = (count: number): string => '🔑'.repeat(count); // two UTF-16 units, four bytes, one code point

test('create gives the metadata and never the value', async (t) => {
  const room = await openRoom(t);
  const before = Date.now();
  const secret = await room.secrets.create({
    name: 'GitHub',
    kind: 'api_key',
    value: 'ghp_1',
    envKey: 'GITHUB_TOKEN',
    metadata: { user: 'octocat' },
  });
  assert.match(secret.id, /^sec_[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  assert.deepEqual(secret, {
    id: secret.id,
    name: 'GitHub',
    kind: 'api_key',
    envKey: 'GITHUB_TOKEN',
    metadata: { user: 'octocat' },
    hasValue: true,
    version: 1,
    revision: 1,
    createdAt: secret.createdAt,
    updatedAt: secret.createdAt,
    lastAccessedAt: null,
  });
  assert.ok(Date.parse(secret.createdAt) >= before && Date.parse(secret.createdAt) <= Date.now());
  assert.deepEqual(await room.secrets.get(secret.id), secret);
  assert.deepEqual(await room.secrets.getByEnvKey('GITHUB_TOKEN'), secret);
});

test('every kind but that of connections can be created', async (t) => {
  const room = await openRoom(t);
  for (const kind of SECRET_KINDS) {
    assert.equal((await room.secrets.create({ name: kind, kind, value: kind })).kind, kind);
  }
  await failsWith('INVALID_REQUEST', room.secrets.create({ name: 'x', kind: 'connection' as 'custom', value: 'v' }));
});

test('lengths are counted in code points: what just fits is kept exactly, one more is refused', async (t) => {
  const room = await openRoom(t);
  const metadata = Object.fromEntries(
    Array.from({ length: 32 }, (_, i) => [emoji(62) + String(i).padStart(2, '0'), emoji(1000)]),
  );
  const value = emoji(10000);
  const secret = await room.secrets.create({ name: emoji(100), kind: 'custom', value, metadata });
  assert.equal(secret.name, emoji(100));
  assert.deepEqual(secret.metadata, metadata);
  assert.deepEqual((await room.secrets.get(secret.id)).metadata, metadata);
  assert.equal(await room.secrets.reveal(secret.id, { reason: emoji(500) }), value);

  const envKey = `A${'B'.repeat(99)}`;
  assert.equal((await room.secrets.create({ name: 'b', kind: 'custom', value: 'v', envKey })).envKey, envKey);

  const base = { name: 'c', kind: 'custom', value: 'v' } as const;
  const bad: [Record<string, unknown>, string][] = [
    [{ ...base, name: emoji(101) }, '/name max_length'],
    [{ ...base, name: '' }, '/name min_length'],
    [{ ...base, value: emoji(10001) }, '/value max_length'],
    [{ ...base, value: '' }, '/value min_length'],
    [{ ...base, envKey: `A${'B'.repeat(100)}` }, '/envKey pattern'],
    [{ ...base, envKey: 'lower' }, '/envKey pattern'],
    [{ ...base, envKey: '1A' }, '/envKey pattern'],
    [{ ...base, envKey: 'A\n' }, '/envKey pattern'],
    [{ ...base, kind: 'password' }, '/kind enum'],
    [{ ...base, metadata: { ['k'.repeat(65)]: 'v' } }, `/metadata/${'k'.repeat(65)} property_name`],
    [{ ...base, metadata: { [emoji(65)]: 'v' } }, 'property_name'],
    [{ ...base, metadata: { '': 'v' } }, '/metadata/ property_name'],
    [{ ...base, metadata: { k: emoji(1001) } }, '/metadata/k max_length'],
    [{ ...base, metadata: { k: 1 } }, '/metadata/k type'],
    [{ ...base, metadata: { ...metadata, more: '' } }, '/metadata max_properties'],
    [{ ...base, extra: 1 }, '/extra additional_property'],
    [{ ...base, id: UNKNOWN_ID }, '/id additional_property'],
  ];
  for (const [secret, expected] of bad) {
    const error = await failsWith('INVALID_REQUEST', room.secrets.create(secret as typeof base));
    assert.ok(
      places(error).some((place) => place.endsWith(expected)),
      `${JSON.stringify(places(error))} does not name ${expected}`,
    );
  }
  assert.equal((await room.secrets.list()).items.length, 2);
});

test('a refused value is not repeated in the error', async (t) => {
  const room = await openRoom(t);
  const value = `${randomUUID()}\ud800`;
  for (const secret of [
    { name: 'a', kind: 'custom', value },
    { name: 'a', kind: 'custom', value: value.repeat(400) },
    { name: 7, kind: 'custom', value: value.slice(0, -1) },
  ]) {
    const error = await failsWith('INVALID_REQUEST', room.secrets.create(secret as never));
    assert.ok(!JSON.stringify([error.message, error.issues, error.stack]).includes(value.slice(0, 36)));
  }
});

test('any Unicode text survives: combining marks, right-to-left, NUL, the last code points, a BOM', async (t) => {
  const room = await openRoom(t);
  const values = [
    'e\u0301\u00e9',
    '\u202eabc\u0000def',
    '\u{10ffff}\uffff\ufffe',
    '\ufeffbom',
    '\u0000',
    ' \t\r\n ',
    '\u2028',
  ];
  for (const [i, value] of values.entries()) {
    const { id, name, metadata } = await room.secrets.create({
      name: `${i}${value}`,
      kind: 'custom',
      value,
      metadata: { [`k${value}`]: value },
    });
    assert.equal(name, `${i}${value}`);
    assert.deepEqual(metadata, { [`k${value}`]: value });
    assert.deepEqual((await room.secrets.get(id)).name, name);
    assert.equal(await room.secrets.reveal(id, { reason: 'r' }), value);
    await room.secrets.use(id, { reason: 'r' }, (plaintext) => assert.deepEqual(plaintext, Buffer.from(value, 'utf8')));
  }
});

test('names and env keys are unique; which one is taken stands in detail', async (t) => {
  const room = await openRoom(t);
  const a = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v', envKey: 'A' });
  const b = await room.secrets.create({ name: 'b', kind: 'custom', value: 'v', envKey: 'B' });
  assert.equal(
    (await failsWith('ALREADY_EXISTS', room.secrets.create({ name: 'a', kind: 'custom', value: 'v' }))).detail,
    'name',
  );
  assert.equal(
    (await failsWith('ALREADY_EXISTS', room.secrets.create({ name: 'c', kind: 'custom', value: 'v', envKey: 'A' })))
      .detail,
    'envKey',
  );
  assert.equal((await failsWith('ALREADY_EXISTS', room.secrets.update(b.id, { name: 'a' }))).detail, 'name');
  assert.equal((await failsWith('ALREADY_EXISTS', room.secrets.update(b.id, { envKey: 'A' }))).detail, 'envKey');
  assert.deepEqual(await room.secrets.get(b.id), b, 'a refused change changes nothing');

  await room.secrets.delete(a.id);
  assert.equal((await room.secrets.update(b.id, { name: 'a', envKey: 'A' })).name, 'a');
});

test('update changes what is given and leaves the rest', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({
    name: 'a',
    kind: 'custom',
    value: 'v',
    envKey: 'A',
    metadata: { x: '1', y: '2' },
  });
  const renamed = await room.secrets.update(id, { name: 'b' });
  assert.deepEqual(
    { ...renamed, updatedAt: '' },
    { ...renamed, name: 'b', envKey: 'A', metadata: { x: '1', y: '2' }, revision: 2, version: 1, updatedAt: '' },
  );
  assert.deepEqual((await room.secrets.update(id, { metadata: { z: '3' } })).metadata, { z: '3' });
  assert.equal((await room.secrets.update(id, { envKey: null })).envKey, null);
  await failsWith('NOT_FOUND', room.secrets.getByEnvKey('A'));
  const last = await room.secrets.update(id, { kind: 'ssh_key' });
  assert.deepEqual(
    { kind: last.kind, revision: last.revision, version: last.version },
    { kind: 'ssh_key', revision: 5, version: 1 },
  );
  assert.equal(await room.secrets.reveal(id, { reason: 'r' }), 'v', 'a new kind keeps the value');
  assert.equal((await room.secrets.update(id, { name: undefined } as never)).name, 'b', 'undefined is not given');
});

test('a stale revision is CONFLICT and changes nothing; the present one goes through', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  await room.secrets.update(id, { name: 'b', revision: 1 });
  await failsWith('CONFLICT', room.secrets.update(id, { name: 'c', revision: 1 }));
  await failsWith('CONFLICT', room.secrets.update(id, { name: 'c', revision: 3 }));
  assert.equal((await room.secrets.get(id)).name, 'b');
  await room.secrets.replaceValue(id, 'w');
  await failsWith('CONFLICT', room.secrets.update(id, { name: 'c', revision: 2 }));
  assert.equal((await room.secrets.update(id, { name: 'c', revision: 3 })).revision, 4);
  await failsWith('INVALID_REQUEST', room.secrets.update(id, { revision: 0 }));
});

test('of many updates on one revision exactly one wins', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v' });
  const updates = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => room.secrets.update(id, { name: `n${i}`, revision: 1 })),
  );
  assert.equal(updates.filter((update) => update.status === 'fulfilled').length, 1);
  assert.equal((await room.secrets.get(id)).revision, 2);
});

test('replaceValue: version and revision grow, the old value is gone', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'old' });
  const { version, revision } = await room.secrets.replaceValue(id, 'new');
  assert.deepEqual({ version, revision }, { version: 2, revision: 2 });
  assert.equal(await room.secrets.reveal(id, { reason: 'r' }), 'new');
  await failsWith('INVALID_REQUEST', room.secrets.replaceValue(id, ''));
  assert.equal(await room.secrets.reveal(id, { reason: 'r' }), 'new');
});

test('delete: value and metadata are gone, the audit entries stay', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v', envKey: 'A' });
  await room.secrets.delete(id);
  await failsWith('NOT_FOUND', room.secrets.get(id));
  await failsWith('NOT_FOUND', room.secrets.getByEnvKey('A'));
  await failsWith('NOT_FOUND', room.secrets.delete(id));
  await failsWith('NOT_FOUND', room.secrets.update(id, { name: 'b' }));
  await failsWith('NOT_FOUND', room.secrets.replaceValue(id, 'w'));
  await failsWith('NOT_FOUND', room.secrets.reveal(id, { reason: 'r' }));
  const { items } = await room.audit.list({ secretId: id });
  assert.deepEqual(
    items.map(({ action, outcome, code }) => [action, outcome, code]),
    [
      ['secret.reveal', 'failed', 'NOT_FOUND'],
      ['secret.replace', 'failed', 'NOT_FOUND'],
      ['secret.update', 'failed', 'NOT_FOUND'],
      ['secret.delete', 'failed', 'NOT_FOUND'],
      ['secret.delete', 'allowed', null],
      ['secret.create', 'allowed', null],
    ],
  );
});

test('pages: every secret once, in the order of creation, also while others are added', async (t) => {
  const room = await openRoom(t);
  const names = Array.from({ length: 25 }, (_, i) => `s${i}`);
  for (const name of names) await room.secrets.create({ name, kind: 'custom', value: 'v' });
  const seen: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await room.secrets.list(cursor === undefined ? { limit: 10 } : { limit: 10, cursor });
    assert.ok(page.items.length <= 10);
    seen.push(...page.items.map((item) => item.name));
    cursor = page.nextCursor;
    if (pages++ === 0) await room.secrets.create({ name: 'late', kind: 'custom', value: 'v' });
  } while (cursor !== undefined);
  assert.deepEqual(seen, [...names, 'late']);
  assert.equal(pages, 3);
});

test('a page that ends with the last secret has no cursor; limits and cursors are checked', async (t) => {
  const room = await openRoom(t);
  for (const name of ['a', 'b']) await room.secrets.create({ name, kind: 'custom', value: 'v' });
  assert.equal((await room.secrets.list({ limit: 2 })).nextCursor, undefined);
  assert.deepEqual(await room.secrets.list({ kind: 'ssh_key' }), { items: [] });
  for (const limit of [0, 501, 1.5, '7']) {
    await failsWith('INVALID_REQUEST', room.secrets.list({ limit: limit as number }));
  }
  await failsWith('INVALID_REQUEST', room.secrets.list({ cursor: 'not one of ours' }));
  await failsWith('INVALID_REQUEST', room.secrets.list({ cursor: '' }));
});

test('the kind filters; connections are listed only when asked for', async (t) => {
  const room = await openRoom(t);
  for (const kind of ['api_key', 'ssh_key', 'api_key'] as const) {
    await room.secrets.create({ name: randomUUID(), kind, value: 'v' });
  }
  const count = async (kind?: SecretInfo['kind']) => (await room.secrets.list(kind ? { kind } : {})).items.length;
  assert.deepEqual(
    [await count(), await count('api_key'), await count('ssh_key'), await count('connection')],
    [3, 2, 1, 0],
  );
});

test('ids and env keys that cannot be are refused, those that could be are not found', async (t) => {
  const room = await openRoom(t);
  await failsWith('NOT_FOUND', room.secrets.get(UNKNOWN_ID));
  await failsWith('NOT_FOUND', room.secrets.getByEnvKey('NOBODY'));
  for (const id of [
    '',
    'x',
    UNKNOWN_ID.toLowerCase(),
    `${UNKNOWN_ID}\n`,
    `${UNKNOWN_ID}' OR 1=1`,
    7,
    null,
    undefined,
  ]) {
    await failsWith('INVALID_REQUEST', room.secrets.get(id as string));
    await failsWith('INVALID_REQUEST', room.secrets.delete(id as string));
    await failsWith('INVALID_REQUEST', room.secrets.reveal(id as string, { reason: 'r' }));
  }
  await failsWith('INVALID_REQUEST', room.secrets.getByEnvKey('nobody'));
});

test('secrets outlive the room, and their metadata can be read before the key is there', async (t) => {
  const options = optionsFor(t);
  const first = await openStrongroom(options);
  const secret = await first.secrets.create({
    name: 'a',
    kind: 'custom',
    value: 'v',
    envKey: 'A',
    metadata: { m: 'n' },
  });
  await first.close();
  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  assert.deepEqual(await room.secrets.get(secret.id), secret);
  assert.deepEqual(await room.secrets.list(), { items: [secret] });
  assert.equal(room.status().state, 'locked');
  assert.equal(await room.secrets.reveal(secret.id, { reason: 'r' }), 'v');
});
