import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Connection, ConnectionTest, ResponseOf } from '../../contracts/index.js';
import { connect, decide, EVIL, manifest, SHOWN_EVIL, serviceWith, steersNothing } from './connected.js';
import { Bench, newCanary } from './support.js';

interface Failed {
  error: { code: string; message: string };
}

interface Shown {
  connection: Connection;
  usage: ResponseOf<'connections.usage'>;
}

const revealed = (bench: Bench, connectionId: string, field: string): Promise<string> =>
  bench.withRoom(async (room) => {
    const secretId = (await room.connections.get(connectionId)).secrets[field]?.secretRef ?? '';
    return room.secrets.reveal(secretId, { reason: 'the test compares it' });
  });

test('connections are listed with service and scope, by a process that registered no provider', async (t) => {
  const bench = new Bench(t);
  const { connection, canary } = await connect(bench);
  const there = await connect(bench, { scope: 'workspace', workspaceId: 'w1', displayName: 'Theirs' });
  const all = await bench.json<{ items: Connection[] }>(['connections', 'list']);
  assert.deepEqual(
    all.answer.items.map(({ id, needsAttention }) => [id, needsAttention]),
    [
      [connection.id, null],
      [there.connection.id, null],
    ],
  );
  assert.deepEqual(all.answer.items[0], connection);
  const only = async (...filter: string[]) =>
    (await bench.json<{ items: Connection[] }>(['connections', 'list', ...filter])).answer.items.map(
      ({ displayName }) => displayName,
    );
  assert.deepEqual(await only('--scope', 'workspace'), ['Theirs']);
  assert.deepEqual(await only('--workspace', 'w2'), ['Mine']);
  assert.deepEqual(await only('--workspace', 'w1', '--provider', 'acme.mail'), ['Mine', 'Theirs']);
  assert.deepEqual(await only('--provider', 'acme.other'), []);
  assert.equal((await bench.run(['connections', 'list', '--scope', 'planet'])).code, 2);

  const shown = (await bench.run(['connections', 'list'])).stdout.split('\n');
  assert.match(shown[0] ?? '', /^ID +SERVICE +SCOPE +ATTENTION +LAST TEST +LAST USED +NAME$/);
  assert.match(shown[1] ?? '', /^con_\w{26} +Acme Mail \(acme\.mail\) +user +- +never +never +Mine$/);
  assert.match(shown[2] ?? '', / workspace w1 .* Theirs$/);

  await bench.withRoom((room) => room.providers.unregister('acme.mail'));
  assert.match((await bench.run(['connections', 'list'])).stdout, /Acme Mail \(acme\.mail\) +user +yes \(1\)/);
  assert.match((await bench.run(['connections', 'show', 'Mine'])).stdout, /not registered at present/);
  for (const secret of [canary, there.canary]) assert.ok(!bench.output.includes(secret));
});

test('more connections than a page holds are all listed', async (t) => {
  const bench = new Bench(t);
  await connect(bench, { displayName: 'n0' });
  await bench.withRoom((room) =>
    Promise.all(
      Array.from({ length: 500 }, (_, i) =>
        room.connections.create({
          providerId: 'acme.mail',
          scope: 'user',
          displayName: `n${i + 1}`,
          secrets: { token: newCanary() },
        }),
      ),
    ),
  );
  const { answer } = await bench.json<{ items: Connection[]; nextCursor?: string }>(['connections', 'list']);
  assert.equal(new Set(answer.items.map(({ id }) => id)).size, 501);
  assert.equal(answer.nextCursor, undefined);
});

