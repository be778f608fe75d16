/** Every error code that the core uses is reached, and each by the situation it stands for. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERROR_CODES, type ErrorCode } from '../../contracts/index.js';
import { unwrap } from '../../js/main/errors.js';
import { openStrongroom, type Strongroom, type StrongroomOptions } from '../../js/main/index.js';
import { compileSchema } from '../../js/schema/index.js';
import { canary } from '../support/canary.js';
import { afterwards, type Scope } from '../support/directory.js';
import { failingDisk, WITHOUT_PRIVILEGE } from '../support/disk.js';
import { failsWith } from '../support/errors.js';
import { withoutBus } from '../support/keyring.js';
import { ended, linesOf, start } from '../support/process.js';
import { RemoteRoom } from '../support/remote.js';
import { openRoom, optionsFor } from '../support/room.js';
import { sqliteOfStore } from '../support/sqlite.js';

const UNKNOWN_ID = 'sec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const draft = (name: string) => ({ name, kind: 'custom', value: 'v' }) as const;

/** A closed store with one secret. */
async function filledStore(t: Scope): Promise<{ options: StrongroomOptions; id: string }> {
  const options = optionsFor(t);
  const room = await openStrongroom(options);
  const { id } = await room.secrets.create(draft('a'));
  await room.close();
  return { options, id };
}

const use = (room: Strongroom, id: string) => room.secrets.use(id, { reason: 'test' }, () => {});

/** A room with one connection to a service that takes requests and never answers. */
async function connected(
  t: Scope,
  more: Partial<StrongroomOptions> = {},
): Promise<{ room: Strongroom; origin: string }> {
  const server = createServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(t, () => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const room = await openRoom(t, more);
  await room.providers.register({
    id: 'acme.api',
    displayName: 'Acme',
    description: '',
    version: '1',
    auth: { type: 'bearer', field: 'token' },
    origins: [origin],
    schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } },
  });
  await room.connections.create({
    providerId: 'acme.api',
    scope: 'user',
    displayName: 'a',
    secrets: { token: canary() },
  });
  return { room, origin };
}

async function handleFor(room: Strongroom): Promise<string> {
  const { id } = await room.connections.resolve({ providerId: 'acme.api' });
  const request = { principalId: 'a.b', role: 'tool', connectionId: id, field: 'token', reason: 'test' } as const;
  return (await room.access.request(request)).handle;
}

