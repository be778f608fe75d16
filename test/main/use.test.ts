import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStrongroom } from '../../js/main/index.js';
import { afterwards } from '../support/directory.js';
import { failsWith, places } from '../support/errors.js';
import { openRoom, optionsFor } from '../support/room.js';

const UNKNOWN_ID = 'sec_01ARZ3NDEKTSV4RRFFQ69G5FAV';

test('use hands over the bytes, gives what the action gives, and wipes the buffer', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'sésame' });
  let kept: Buffer | undefined;
  const given = await room.secrets.use(id, { reason: 'r' }, async (plaintext) => {
    kept = plaintext;
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(plaintext, Buffer.from('sésame', 'utf8'), 'not wiped before the action has settled');
    return 42;
  });
  assert.equal(given, 42);
  assert.deepEqual(kept, Buffer.alloc(7));
});

test('the buffer is wiped when the action throws or rejects, and the error is that of the action', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const own = new Error('of the action');
  for (const fail of [
    () => {
      throw own;
    },
    () => Promise.reject(own),
  ]) {
    let kept: Buffer | undefined;
    await assert.rejects(
      room.secrets.use(id, { reason: 'r' }, (plaintext) => {
        kept = plaintext;
        return fail();
      }),
      own,
    );
    assert.deepEqual(kept, Buffer.alloc(5));
  }
});

test("the buffer is the engine's own memory and not shared with anything", async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  await room.secrets.use(id, { reason: 'r' }, (plaintext) => {
    // A buffer cut from Node's pool would share its ArrayBuffer with unrelated data.
    assert.equal(plaintext.buffer.byteLength, plaintext.length);
    plaintext.fill(7);
  });
  assert.equal(await room.secrets.reveal(id, { reason: 'r' }), 'value', 'writing into it changes nothing');
});

test('every use and reveal has its entry, with the reason; the failed ones too', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  await room.secrets.use(id, { reason: 'nightly sync' }, () => {});
  await room.secrets.reveal(id, { reason: 'shown to a person' });
  await failsWith(
    'NOT_FOUND',
    room.secrets.use(UNKNOWN_ID, { reason: 'a guess' }, () => assert.fail('not reached')),
  );
  await failsWith('NOT_FOUND', room.secrets.reveal(UNKNOWN_ID, { reason: 'another guess' }));
  const { items } = await room.audit.list({ limit: 4 });
  assert.deepEqual(
    items.map((e) => [e.action, e.secretId, e.reason, e.outcome, e.code, e.role, e.principalId]),
    [
      ['secret.reveal', UNKNOWN_ID, 'another guess', 'failed', 'NOT_FOUND', 'core', 'core'],
      ['secret.use', UNKNOWN_ID, 'a guess', 'failed', 'NOT_FOUND', 'core', 'core'],
      ['secret.reveal', id, 'shown to a person', 'allowed', null, 'core', 'core'],
      ['secret.use', id, 'nightly sync', 'allowed', null, 'core', 'core'],
    ],
  );
});

test('a reason of 1 to 500 code points is required; without one nothing is opened or recorded', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const { items: before } = await room.audit.list();
  for (const reason of ['', '🔑'.repeat(501), undefined, null, 7, 'a lone \udc00', { toString: () => 'r' }]) {
    const options = { reason: reason as string };
    const errors = [
      await failsWith(
        'INVALID_REQUEST',
        room.secrets.use(id, options, () => assert.fail('not reached')),
      ),
      await failsWith('INVALID_REQUEST', room.secrets.reveal(id, options)),
    ];
    for (const error of errors) assert.match(places(error).join(), /^\/reason (length|type|not_unicode)$/);
  }
  assert.deepEqual((await room.audit.list()).items, before);
  await room.secrets.use(id, { reason: '🔑'.repeat(500) }, () => {});
});

test('use and reveal without options are refused, not thrown as something else', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const nothing = undefined as unknown as { reason: string };
  await failsWith('INVALID_REQUEST', room.secrets.reveal(id, nothing));
  await failsWith(
    'INVALID_REQUEST',
    room.secrets.use(id, nothing, () => assert.fail('not reached')),
  );
});

test('an access is seen in lastAccessedAt and leaves version and revision alone', async (t) => {
  const room = await openRoom(t);
  const secret = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const before = Date.now();
  await room.secrets.use(secret.id, { reason: 'r' }, () => {});
  const after = await room.secrets.get(secret.id);
  assert.deepEqual({ ...after, lastAccessedAt: null }, secret);
  assert.ok(Date.parse(after.lastAccessedAt ?? '') >= before);
});

test('the first use of a store opened anew gets the key and is recorded after key.unlock', async (t) => {
  const options = optionsFor(t);
  const first = await openStrongroom(options);
  const { id } = await first.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  await first.close();
  let before = ['key.create', 'secret.create'];
  for (let round = 1; round <= 20; round += 1) {
    const room = await openStrongroom(options);
    afterwards(t, () => room.close());
    // One after the other until the first has its value: some come in the very moment in which the key is there.
    const uses: Promise<string>[] = [];
    let answered = false;
    do {
      const use = room.secrets.reveal(id, { reason: 'r' });
      uses.push(use.finally(() => (answered = true)));
      await new Promise(setImmediate);
    } while (!answered);
    assert.deepEqual(new Set(await Promise.all(uses)), new Set(['value']));
    const actions: string[] = [];
    for await (const piece of room.audit.export({ format: 'jsonl' })) {
      for (const line of piece.split('\n').filter((text) => text !== '')) actions.push(JSON.parse(line).action);
    }
    // One unlock, and no use before it.
    before = [...before, 'key.unlock', ...uses.map(() => 'secret.reveal')];
    assert.deepEqual(actions, before, `round ${round}`);
    await room.close();
  }
});

test('a thousand different secrets in use at once', async (t) => {
  const room = await openRoom(t, { audit: { durability: 'normal' } });
  const secrets = await Promise.all(
    Array.from({ length: 100 }, (_, i) => room.secrets.create({ name: `s${i}`, kind: 'custom', value: `v${i}` })),
  );
  await Promise.all(
    Array.from({ length: 1000 }, (_, i) =>
      room.secrets.use(secrets[i % 100]?.id ?? '', { reason: 'r' }, (plaintext) =>
        assert.equal(plaintext.toString(), `v${i % 100}`),
      ),
    ),
  );
});

test('what cannot take the plaintext is refused while there is none, and leaves no entry', async (t) => {
  const room = await openRoom(t);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: 'value' });
  const before = (await room.audit.list()).items.length;
  for (const action of [undefined, null, 'text', {}]) {
    await failsWith('INVALID_REQUEST', room.secrets.use(id, { reason: 'r' }, action as never));
  }
  assert.equal((await room.audit.list()).items.length, before);
});