test('show tells of fields, secrets and users, and never a value', async (t) => {
  const bench = new Bench(t);
  const { connection, canary } = await connect(bench, { displayName: EVIL, fields: { note: 'a\nb\x1b[31m' } });
  await bench.withRoom((room) =>
    decide(room, 'allow-always', { connectionId: connection.id, reason: `why ${EVIL}`, principalId: `x${EVIL}` }),
  );
  const { answer } = await bench.json<Shown>(['connections', 'show', EVIL]);
  assert.equal(answer.connection.id, connection.id);
  assert.deepEqual(
    answer.usage.grants.map(({ principalId, decision }) => [principalId, decision]),
    [[`x${EVIL}`, 'allow']],
  );
  const { code, stdout } = await bench.terminal(['connections', 'show', connection.id], []);
  assert.equal(code, 0);
  assert.match(stdout, SHOWN_EVIL);
  assert.match(stdout, /^Service +Acme Mail \(acme\.mail\)\r$/m);
  assert.match(stdout, /^note +a\\x0ab\\x1b\[31m\r$/m);
  assert.match(stdout, /^spare +no +-\r$/m);
  assert.match(stdout, new RegExp(`^token +yes +${connection.secrets.token?.updatedAt}\\r$`, 'm'));
  assert.match(stdout, /^grt_\w+ +extension:xevil\\x1b.* allow +token +never +why evil\\x1b/m);
  assert.match(stdout, / access\.request +allowed +token +why evil\\x1b/);
  steersNothing(stdout);
  assert.ok(!bench.output.includes(canary));
});

test('a secret is set from standard input or the hidden prompt, and from nowhere else', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench);
  const piped = newCanary();
  const set = await bench.json<Connection>(['connections', 'set-secret', 'Mine', 'spare'], `${piped}\n`);
  assert.equal(set.code, 0);
  assert.deepEqual([set.answer.id, set.answer.secrets.spare?.hasValue], [connection.id, true]);
  assert.equal(await revealed(bench, connection.id, 'spare'), piped);
  const raw = await bench.run(['connections', 'set-secret', 'Mine', 'spare', '--raw'], `${piped}\n`);
  assert.deepEqual([raw.code, raw.stdout], [0, `set spare of Mine (${connection.id})\n`]);
  assert.equal(await revealed(bench, connection.id, 'spare'), `${piped}\n`);

  const typed = newCanary();
  const asked = await bench.terminal(
    ['connections', 'set-secret', connection.id, 'token'],
    [['not shown', `${typed}\r`]],
  );
  assert.equal(asked.code, 0, asked.stdout);
  assert.match(asked.stdout, /Value of token of Mine \(con_\w+\) \(not shown\): .*set token of Mine/s);
  assert.equal(await revealed(bench, connection.id, 'token'), typed);

  const argument = await bench.run(['connections', 'set-secret', 'Mine', 'token', newCanary()], 'x');
  assert.equal(argument.code, 2);
  assert.match(argument.stderr, /a value is never taken from the command line/);
  const refused: [string, string, RegExp][] = [
    ['token', '\n', /the value is empty/],
    ['token', 'short', /\/secrets\/token|\/value/],
    ['baseUrl', 'https://x.example', /no such secret field; it has spare, token/],
    ['__proto__', 'x', /no such secret field/],
  ];
  for (const [field, input, message] of refused) {
    const { code, stderr } = await bench.run(['connections', 'set-secret', 'Mine', field], input);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
  assert.equal(await revealed(bench, connection.id, 'token'), typed);
  const { items } = (await bench.json<ResponseOf<'audit.list'>>(['audit', 'list', '--action', 'connection.secret.set']))
    .answer;
  assert.deepEqual(
    [...new Set(items.map(({ role, principalId }) => `${role} ${principalId}`))],
    ['core strongroom-cli'],
  );
  for (const secret of [piped, typed]) assert.ok(!bench.output.includes(secret));
});

test('setting a secret says that it confirms a changed address', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench, { fields: { baseUrl: 'https://a.example' } });
  await bench.withRoom((room) =>
    room.connections.update(connection.id, { fields: { baseUrl: 'https://b.example' }, revision: connection.revision }),
  );
  const set = await bench.run(['connections', 'set-secret', 'Mine', 'token'], newCanary());
  assert.equal(set.code, 0);
  assert.match(set.stderr, /the address was changed; .* shows the address\n/);
  assert.equal((await bench.json<Shown>(['connections', 'show', 'Mine'])).answer.connection.needsAttention, null);
  assert.equal((await bench.run(['connections', 'set-secret', 'Mine', 'token'], newCanary())).stderr, '');
});

