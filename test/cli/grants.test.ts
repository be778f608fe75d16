import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditEntry, GrantInfo, Silence } from '../../contracts/index.js';
import { connect, decide, EVIL, SHOWN_EVIL, steersNothing } from './connected.js';
import { Bench } from './support.js';

interface Failed {
  error: { code: string; message: string };
}

const listed = async (bench: Bench, ...filter: string[]): Promise<GrantInfo[]> =>
  (await bench.json<{ items: GrantInfo[] }>(['grants', 'list', ...filter])).answer.items;

test('grants are listed with who, what and for which connection', async (t) => {
  const bench = new Bench(t);
  const mine = await connect(bench, { displayName: EVIL });
  const other = await connect(bench, { displayName: 'Other' });
  await bench.withRoom(async (room) => {
    await decide(room, 'allow-always', { connectionId: mine.connection.id, reason: EVIL });
    await decide(room, 'deny-always', { connectionId: mine.connection.id, principalId: 'acme.tool', role: 'tool' });
    await decide(room, 'allow-always', { connectionId: other.connection.id });
  });
  const all = await listed(bench);
  assert.deepEqual(
    all.map(({ role, principalId, connectionId, decision }) => [role, principalId, connectionId, decision]),
    [
      ['extension', 'acme.ext', mine.connection.id, 'allow'],
      ['tool', 'acme.tool', mine.connection.id, 'deny'],
      ['extension', 'acme.ext', other.connection.id, 'allow'],
    ],
  );
  assert.deepEqual(await listed(bench, '--connection', EVIL), all.slice(0, 2));
  assert.deepEqual(await listed(bench, '--connection', other.connection.id), all.slice(2));
  assert.deepEqual(await listed(bench, '--principal', 'acme.ext', '--connection', EVIL), all.slice(0, 1));

  const { stdout } = await bench.terminal(['grants', 'list'], []);
  assert.match(stdout, /^ID +WHO +DECISION +CONNECTION +FIELD +LAST USED +REASON\r$/m);
  assert.match(stdout, new RegExp(`extension:acme\\.ext +allow +${SHOWN_EVIL.source}.*never +${SHOWN_EVIL.source}`));
  assert.match(stdout, /tool:acme\.tool +deny +/);
  steersNothing(stdout);
  assert.ok(!bench.output.includes(mine.canary) && !bench.output.includes(other.canary));
});

test('a grant for a single use is listed and revoked like the others, while an app has it', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench);
  await bench.withRoom(async (room) => {
    await decide(room, 'allow-once', { connectionId: connection.id });
    assert.match(
      (await bench.run(['grants', 'list'])).stdout,
      /extension:acme\.ext +allow once until \d{4}-\S+ +Mine \(con_/,
    );
    assert.deepEqual((await bench.json(['grants', 'revoke', '--all', '--yes'])).answer, { revoked: 1 });
  });
});

test('revoking one asks, and takes effect in an app that runs', async (t) => {
  const bench = new Bench(t);
  const { connection, canary } = await connect(bench);
  await bench.withRoom(async (room) => {
    await decide(room, 'allow-always', { connectionId: connection.id });
    const asked = { principalId: 'acme.ext', role: 'extension', connectionId: connection.id, field: 'token' } as const;
    const { handle } = await room.access.request({ ...asked, reason: 'again' });
    const [grant] = await listed(bench);
    const id = grant?.id ?? '';
    const silent = await bench.run(['grants', 'revoke', id]);
    assert.deepEqual([silent.code, (await listed(bench)).length], [2, 1]);
    const no = await bench.terminal(['grants', 'revoke', id], [['[y/N]', '\r']]);
    assert.equal(no.code, 1);
    assert.match(no.stdout, /Revoke allow for extension:acme\.ext, token of Mine \(con_\w+\)\?.*not revoked/s);
    await room.access.redeem(handle, { reason: 'it stands' }, () => {});
    const yes = await bench.json(['grants', 'revoke', id, '--yes']);
    assert.deepEqual([yes.code, yes.answer], [0, { id, revoked: true }]);
    await assert.rejects(
      room.access.redeem(handle, { reason: 'it does not' }, () => {}),
      { code: 'HANDLE_INVALID' },
    );
    const gone = await bench.json<Failed>(['grants', 'revoke', id, '--yes']);
    assert.deepEqual([gone.code, gone.answer.error.code], [3, 'NOT_FOUND']);
  });
  const [entry] = (await bench.json<{ items: AuditEntry[] }>(['audit', 'list', '--action', 'access.revoke'])).answer
    .items;
  assert.deepEqual([entry?.role, entry?.principalId, entry?.outcome], ['core', 'strongroom-cli', 'allowed']);
  assert.ok(!bench.output.includes(canary));
});

