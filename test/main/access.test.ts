import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsentPrompt, Strongroom } from '../../js/main/index.js';
import { canary } from '../support/canary.js';
import type { Scope } from '../support/directory.js';
import { failsWith } from '../support/errors.js';
import { openRoom } from '../support/room.js';

/** A room with one connection, and what asks for its token. */
async function connected(
  t: Scope,
  consent: ConsentPrompt,
): Promise<{ room: Strongroom; token: string; ask: () => Promise<string> }> {
  const token = canary();
  const room = await openRoom(t, { consent });
  await room.providers.register({
    id: 'acme.api',
    displayName: 'Acme',
    description: '',
    version: '1',
    auth: { type: 'bearer', field: 'token' },
    origins: ['https://api.acme.example'],
    schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } },
  });
  const { id } = await room.connections.create({
    providerId: 'acme.api',
    scope: 'user',
    displayName: 'Acme',
    secrets: { token },
  });
  const request = {
    principalId: 'acme.ext',
    role: 'extension',
    connectionId: id,
    field: 'token',
    reason: 'test',
  } as const;
  return { room, token, ask: async () => (await room.access.request(request)).handle };
}

/** What the process was warned of by this package while the test ran. */
function warnings(t: Scope): string[] {
  const heard: string[] = [];
  const listener = (warning: Error): void => {
    if (warning.name === 'StrongroomWarning') heard.push(warning.message);
  };
  process.on('warning', listener);
  t.after(() => void process.off('warning', listener));
  return heard;
}

/** Warnings come with the next tick. */
const ticked = () => new Promise((resolve) => setImmediate(resolve));

test('a prompt that fails is warned of, without its words, and the request waits for another answer', async (t) => {
  const heard = warnings(t);
  const words = canary();
  const { room, token, ask } = await connected(t, () => {
    throw new TypeError(words);
  });
  const waiting = new Promise<string>((resolve) => room.on('consent', ({ request }) => resolve(request.id)));
  const handle = ask();
  await room.access.respond(await waiting, 'allow-once');
  assert.equal(await room.access.redeem(await handle, { reason: 'r' }, String), token);
  await ticked();
  assert.deepEqual(heard, ['The consent prompt failed (TypeError)']);
});

test('a prompt hears when its request is over, and giving up then is no failure', async (t) => {
  const heard = warnings(t);
  let gaveUp: (() => void) | undefined;
  const over = new Promise<void>((resolve) => {
    gaveUp = resolve;
  });
  const { room, ask } = await connected(
    t,
    (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason);
          gaveUp?.();
        });
      }),
  );
  const waiting = new Promise<string>((resolve) => room.on('consent', ({ request }) => resolve(request.id)));
  // Listened to at once: it may be over before the answer to the answer is.
  const denied = failsWith('CONSENT_DENIED', ask());
  await room.access.respond(await waiting, 'deny');
  await denied;
  await over;
  await ticked();
  assert.deepEqual(heard, []);
});

test('a redeemed secret is wiped once the action has settled, however it ends', async (t) => {
  const { room, token, ask } = await connected(t, () => 'allow-once');
  const own = new Error('of the action');
  for (const failing of [false, true]) {
    let kept: Buffer | undefined;
    const done = room.access.redeem(await ask(), { reason: 'r' }, async (plaintext) => {
      kept = plaintext;
      await ticked();
      assert.equal(plaintext.toString(), token, 'not wiped before the action has settled');
      if (failing) throw own;
    });
    await (failing ? assert.rejects(done, own) : done);
    assert.deepEqual(kept, Buffer.alloc(token.length));
  }
});

test('a handle whose secret goes over HTTP starts no program, and is not used up by the attempt', async (t) => {
  const { room, token, ask } = await connected(t, () => 'allow-once');
  const handle = await ask();
  const error = await failsWith('INVALID_REQUEST', room.broker.spawn(handle, { command: 'true' }, { reason: 'start' }));
  assert.deepEqual(
    error.issues?.map(({ path }) => path),
    ['/handle'],
  );
  assert.equal(await room.access.redeem(handle, { reason: 'r' }, String), token);
});

test('a call that cannot be meant uses up no handle, and leaves no entry', async (t) => {
  const { room, token, ask } = await connected(t, () => 'allow-once');
  const handle = await ask();
  const before = (await room.audit.list()).items.length;
  await failsWith('INVALID_REQUEST', room.access.redeem(handle, { reason: 'r' }, undefined as never));
  const programs = [
    undefined,
    {},
    { command: 'sh' },
    { command: 'true', args: 'x' },
    { command: 'true', args: ['\0'] },
    { command: 'true', cwd: 1 },
    { command: 'true', env: { 'A=B': 'x' } },
    { command: 'true', shell: true },
  ];
  for (const program of programs) {
    await failsWith('INVALID_REQUEST', room.broker.spawn(handle, program as never, { reason: 'r' }));
  }
  assert.equal((await room.audit.list()).items.length, before);
  assert.equal(await room.access.redeem(handle, { reason: 'r' }, (plaintext) => plaintext.toString()), token);
});

test('a request without anything is refused as any other', async (t) => {
  const { room } = await connected(t, () => 'deny');
  let asked: Promise<unknown> | undefined;
  assert.doesNotThrow(() => (asked = room.access.request(undefined as never)));
  await failsWith('INVALID_REQUEST', asked as Promise<unknown>);
});
