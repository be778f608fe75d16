/**
 * Disks that are full, cannot be written, or fail: no plaintext leaves without its audit entry, and everything works
 * again when the disk does. The store is in a process of its own, so that only its disk fails.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditEntry, AuditVerdict, SecretInfo, StatusInfo } from '../../contracts/index.js';
import { openStrongroom, type StrongroomOptions } from '../../js/main/index.js';
import { afterwards, type Scope, temporaryDir } from '../support/directory.js';
import { failingDisk, WITHOUT_PRIVILEGE } from '../support/disk.js';
import { failsWith } from '../support/errors.js';
import { run } from '../support/process.js';
import { RemoteRoom } from '../support/remote.js';
import { optionsFor } from '../support/room.js';

async function filledStore(options: StrongroomOptions): Promise<string> {
  const room = await openStrongroom(options);
  const { id } = await room.secrets.create({ name: 'token', kind: 'custom', value: 'the plaintext' });
  await room.close();
  return id;
}

type Outcome = { value?: string; code?: string };
const useMany = (room: RemoteRoom, id: string, times: number) => room.call<Outcome[]>({ method: 'use', id, times });

/** Every one of many uses fails with one of `codes`, and gives no plaintext. */
async function assertNothingLeaves(room: RemoteRoom, id: string, codes: readonly string[]): Promise<void> {
  for (const outcome of [...(await useMany(room, id, 1)), ...(await useMany(room, id, 30))]) {
    assert.ok(outcome.value === undefined && codes.includes(outcome.code ?? ''), JSON.stringify(outcome));
  }
}

/** What was promised is there: `uses` entries of uses that were allowed, in a log that verifies. */
async function assertOnRecord(room: RemoteRoom, uses: number): Promise<void> {
  const filter = { action: 'secret.use', outcome: 'allowed', limit: 500 };
  const { items } = await room.call<{ items: AuditEntry[] }>({ method: 'audit.list', filter });
  assert.equal(items.length, uses);
  const verdict = await room.call<AuditVerdict>({ method: 'audit.verify' });
  assert.deepEqual([verdict.ok, verdict.sealChecked, verdict.sealedThrough], [true, true, verdict.entries]);
}

/** A room on a simulated disk. */
async function onFailingDisk(scope: Scope, options: StrongroomOptions) {
  const disk = failingDisk(scope);
  return { ...disk, room: await RemoteRoom.open(scope, options, { env: disk.env }) };
}

const { ENOSPC, EROFS, EIO } = constants.errno;
const faults = [
  ['a full disk', 'write', ENOSPC, ['STORE_FULL']],
  // SQLite does not always keep the system's error, and then it is an unknown one.
  ['a disk that turns read-only', 'write', EROFS, ['STORE_READ_ONLY', 'AUDIT_UNAVAILABLE']],
  ['a disk that fails to write', 'write', EIO, ['AUDIT_UNAVAILABLE']],
  ['a disk that fails to sync', 'sync', EIO, ['AUDIT_UNAVAILABLE']],
] as const;
for (const [what, kind, errno, codes] of faults) {
  test(`${what} (simulated): every use is ${codes.join(' or ')}, until it heals`, async (t) => {
    const options = optionsFor(t);
    const id = await filledStore(options);
    const { room, fail, heal } = await onFailingDisk(t, options);
    assert.deepEqual(await useMany(room, id, 1), [{ value: 'the plaintext' }]);

    fail(kind, errno);
    await assertNothingLeaves(room, id, codes);
    await assert.rejects(room.call<SecretInfo>({ method: 'create', name: 'other', value: 'v' }));
    const { items } = await room.call<{ items: SecretInfo[] }>({ method: 'list' });
    assert.deepEqual(
      items.map((item) => item.name),
      ['token'],
      'metadata can be read, and what failed is not there',
    );

    heal();
    assert.deepEqual(await useMany(room, id, 2), [{ value: 'the plaintext' }, { value: 'the plaintext' }]);
    await assertOnRecord(room, 3);
    await room.end();
  });
}

test('a disk that is full at the first use of an opened store: the key is got, the plaintext stays', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options);
  const { room, fail, heal } = await onFailingDisk(t, options);
  fail('write', ENOSPC);
  await assertNothingLeaves(room, id, ['STORE_FULL']);
  heal();
  assert.deepEqual(await useMany(room, id, 1), [{ value: 'the plaintext' }]);
  await assertOnRecord(room, 1);
  await room.end();
});

test('a limit on the size of files: every use is AUDIT_UNAVAILABLE, until it is lifted', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options);
  const room = await RemoteRoom.open(t, options);
  await useMany(room, id, 1);
  const limit = (size: string) =>
    execFileSync('prlimit', ['--pid', String(room.process.pid), `--fsize=${size}:unlimited`]);
  limit('0');
  await assertNothingLeaves(room, id, ['AUDIT_UNAVAILABLE', 'STORE_FULL']);
  limit('unlimited');
  await useMany(room, id, 1);
  await assertOnRecord(room, 2);
  await room.end();
});

test('a store whose files cannot be written opens for reading; every use is STORE_READ_ONLY', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options);
  chmodSync(join(options.dir, 'strongroom.db'), 0o400);
  chmodSync(options.dir, 0o500);
  afterwards(t, () => chmodSync(options.dir, 0o700));
  const room = await RemoteRoom.open(t, options, WITHOUT_PRIVILEGE);
  const { notices } = await room.call<StatusInfo>({ method: 'status' });
  assert.deepEqual(
    notices.map((notice) => notice.code),
    ['store-read-only'],
  );
  assert.equal((await room.call<SecretInfo>({ method: 'get', id })).name, 'token');
  await assertNothingLeaves(room, id, ['STORE_READ_ONLY']);
  await failsWith('STORE_READ_ONLY', room.call({ method: 'create', name: 'other', value: 'v' }));
  await room.end();
});

/** A file system of `size` KiB of its own, if this process may mount one. */
async function smallFileSystem(scope: Scope, size: number): Promise<string | undefined> {
  const dir = join(temporaryDir(scope), 'mounted');
  mkdirSync(dir);
  const { code } = await run('mount', ['-t', 'tmpfs', '-o', `size=${size}k,mode=0700`, 'tmpfs', dir]);
  if (code !== 0) return undefined;
  afterwards(scope, () => execFileSync('umount', ['--lazy', dir]));
  return dir;
}

test('a file system that fills up while secrets are used', async (t) => {
  const mounted = await smallFileSystem(t, 512);
  if (mounted === undefined) return t.diagnostic('may not mount here; the simulated full disk stands for it');
  const options = optionsFor(t, { dir: join(mounted, 'store') });
  const id = await filledStore(options);
  const room = await RemoteRoom.open(t, options);
  await useMany(room, id, 1);

  const ballast = join(mounted, 'ballast');
  execFileSync('sh', ['-c', `cat /dev/zero >"$1" 2>/dev/null || true`, 'sh', ballast]);
  let given = 1;
  // What has been allotted to the write-ahead log may still be written over.
  for (let full = false, rounds = 0; !full; rounds++) {
    assert.ok(rounds < 200, 'it fills up some time');
    const outcomes = await useMany(room, id, 50);
    given += outcomes.filter((outcome) => outcome.value !== undefined).length;
    full = outcomes.every((outcome) => outcome.value === undefined);
    for (const { value, code } of outcomes) assert.ok(value === 'the plaintext' || code === 'STORE_FULL', code);
  }
  await assertNothingLeaves(room, id, ['STORE_FULL']);

  rmSync(ballast);
  await useMany(room, id, 1);
  await assertOnRecord(room, given + 1);
  await room.end();
});