/** For each code a situation that ends with it. */
const situations: Partial<Record<ErrorCode, (t: Scope) => Promise<unknown>>> = {
  INVALID_REQUEST: async (t) => (await openRoom(t)).secrets.create({ ...draft(''), name: '' }),
  INVALID_SCHEMA: async () => compileSchema({ typ: 'string' }),
  UNKNOWN_CHANNEL: async (t) =>
    unwrap(await (await openRoom(t)).dispatch({ role: 'core', principalId: 'c' }, 'no.such', {})),
  FORBIDDEN: async (t) =>
    unwrap(await (await openRoom(t)).dispatch({ role: 'tool', principalId: 't' }, 'secrets.list', {})),
  NOT_FOUND: async (t) => (await openRoom(t)).secrets.get(UNKNOWN_ID),
  ALREADY_EXISTS: async (t) => {
    const room = await openRoom(t);
    await room.secrets.create(draft('a'));
    await room.secrets.create(draft('a'));
  },
  CONFLICT: async (t) => {
    const room = await openRoom(t);
    const { id } = await room.secrets.create(draft('a'));
    await room.secrets.update(id, { name: 'b', revision: 7 });
  },
  LIMIT_EXCEEDED: async (t) => (await openRoom(t)).secrets.create({ ...draft('a'), value: 'x'.repeat(2 << 20) }),
  KEYRING_UNAVAILABLE: async (t) => {
    const room = await RemoteRoom.open(t, optionsFor(t, { keyProviders: ['os-keyring'] }), { env: withoutBus(t) });
    await room.call({ method: 'create', name: 'a', value: 'v' });
  },
  KEYRING_LOCKED: async (t) => {
    const room = await openRoom(t);
    const { id } = await room.secrets.create(draft('a'));
    await room.lock();
    await use(room, id);
  },
  KEY_MISSING: async (t) => {
    const { options, id } = await filledStore(t);
    rmSync(join(options.dir, 'master.key'));
    await use(await openRoom(t, options), id);
  },
  INSECURE_PERMISSIONS: async (t) => {
    const { options } = await filledStore(t);
    chmodSync(options.dir, 0o755);
    await openStrongroom(options);
  },
  CORRUPT: async (t) => {
    const { options, id } = await filledStore(t);
    sqliteOfStore(options.dir, 'UPDATE secret_values SET record = zeroblob(40)');
    await use(await openRoom(t, options), id);
  },
  NEWER_SCHEMA: async (t) => {
    const { options } = await filledStore(t);
    sqliteOfStore(options.dir, 'PRAGMA user_version = 99');
    await openStrongroom(options);
  },
  AUDIT_UNAVAILABLE: async (t) => {
    const { options, id } = await filledStore(t);
    const disk = failingDisk(t);
    const room = await RemoteRoom.open(t, options, { env: disk.env });
    disk.fail('write', constants.errno.EIO);
    await room.call({ method: 'use', id });
  },
  STORE_READ_ONLY: async (t) => {
    const { options, id } = await filledStore(t);
    chmodSync(join(options.dir, 'strongroom.db'), 0o400);
    const room = await RemoteRoom.open(t, options, WITHOUT_PRIVILEGE);
    await room.call({ method: 'use', id });
  },
  STORE_FULL: async (t) => {
    const { options, id } = await filledStore(t);
    const disk = failingDisk(t);
    const room = await RemoteRoom.open(t, options, { env: disk.env });
    disk.fail('write', constants.errno.ENOSPC);
    await room.call({ method: 'use', id });
  },
  // Takes as long as a write waits for another process: 15 seconds, however many writes wait.
  BUSY: async (t) => {
    const { options, id } = await filledStore(t);
    const room = await openRoom(t, options);
    await use(room, id);
    const shell = start(t, 'sqlite3', [join(options.dir, 'strongroom.db')], { stdio: ['pipe', 'pipe', 'ignore'] });
    shell.stdin?.write(".timeout 5000\nBEGIN IMMEDIATE; SELECT 'begun';\n");
    assert.equal((await linesOf(shell.stdout).next()).value, 'begun');
    const began = performance.now();
    const uses = await Promise.allSettled(Array.from({ length: 20 }, () => use(room, id)));
    for (const each of uses)
      await failsWith('BUSY', Promise.resolve(each.status === 'rejected' ? Promise.reject(each.reason) : undefined));
    assert.ok(performance.now() - began < 50_000, 'they wait together: at most for two commits');
    shell.stdin?.end(); // which rolls back
    await ended(shell);
    await use(room, id);
    throw uses[0]?.status === 'rejected' ? uses[0].reason : new Error('not reached');
  },
  CLOSED: async (t) => {
    const room = await openRoom(t);
    await room.close();
    await room.secrets.list();
  },
  CANCELLED: async (t) => {
    const room = await openRoom(t);
    const unlocking = room.unlock(); // makes a key, so it takes longer than the next call
    await room.lock();
    await unlocking;
  },
  CONSENT_DENIED: async (t) => handleFor((await connected(t, { consent: () => 'deny' })).room),
  CONSENT_TIMEOUT: async (t) => handleFor((await connected(t, { consentTimeoutMs: 20 })).room),
  HANDLE_INVALID: async (t) => {
    const { room } = await connected(t);
    await room.access.redeem(`hdl_${'A'.repeat(43)}`, { reason: 'test' }, () => {});
  },
  ORIGIN_NOT_ALLOWED: async (t) => {
    const { room } = await connected(t, { consent: () => 'allow-once' });
    await room.broker.fetch(await handleFor(room), { url: 'https://elsewhere.example/' });
  },
  TIMEOUT: async (t) => {
    const { room, origin } = await connected(t, { consent: () => 'allow-once' });
    await room.broker.fetch(await handleFor(room), { url: `${origin}/`, timeoutMs: 50 });
  },
  INTERNAL: async (t) => {
    // A store that cannot even be made: nothing a caller could act on by its code.
    const disk = failingDisk(t);
    disk.fail('write', constants.errno.EIO);
    await RemoteRoom.open(t, optionsFor(t), { env: disk.env });
  },
};

for (const [code, situation] of Object.entries(situations)) {
  test(`${code} is reached`, async (t) => {
    const error = await failsWith(code as ErrorCode, situation(t));
    assert.ok(error.message.length > 0);
  });
}

test('every code that the core uses is in the list above, and every code of the core is in the contracts', () => {
  const native = join(__dirname, '..', '..', 'native');
  const used = new Set<string>();
  for (const file of readdirSync(native, { recursive: true, encoding: 'utf8' })) {
    // result.cc and result.h name all codes there will ever be.
    if (!/\.(cc|h)$/.test(file) || /base\/result\.(cc|h)$/.test(file)) continue;
    for (const [, name = ''] of readFileSync(join(native, file), 'utf8').matchAll(/\bCode::k([A-Za-z]+)/g)) {
      if (name !== 'Ok') used.add(name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase());
    }
  }
  assert.deepEqual([...used].sort(), Object.keys(situations).sort());
  for (const code of used) assert.ok((ERROR_CODES as readonly string[]).includes(code), code);
});

test('a message names no place but the store, and never a value', async (t) => {
  const { options, id } = await filledStore(t);
  writeFileSync(join(options.dir, 'master.key'), 'not a key');
  const error = await failsWith('CORRUPT', use(await openRoom(t, options), id));
  assert.ok(!error.message.includes('not a key'));
  assert.equal(execFileSync('cat', [join(options.dir, 'master.key')]).toString(), 'not a key');
});
