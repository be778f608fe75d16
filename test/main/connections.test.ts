import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection, ConsentEvent, ProviderManifest } from '../../contracts/index.js';
import { openStrongroom, type Strongroom } from '../../js/main/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, type Scope } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { openRoom, optionsFor } from '../support/room.js';
import { sqliteOfStore } from '../support/sqlite.js';

const MANIFEST: ProviderManifest = {
  id: 'acme.api',
  displayName: 'Acme',
  description: 'A service.',
  version: '1.0.0',
  auth: { type: 'bearer', field: 'token' },
  origins: [{ fromField: 'baseUrl' }],
  schema: {
    type: 'object',
    required: ['baseUrl', 'token'],
    properties: {
      baseUrl: { type: 'string', format: 'uri', title: 'Address', default: 'https://api.acme.example' },
      retries: { type: 'integer', minimum: 0, maximum: 9 },
      region: { type: 'string', enum: ['eu', 'us'] },
      token: { type: 'string', title: 'Token', minLength: 8, writeOnly: true },
      spare: { type: 'string', writeOnly: true },
    },
  },
};

const FIELDS = { baseUrl: 'https://api.acme.example' };

async function withProvider(t: Scope): Promise<Strongroom> {
  const room = await openRoom(t);
  await room.providers.register(MANIFEST);
  return room;
}

const create = (room: Strongroom, more: object = {}): Promise<Connection> =>
  room.connections.create({
    providerId: 'acme.api',
    scope: 'user',
    displayName: 'Mine',
    fields: FIELDS,
    secrets: { token: canary() },
    ...more,
  });

/** The places that a refused request names. */
const issuePaths = async (work: Promise<unknown>): Promise<string[]> =>
  ((await failsWith('INVALID_REQUEST', work)).issues ?? []).map(({ path }) => path).sort();

/** Asks for a handle, and allows it for good. */
async function handleFor(room: Strongroom, connectionId: string): Promise<string> {
  const waiting = new Promise<ConsentEvent>((resolve) => room.on('consent', resolve));
  const asked = room.access.request({
    principalId: 'acme.ext',
    role: 'extension',
    connectionId,
    field: 'token',
    reason: 'r',
  });
  await room.access.respond((await waiting).request.id, 'allow-always');
  return (await asked).handle;
}

test('a connection has its fields, and refers to its secrets without showing them', async (t) => {
  const room = await withProvider(t);
  const token = canary();
  const connection = await create(room, { fields: { ...FIELDS, retries: 3 }, secrets: { token } });
  assert.deepEqual(connection.fields, { ...FIELDS, retries: 3 });
  assert.deepEqual(Object.keys(connection.secrets), ['spare', 'token']);
  assert.match(connection.secrets.token?.secretRef ?? '', /^sec_/);
  assert.deepEqual([connection.secrets.token?.hasValue, connection.secrets.token?.version], [true, 1]);
  assert.deepEqual(connection.secrets.spare, { secretRef: null, hasValue: false, version: 0, updatedAt: null });
  assert.deepEqual(
    [connection.scope, connection.workspaceId, connection.revision, connection.lastUsedAt, connection.lastTest],
    ['user', null, 1, null, null],
  );
  assert.equal(connection.needsAttention, null);
  assert.deepEqual(await room.connections.get(connection.id), connection);
  assert.equal(containsCanary(Buffer.from(JSON.stringify(await room.connections.list())), token), undefined);
  // Its secret is listed when it is asked for, and only then; the app itself may use it.
  assert.deepEqual((await room.secrets.list()).items, []);
  const [secret] = (await room.secrets.list({ kind: 'connection' })).items;
  assert.equal(secret?.id, connection.secrets.token?.secretRef);
  assert.equal(await room.secrets.reveal(secret?.id ?? '', { reason: 'test' }), token);
});