test('revoking all takes what is selected and no other, with its count', async (t) => {
  const bench = new Bench(t);
  const mine = await connect(bench);
  const other = await connect(bench, { displayName: 'Other' });
  await bench.withRoom(async (room) => {
    // More than are revoked at a time.
    for (let i = 0; i < 60; i += 1) {
      await decide(room, 'allow-always', { connectionId: mine.connection.id, principalId: `acme.ext${i}` });
    }
    await decide(room, 'allow-always', { connectionId: mine.connection.id, principalId: 'acme.kept' });
    await decide(room, 'deny-always', { connectionId: other.connection.id, principalId: 'acme.kept' });
  });
  const no = await bench.terminal(['grants', 'revoke', '--all', '--connection', 'Mine'], [['[y/N]', '\r']]);
  assert.equal(no.code, 1);
  assert.match(no.stdout, /Revoke 61 grants\?.*not revoked/s);
  assert.equal((await listed(bench)).length, 62);
  const one = await bench.json([
    'grants',
    'revoke',
    '--all',
    '--connection',
    'Mine',
    '--principal',
    'acme.kept',
    '--yes',
  ]);
  assert.deepEqual([one.code, one.answer], [0, { revoked: 1 }]);
  const yes = await bench.terminal(['grants', 'revoke', '--all', '--connection', 'Mine'], [['[y/N]', 'y\r']]);
  assert.equal(yes.code, 0);
  assert.match(yes.stdout, /Revoke 60 grants\?.*revoked \d+ of 60.*revoked 60 grants/s);
  assert.deepEqual(
    (await listed(bench)).map(({ connectionId }) => connectionId),
    [other.connection.id],
  );
  assert.equal(
    (await bench.run(['grants', 'revoke', '--all', '--principal', 'acme.kept', '--yes'])).stdout,
    'revoked 1 grant\n',
  );
  const none = await bench.run(['grants', 'revoke', '--all', '--yes']);
  assert.deepEqual([none.code, none.stdout], [0, 'no grants\n']);
});

test('a damaged grant is counted and left alone by --all, and can be revoked by its id', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench);
  await bench.withRoom(async (room) => {
    await decide(room, 'allow-always', { connectionId: connection.id });
    await decide(room, 'allow-always', { connectionId: connection.id, principalId: 'acme.other' });
  });
  const [damaged, whole] = await listed(bench);
  const database = join(bench.dir, 'strongroom.db');
  execFileSync('sqlite3', [database, `UPDATE grants SET field = '' WHERE id = '${damaged?.id}'`]);
  const shown = await bench.json(['grants', 'list']);
  assert.deepEqual([shown.code, shown.answer], [0, { items: [whole], damaged: 1 }]);
  assert.match(shown.stderr, /1 damaged and not listed/);
  const all = await bench.json(['grants', 'revoke', '--all', '--yes']);
  assert.deepEqual([all.code, all.answer], [0, { revoked: 1, damaged: 1 }]);
  assert.match(all.stderr, /1 damaged and left alone/);
  const one = await bench.terminal(['grants', 'revoke', damaged?.id ?? ''], [['[y/N]', 'y\r']]);
  assert.equal(one.code, 0, one.stdout);
  assert.match(one.stdout, /Revoke a grant that is damaged.*revoked grt_/s);
  assert.deepEqual((await bench.json(['grants', 'list'])).answer, { items: [] });
});

test('a silence is listed, and can be ended', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench);
  assert.equal((await bench.run(['grants', 'silences'])).stdout, 'nobody is silenced\n');
  await bench.withRoom(async (room) => {
    for (const role of ['extension', 'tool'] as const) {
      for (let i = 0; i < 3; i += 1) await decide(room, 'deny', { connectionId: connection.id, role });
    }
  });
  const { items } = (await bench.json<{ items: Silence[] }>(['grants', 'silences'])).answer;
  assert.deepEqual(items.map(({ role }) => role).sort(), ['extension', 'tool']);
  assert.match((await bench.run(['grants', 'silences'])).stdout, /^tool:acme\.ext +\S+ +\S+ +Mine \(con_\w+\)$/m);
  assert.match(
    (await bench.run(['connections', 'show', 'Mine'])).stdout,
    /Denied without a prompt:\nWHO .*\n(extension|tool):acme\.ext /,
  );

  const both = await bench.run(['grants', 'unsilence', 'acme.ext', 'Mine']);
  assert.equal(both.code, 2);
  assert.match(both.stderr, /give --role/);
  const ended = await bench.json(['grants', 'unsilence', 'acme.ext', 'Mine', '--role', 'tool']);
  assert.equal(ended.code, 0);
  assert.deepEqual(ended.answer, {
    principalId: 'acme.ext',
    role: 'tool',
    connectionId: connection.id,
    unsilenced: true,
  });
  const last = await bench.run(['grants', 'unsilence', 'acme.ext', connection.id]);
  assert.deepEqual([last.code, last.stdout], [0, `unsilenced extension:acme.ext for Mine (${connection.id})\n`]);
  const gone = await bench.json<Failed>(['grants', 'unsilence', 'acme.ext', 'Mine']);
  assert.deepEqual([gone.code, gone.answer.error.code], [3, 'NOT_FOUND']);
  assert.deepEqual((await bench.json(['grants', 'silences'])).answer, { items: [] });
});