test('setting a secret shows where a provider sends it by now, and asks', async (t) => {
  const bench = new Bench(t);
  const { connection, canary } = await connect(bench);
  const move = (...origins: string[]) =>
    bench.withRoom((room) => room.providers.register(manifest({ version: '2.0.0', origins })));
  const attention = async () =>
    (await bench.json<Shown>(['connections', 'show', 'Mine'])).answer.connection.needsAttention?.issues[0]?.code;
  const set = ['connections', 'set-secret', 'Mine', 'token'];
  await move('https://b.example', 'https://c.example');

  const silent = await bench.run(set, newCanary());
  assert.equal(silent.code, 2);
  assert.match(silent.stderr, /acme\.mail changed .*: https:\/\/b\.example, https:\/\/c\.example\n/);
  assert.match(silent.stderr, /no terminal to ask at; give --yes/);
  const no = await bench.terminal(set, [['[y/N]', 'n\r']]);
  assert.equal(no.code, 1);
  assert.match(
    no.stdout,
    /: https:\/\/b\.example, https:\/\/c\.example\r\n.*Mine \(con_\w+\) all the same\?.*not set/s,
  );
  assert.equal(await revealed(bench, connection.id, 'token'), canary);
  assert.equal(await attention(), 'terms_changed');

  // What was shown is what is accepted, not what it became while the value was awaited.
  const overtaken = await bench.run([...set, '--yes'], {
    waitFor: 'https://b.example',
    input: async () => {
      await move('https://d.example');
      return newCanary();
    },
  });
  assert.equal(overtaken.code, 3);
  assert.match(overtaken.stderr, /CONFLICT: how or where the secret is sent was changed/);
  assert.equal(await revealed(bench, connection.id, 'token'), canary);
  assert.equal(await attention(), 'terms_changed');

  const typed = newCanary();
  const yes = await bench.terminal(set, [
    ['[y/N]', 'y\r'],
    ['not shown', `${typed}\r`],
  ]);
  assert.equal(yes.code, 0, yes.stdout);
  assert.equal(await revealed(bench, connection.id, 'token'), typed);
  assert.equal(await attention(), undefined);
  await move('https://e.example');
  const unasked = await bench.run([...set, '--yes'], newCanary());
  assert.deepEqual([unasked.code, /: https:\/\/e\.example\n/.test(unasked.stderr)], [0, true]);
  assert.equal(await attention(), undefined);
  assert.ok(!bench.output.includes(typed));
});

test('clearing a secret asks first, and says when there is none', async (t) => {
  const bench = new Bench(t);
  const { connection, canary } = await connect(bench);
  const hasToken = async () =>
    (await bench.json<Shown>(['connections', 'show', 'Mine'])).answer.connection.secrets.token?.hasValue;
  assert.equal((await bench.run(['connections', 'clear-secret', 'Mine', 'token'])).code, 2);
  const no = await bench.terminal(['connections', 'clear-secret', 'Mine', 'token'], [['[y/N]', 'n\r']]);
  assert.equal(no.code, 1);
  assert.match(no.stdout, /Delete the value of token of Mine \(con_\w+\)\?.*not cleared/s);
  assert.equal(await hasToken(), true);
  const cleared = await bench.json(['connections', 'clear-secret', 'Mine', 'token', '--yes']);
  assert.deepEqual([cleared.code, cleared.answer], [0, { id: connection.id, field: 'token', cleared: true }]);
  assert.equal(await hasToken(), false);
  const again = await bench.run(['connections', 'clear-secret', 'Mine', 'token', '--yes']);
  assert.deepEqual([again.code, again.stdout], [1, `token of Mine (${connection.id}) is not set\n`]);
  assert.ok(!bench.output.includes(canary));
});

test('removing says what goes along, asks, and takes it along', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench, { displayName: EVIL });
  await bench.withRoom((room) => decide(room, 'allow-always', { connectionId: connection.id }));
  const silent = await bench.run(['connections', 'remove', EVIL]);
  assert.equal(silent.code, 2);
  assert.match(silent.stderr, /no terminal to ask at; give --yes/);
  const no = await bench.terminal(['connections', 'remove', EVIL], [['[y/N]', '\r']]);
  assert.equal(no.code, 1);
  assert.match(no.stdout, /Delete evil\\x1b.* \(con_\w+\), with 1 secret and 1 grant\?.*not removed/s);
  steersNothing(no.stdout);
  const yes = await bench.json(['connections', 'remove', connection.id, '--yes']);
  assert.deepEqual([yes.code, yes.answer], [0, { id: connection.id, removed: true }]);
  assert.equal((await bench.run(['connections', 'list'])).stdout, 'no connections\n');
  assert.equal((await bench.run(['grants', 'list'])).stdout, 'no grants\n');
  assert.deepEqual((await bench.json(['secrets', 'list', '--kind', 'connection'])).answer, { items: [] });
  assert.equal((await bench.run(['connections', 'remove', connection.id, '--yes'])).code, 3);
});