test('each field is checked against the schema of the provider, and nothing is stored of what is refused', async (t) => {
  const room = await withProvider(t);
  const refused: [object, string[]][] = [
    [{ fields: {} }, ['/fields/baseUrl']],
    [{ secrets: {} }, ['/secrets/token']],
    [{ secrets: { token: 'short' } }, ['/secrets/token']],
    [{ fields: { ...FIELDS, retries: 10 } }, ['/fields/retries']],
    [{ fields: { ...FIELDS, retries: 1.5, region: 'mars' } }, ['/fields/region', '/fields/retries']],
    [{ fields: { ...FIELDS, unknown: 'x' } }, ['/fields/unknown']],
    [{ fields: { ...FIELDS, token: canary() } }, ['/fields/token']],
    [{ secrets: { token: canary(), baseUrl: 'x' } }, ['/secrets/baseUrl']],
    [{ scope: 'workspace' }, ['/workspaceId']],
    [{ workspaceId: 'w' }, ['/workspaceId']],
  ];
  for (const [more, paths] of refused) {
    assert.deepEqual(await issuePaths(create(room, more)), paths, JSON.stringify(more));
  }
  await failsWith('NOT_FOUND', create(room, { providerId: 'acme.other' }));
  assert.deepEqual((await room.connections.list()).items, []);
  assert.deepEqual((await room.secrets.list({ kind: 'connection' })).items, []);
});

test('an update needs the present revision, and replaces the fields it is given', async (t) => {
  const room = await withProvider(t);
  const { id } = await create(room);
  const updated = await room.connections.update(id, {
    displayName: 'Ours',
    fields: { baseUrl: 'https://b.example' },
    revision: 1,
  });
  assert.deepEqual(
    [updated.displayName, updated.fields, updated.revision],
    ['Ours', { baseUrl: 'https://b.example' }, 2],
  );
  await failsWith('CONFLICT', room.connections.update(id, { displayName: 'Theirs', revision: 1 }));
  assert.equal((await room.connections.get(id)).displayName, 'Ours');
  assert.deepEqual(await issuePaths(room.connections.update(id, { fields: { baseUrl: 7 }, revision: 2 })), [
    '/fields/baseUrl',
  ]);
});

test('a secret is set, replaced and cleared, and its version grows each time', async (t) => {
  const room = await withProvider(t);
  const { id } = await create(room);
  const spare = canary();
  const set = await room.connections.setSecret(id, 'spare', spare);
  assert.deepEqual([set.secrets.spare?.hasValue, set.secrets.spare?.version], [true, 1]);
  const replaced = await room.connections.setSecret(id, 'token', canary());
  assert.equal(replaced.secrets.token?.version, 2);
  const cleared = await room.connections.clearSecret(id, 'spare');
  assert.equal(cleared.secrets.spare?.hasValue, false);
  assert.deepEqual(await issuePaths(room.connections.setSecret(id, 'baseUrl', 'x')), ['/field']);
  assert.deepEqual(await issuePaths(room.connections.setSecret(id, 'token', 'short')), ['/value']);
});

test('a secret is taken only for the terms that were shown, where the caller says which those were', async (t) => {
  const room = await withProvider(t);
  const { id, termsDigest: shown } = await room.connections.get((await create(room)).id);
  await room.providers.register({ ...MANIFEST, version: '2.0.0', origins: ['https://elsewhere.example'] });
  const stale = failsWith('CONFLICT', room.connections.setSecret(id, 'token', canary(), { termsDigest: shown }));
  assert.equal((await stale).detail, 'terms-changed');
  const present = await room.connections.get(id);
  assert.equal(present.secrets.token?.version, 1);
  assert.deepEqual(
    present.needsAttention?.issues.map(({ code }) => code),
    ['terms_changed'],
  );
  const { termsDigest } = present;
  const set = await room.connections.setSecret(id, 'token', canary(), { termsDigest });
  assert.deepEqual([set.secrets.token?.version, set.needsAttention], [2, null]);
});

test('a connection is created only for the terms that were shown, where the caller says which those were', async (t) => {
  const room = await withProvider(t);
  const { termsDigest: shown } = await room.providers.get('acme.api');
  await room.providers.register({ ...MANIFEST, version: '2.0.0', origins: ['https://elsewhere.example'] });
  const stale = failsWith('CONFLICT', create(room, { termsDigest: shown }));
  assert.equal((await stale).detail, 'terms-changed');
  assert.deepEqual((await room.connections.list()).items, []);
  assert.deepEqual((await room.secrets.list({ kind: 'connection' })).items, []);
  const { termsDigest } = await room.providers.get('acme.api');
  assert.equal((await create(room, { termsDigest })).needsAttention, null);
});

