import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry, AuditVerdict, SecretInfo } from '../../contracts/index.js';
import { RemoteRoom } from '../support/remote.js';
import { optionsFor } from '../support/room.js';

const LOCKABLE = 256 * 1024; // bytes that the process may lock in memory
const LARGEST = '🔑'.repeat(10_000); // 40,000 bytes

/** Starts a process with that limit; root has a privilege that lifts it, so it goes without. */
const limited = {
  execPath: 'prlimit',
  execArgv: [
    `--memlock=${LOCKABLE}:${LOCKABLE}`,
    '--',
    ...(process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-ipc_lock', '--inh-caps=-all', '--'] : []),
  ],
};

test('where little memory can be locked: what fits works, the rest is LIMIT_EXCEEDED, and nothing is lost', async (t) => {
  const room = await RemoteRoom.open(t, optionsFor(t), limited);
  const { id } = await room.call<SecretInfo>({ method: 'create', name: 'large', value: LARGEST });
  assert.equal(await room.call({ method: 'use', id }), LARGEST);

  const outcomes = await room.call<{ value?: string; code?: string }[]>({ method: 'use', id, times: 100 });
  const given = outcomes.filter((outcome) => outcome.value !== undefined);
  for (const { value, code } of outcomes) assert.ok(value === LARGEST || code === 'LIMIT_EXCEEDED', code);
  assert.ok(given.length > 0 && given.length < 100, `${given.length} of 100 fitted at once`);

  // All of it is given back: one at a time they go on working.
  for (let i = 0; i < 10; i++) assert.equal(await room.call({ method: 'use', id }), LARGEST);
  const list = (outcome: string) =>
    room.call<{ items: AuditEntry[] }>({
      method: 'audit.list',
      filter: { action: 'secret.use', outcome, limit: 500 },
    });
  assert.equal((await list('allowed')).items.length, given.length + 11);
  assert.equal((await list('failed')).items.length, 100 - given.length);
  assert.equal((await room.call<AuditVerdict>({ method: 'audit.verify' })).ok, true);
  await room.end();
});