test('a damaged connection is counted, and can be removed by its id', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench);
  execFileSync('sqlite3', [join(bench.dir, 'strongroom.db'), "UPDATE connections SET fields = '{'"]);
  const listed = await bench.run(['connections', 'list']);
  assert.deepEqual([listed.code, listed.stdout], [0, 'no connections\n']);
  assert.match(listed.stderr, /1 damaged and not listed/);
  const shown = await bench.json<Failed>(['connections', 'show', connection.id]);
  assert.deepEqual([shown.code, shown.answer.error.code], [3, 'CORRUPT']);
  assert.equal((await bench.run(['connections', 'remove', connection.id, '--yes'])).code, 0);
  assert.equal((await bench.run(['connections', 'list'])).stderr, '');
});

test('a name that several have is refused with the candidates', async (t) => {
  const bench = new Bench(t);
  const ids = [(await connect(bench)).connection.id];
  ids.push((await connect(bench, { scope: 'workspace', workspaceId: EVIL })).connection.id);
  for (const args of [
    ['connections', 'show', 'Mine'],
    ['connections', 'remove', 'Mine', '--yes'],
    ['grants', 'list', '--connection', 'Mine'],
  ]) {
    const { code, stderr } = await bench.run(args);
    assert.equal(code, 2);
    assert.match(stderr, /^strongroom: INVALID_REQUEST: 2 connections have that name; give the id: /);
    assert.ok(stderr.includes(`${ids[0]} (acme.mail, user), ${ids[1]} (acme.mail, workspace evil\\x1b`));
    steersNothing(stderr);
  }
  const { code, answer } = await bench.json<Failed>(['connections', 'show', 'mine']);
  assert.deepEqual([code, answer.error.code], [3, 'NOT_FOUND']);
});

test('a test by the request of the manifest is made here, and recorded', async (t) => {
  const bench = new Bench(t);
  const good = await serviceWith(t, 200);
  const { connection, canary } = await connect(bench, {}, manifest({ origins: [good.origin], test: { path: '/me' } }));
  const passed = await bench.json<ConnectionTest>(['connections', 'test', 'Mine']);
  assert.deepEqual([passed.code, passed.answer.ok], [0, true], passed.stdout);
  assert.deepEqual(good.sent, [`/me Bearer ${canary}`]);
  const shown = (await bench.json<Shown>(['connections', 'show', 'Mine'])).answer.connection;
  assert.deepEqual(shown.lastTest, passed.answer);

  const bad = await serviceWith(t, 401);
  const second = new Bench(t);
  const refused = await connect(second, {}, manifest({ origins: [bad.origin], test: { path: '/' } }));
  const failed = await second.run(['connections', 'test', refused.connection.id]);
  assert.equal(failed.code, 1);
  assert.match(failed.stdout, /^FAILED: .*401.* \(\d+ ms\)\n$/);
  assert.match((await second.run(['connections', 'list'])).stdout, / FAILED \d{4}-/);
  assert.ok(!(bench.output + second.output).includes(canary));
  assert.ok(!second.output.includes(refused.canary));
  assert.equal(connection.lastTest, null);
});

test('a test that only the app can make is not made, and said to be', async (t) => {
  const bench = new Bench(t);
  const { connection } = await connect(bench);
  const here = await bench.run(['connections', 'test', 'Mine']);
  assert.equal(here.code, 1);
  assert.match(here.stdout, /^not tested: the manifest of acme\.mail names no request .* in the app\n$/);
  await bench.withRoom((room) => room.providers.unregister('acme.mail'));
  const gone = await bench.json<{ id: string; tested: boolean; message: string }>(['connections', 'test', 'Mine']);
  assert.deepEqual([gone.code, gone.answer.id, gone.answer.tested], [1, connection.id, false]);
  assert.match(gone.answer.message, /not registered at present/);
  const shown = (await bench.json<Shown>(['connections', 'show', 'Mine'])).answer;
  assert.equal(shown.connection.lastTest, null);
  assert.ok(!shown.usage.accesses.some(({ action }) => action === 'connection.test'));
});