test('deleting a connection takes its secrets and grants along', async (t) => {
  const room = await withProvider(t);
  const { id } = await create(room, { secrets: { token: canary(), spare: canary() } });
  const handle = await handleFor(room, id);
  assert.equal((await room.access.grants()).items.length, 1);
  await room.connections.delete(id);
  assert.deepEqual((await room.access.grants()).items, []);
  await failsWith(
    'HANDLE_INVALID',
    room.access.redeem(handle, { reason: 'r' }, () => {}),
  );
  await failsWith('NOT_FOUND', room.connections.get(id));
  assert.deepEqual((await room.secrets.list({ kind: 'connection' })).items, []);
});

test("a workspace's connection is used instead of the user's", async (t) => {
  const room = await withProvider(t);
  const mine = await create(room);
  const ours = await create(room, { scope: 'workspace', workspaceId: 'w1', displayName: 'Ours' });
  const resolve = async (workspaceId?: string) =>
    (await room.connections.resolve({ providerId: 'acme.api', ...(workspaceId ? { workspaceId } : {}) })).id;
  assert.equal(await resolve(), mine.id);
  assert.equal(await resolve('w1'), ours.id);
  assert.equal(await resolve('w2'), mine.id);
  await failsWith('NOT_FOUND', room.connections.resolve({ providerId: 'acme.none' }));
  const listed = (await room.connections.list({ workspaceId: 'w1' })).items;
  assert.deepEqual(
    listed.map(({ id, overriddenBy }) => [id, overriddenBy]),
    [
      [mine.id, ours.id],
      [ours.id, undefined],
    ],
  );
  assert.equal((await room.connections.list({ workspaceId: 'w2' })).items.length, 1);
});

test('a list is searched, filtered and paged, and stays the same while others are added', async (t) => {
  const room = await withProvider(t);
  await room.providers.register({ ...MANIFEST, id: 'acme.second' });
  for (let i = 0; i < 7; i += 1)
    await create(room, { displayName: `Conn_${i}`, providerId: i % 2 ? 'acme.second' : 'acme.api' });
  const names = (page: { items: Connection[] }) => page.items.map(({ displayName }) => displayName);
  assert.deepEqual(names(await room.connections.list({ providerId: 'acme.second' })), ['Conn_1', 'Conn_3', 'Conn_5']);
  assert.deepEqual(names(await room.connections.list({ search: 'cONN_4' })), ['Conn_4']);
  assert.deepEqual(names(await room.connections.list({ search: '%' })), [], 'no wildcards');
  const first = await room.connections.list({ limit: 3 });
  await create(room, { displayName: 'later' });
  const second = await room.connections.list({ limit: 3, cursor: first.nextCursor ?? '' });
  const third = await room.connections.list({ limit: 3, cursor: second.nextCursor ?? '' });
  assert.deepEqual(
    [...names(first), ...names(second), ...names(third)],
    [...Array.from({ length: 7 }, (_, i) => `Conn_${i}`), 'later'],
  );
  assert.equal(third.nextCursor, undefined);
});

test('a provider that changes its schema marks what no longer fits, and loses nothing', async (t) => {
  const room = await withProvider(t);
  const { id, fields } = await create(room, { fields: { ...FIELDS, region: 'eu' } });
  await room.providers.register({
    ...MANIFEST,
    version: '2.0.0',
    schema: {
      type: 'object',
      required: ['baseUrl', 'account'],
      properties: {
        baseUrl: { type: 'string', format: 'uri' },
        account: { type: 'string' },
        region: { type: 'string', enum: ['us'] },
        token: { type: 'string', minLength: 8, writeOnly: true },
      },
    },
  });
  const marked = await room.connections.get(id);
  assert.deepEqual(marked.needsAttention?.issues.map(({ path }) => path).sort(), ['/fields/account', '/fields/region']);
  assert.deepEqual(marked.fields, fields);
  const mended = await room.connections.update(id, { fields: { ...FIELDS, account: 'a', region: 'us' }, revision: 1 });
  assert.equal(mended.needsAttention, null);
  // Unregistered, it is kept for as long as it has connections.
  await room.providers.unregister('acme.api');
  assert.equal((await room.providers.get('acme.api')).registered, false);
  assert.deepEqual(
    (await room.connections.get(id)).needsAttention?.issues.map(({ code }) => code),
    ['provider_missing'],
  );
  await failsWith('NOT_FOUND', create(room));
  await room.connections.delete(id);
});

test('an edited row is refused before a secret is used with it', async (t) => {
  const options = optionsFor(t);
  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  await room.providers.register(MANIFEST);
  const { id } = await create(room);
  const handle = await handleFor(room, id);
  sqliteOfStore(options.dir, `UPDATE connections SET fields = replace(fields, 'api.acme.example', 'evil.example')`);
  assert.equal((await room.connections.get(id)).fields.baseUrl, 'https://evil.example', 'it can still be looked at');
  await failsWith('CORRUPT', room.broker.fetch(handle, { url: 'https://evil.example/' }));
  await failsWith('CORRUPT', room.connections.test(id));
  await failsWith('CORRUPT', room.connections.update(id, { displayName: 'x', revision: 1 }));
});

test("a provider's test gets the secrets in buffers that are wiped, and its result is kept", async (t) => {
  const room = await withProvider(t);
  const token = canary();
  const { id } = await create(room, { secrets: { token } });
  await failsWith('NOT_FOUND', room.connections.test(id));
  let kept: Buffer | undefined;
  const stop = room.providers.onTest('acme.api', async ({ connection, secrets, signal }) => {
    assert.equal(connection.id, id);
    assert.equal(secrets.token?.toString(), token);
    assert.equal(signal.aborted, false);
    kept = secrets.token;
    return { ok: true, message: `signed in with ${token}` };
  });
  assert.equal((await room.providers.get('acme.api')).testable, true);
  const result = await room.connections.test(id);
  assert.deepEqual([result.ok, result.message], [true, 'signed in with [redacted]']);
  assert.ok(kept?.every((byte) => byte === 0));
  assert.deepEqual((await room.connections.get(id)).lastTest, result);
  room.providers.onTest('acme.api', () => {
    throw new Error(`401 for ${token}`);
  });
  assert.deepEqual((await room.connections.test(id)).message, '401 for [redacted]');
  stop(); // not the one that is there now
  assert.equal((await room.connections.test(id)).ok, false);
});

for (const [how, end, code] of [
  ['a lock', (room: Strongroom) => room.lock(), 'CANCELLED'],
  ['a close', (room: Strongroom) => room.close(), 'CANCELLED'],
] as const)
  test(`a test that ends with ${how} has lost its secrets, whether it settles or not`, async (t) => {
    const room = await withProvider(t);
    const { id } = await create(room);
    let kept: Buffer | undefined;
    let aborted = false;
    const started = new Promise<void>((resolve) => {
      room.providers.onTest('acme.api', ({ secrets, signal }) => {
        kept = secrets.token;
        signal.addEventListener('abort', () => (aborted = true));
        resolve();
        return new Promise(() => {}); // never settles
      });
    });
    const test = room.connections.test(id);
    await started;
    await Promise.all([end(room), failsWith(code, test)]);
    // The cancellation is told to JavaScript before the answer is.
    assert.equal(aborted, true);
    assert.ok(kept?.every((byte) => byte === 0));
  });

test('usage says who may use a connection and what was done with it', async (t) => {
  const room = await withProvider(t);
  const { id } = await create(room);
  const usage = await room.connections.usage(id);
  assert.deepEqual([usage.grants, usage.silenced, usage.lastUsedAt], [[], [], null]);
  assert.deepEqual(
    usage.accesses.map(({ action, outcome }) => [action, outcome]),
    [['connection.create', 'allowed']],
  );
  await failsWith('NOT_FOUND', room.connections.usage('con_01ARZ3NDEKTSV4RRFFQ69G5FAV'));
});
