/** The addon keeps no global state: worker threads, contexts torn down with work in flight, rooms nobody closes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { openStrongroom, type StrongroomOptions } from '../../js/main/index.js';
import type { NativeBinding } from '../../js/main/native.js';
import { afterwards, temporaryDir } from '../support/directory.js';
import { run } from '../support/process.js';
import { optionsFor } from '../support/room.js';

const ADDON = require('node-gyp-build').path(join(__dirname, '..', '..')) as string;

/**
 * A script that uses the addon as it is, without a loader: what runs in a worker or child that has to start fast.
 * `open` gives a room, `use` the text of a secret.
 */
const PRELUDE = `
  const native = require(${JSON.stringify(ADDON)});
  const unwrap = (envelope) => {
    if (!envelope.ok) throw Object.assign(new Error(envelope.error.message), { code: envelope.error.code });
    return envelope.value;
  };
  const open = async (options) => unwrap(await native.open(options, () => {}, () => {}));
  const core = { role: 'core', principalId: 'core' };
  const send = async (room, channel, payload) => unwrap(await room.dispatch(core, channel, payload));
  const use = async (room, id) => unwrap(await room.use(id, 'test')).toString('utf8');
`;

function worker(body: string, workerData: unknown): Worker {
  const code = `${PRELUDE}
    const { parentPort, workerData } = require('node:worker_threads');
    (async () => { ${body} })().catch((error) => { throw error; });`;
  return new Worker(code, { eval: true, workerData });
}

async function filledStore(options: StrongroomOptions, value: string): Promise<string> {
  const room = await openStrongroom(options);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value });
  await room.close();
  return id;
}

/** The store opens, is sound and verifies. */
async function assertSound(options: StrongroomOptions): Promise<void> {
  const room = await openStrongroom(options);
  try {
    await room.unlock();
    const verdict = await room.audit.verify();
    assert.deepEqual([verdict.ok, verdict.sealChecked], [true, true], JSON.stringify(verdict));
  } finally {
    await room.close();
  }
}

test('several workers, each with a store of its own', async (t) => {
  const workers = await Promise.all(
    Array.from({ length: 4 }, async (_, i) => {
      const options = optionsFor(t);
      const id = await filledStore(options, `value ${i}`);
      const body = `
        const room = await open(workerData.options);
        const values = await Promise.all(Array.from({ length: 50 }, () => use(room, workerData.id)));
        unwrap(await room.close());
        parentPort.postMessage([...new Set(values)]);`;
      return worker(body, { options, id });
    }),
  );
  const answers = await Promise.all(workers.map(async (each) => (await once(each, 'message'))[0]));
  assert.deepEqual(
    answers,
    [0, 1, 2, 3].map((i) => [`value ${i}`]),
  );
  const codes = await Promise.all(
    workers.map(async (each) => (each.threadId === -1 ? 0 : (await once(each, 'exit'))[0])),
  );
  assert.deepEqual(codes, [0, 0, 0, 0], 'each ends by itself');
});

test('several workers on one store, and the main thread beside them', async (t) => {
  const options = optionsFor(t, { audit: { durability: 'normal' } });
  const id = await filledStore(options, 'shared');
  const body = `
    const room = await open(workerData.options);
    for (let i = 0; i < 20; i++) {
      await Promise.all([
        use(room, workerData.id),
        send(room, 'secrets.create', { name: workerData.name + i, kind: 'custom', value: 'v' }),
      ]);
    }
    unwrap(await room.close());
    parentPort.postMessage('done');`;
  const workers = ['x', 'y', 'z'].map((name) => worker(body, { options, id, name }));
  const room = await openStrongroom(options);
  afterwards(t, () => room.close());
  const done = Promise.all(workers.map((each) => once(each, 'message')));
  for (let i = 0; i < 20; i++) await room.secrets.use(id, { reason: 'r' }, () => {});
  await done;
  assert.equal((await room.secrets.list()).items.length, 61);
  assert.equal((await room.audit.list({ action: 'secret.use', limit: 500 })).items.length, 80);
  assert.equal((await room.audit.verify()).ok, true);
});

test('a worker that is terminated with hundreds of uses in flight takes nothing with it', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options, 'value');
  const body = `
    const room = await open(workerData.options);
    await use(room, workerData.id);
    for (;;) {
      const uses = Array.from({ length: 400 }, () => use(room, workerData.id));
      parentPort.postMessage('in flight');
      await uses[0];
    }`;
  for (let round = 0; round < 5; round++) {
    const each = worker(body, { options, id });
    for (let i = 0; i <= round; i++) await once(each, 'message');
    await each.terminate();
  }
  await assertSound(options);
});

test('a worker terminated while it opens, unlocks and closes takes nothing with it', async (t) => {
  const options = optionsFor(t);
  const body = `
    parentPort.postMessage('begun');
    for (;;) {
      const room = await open(workerData.options);
      room.unlock();
      room.dispatch(core, 'audit.verify', {});
      await room.close();
      parentPort.postMessage('closed');
    }`;
  await filledStore(options, 'value');
  for (let round = 0; round < 5; round++) {
    const each = worker(body, { options });
    for (let i = 0; i <= round; i++) await once(each, 'message');
    await each.terminate();
  }
  await assertSound(options);
});

test('process.exit with work in flight ends at once and leaves a sound store', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options, 'value');
  const script = (how: string) => `${PRELUDE}
    (async () => {
      const room = await open(${JSON.stringify(options)});
      await use(room, '${id}');
      for (let i = 0; i < 400; i++) use(room, '${id}');
      for (let i = 0; i < 50; i++) send(room, 'secrets.create', { name: ${JSON.stringify(how)} + i, kind: 'custom', value: 'v' });
      room.dispatch(core, 'audit.verify', {});
      ${how}
    })();`;
  for (const how of [
    'process.exit(7);',
    'setImmediate(() => process.exit(7));',
    'await room.close(); process.exit(7);',
  ]) {
    const { code, signal, stderr } = await run(process.execPath, ['-e', script(how)]);
    assert.deepEqual([code, signal, stderr.toString()], [7, null, ''], how);
  }
  await assertSound(options);
});

test('an open room does not keep the process alive; work in flight does until it is done', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options, 'value');
  const idle = `${PRELUDE} (async () => { globalThis.room = await open(${JSON.stringify(options)}); console.log('open'); })();`;
  const first = await run(process.execPath, ['-e', idle]);
  assert.deepEqual([first.code, first.stdout.toString()], [0, 'open\n']);
  const busy = `${PRELUDE} (async () => {
    const room = await open(${JSON.stringify(options)});
    await Promise.all(Array.from({ length: 100 }, () => use(room, '${id}')));
    console.log('done');
  })();`;
  const second = await run(process.execPath, ['-e', busy]);
  assert.deepEqual([second.code, second.stdout.toString()], [0, 'done\n']);
});

test('a room that is dropped is closed when it is collected, with its work done', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options, 'value');
  const script = `${PRELUDE}
    const { readdirSync } = require('node:fs');
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const threads = () => readdirSync('/proc/self/task').length;
    (async () => {
      const once = async () => {
        const room = await open(${JSON.stringify(options)});
        await use(room, '${id}');
        return Array.from({ length: 20 }, () => use(room, '${id}'));
      };
      const collect = async () => {
        for (let i = 0; i < 20; i++) { global.gc(); await new Promise((resolve) => setImmediate(resolve)); }
      };
      await Promise.all(await once());
      await collect();
      const before = [openFiles(), threads()];
      const uses = (await Promise.all(Array.from({ length: 10 }, once))).flat();
      await collect();
      const values = await Promise.all(uses);
      await collect();
      const after = [openFiles(), threads()];
      console.log(JSON.stringify({ values: [...new Set(values)], count: values.length, before, after }));
    })();`;
  const { code, stdout, stderr } = await run(process.execPath, ['--expose-gc', '-e', script]);
  assert.equal(code, 0, stderr.toString());
  const { values, count, before, after } = JSON.parse(stdout.toString());
  assert.deepEqual([values, count], [['value'], 200]);
  assert.deepEqual(after, before, 'no file and no thread of a dropped room is left');
  await assertSound(options);
});

test('the listeners of a room that is dropped can be collected', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const options = optionsFor(t);
  const dropRoom = async (): Promise<WeakRef<object>> => {
    const room = await openStrongroom(options);
    const held = { name: 'what a listener holds' };
    room.on('changed', () => held.name);
    return new WeakRef(held);
  };
  const held = await dropRoom();
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setImmediate(resolve)); // what a WeakRef gave is kept until its job ends
    collect();
  }
  assert.equal(held.deref(), undefined);
});

test('the addon loaded twice, as two files: both work, each on a store of its own', async (t) => {
  // Not on one store: two copies of SQLite in one process do not see each other's locks (sqlite.org/howtocorrupt.html).
  const dir = temporaryDir(t);
  const copy = join(dir, 'strongroom.node');
  copyFileSync(ADDON, copy);
  const load = createRequire(__filename);
  const [first, second] = [load(ADDON), load(copy)] as [NativeBinding, NativeBinding];
  assert.notEqual(first.open, second.open);
  const use = async (native: NativeBinding, value: string): Promise<string> => {
    const options = optionsFor(t);
    const id = await filledStore(options, value);
    const opened = await native.open(
      options,
      () => {},
      () => {},
    );
    assert.ok(opened.ok);
    const uses = await Promise.all(Array.from({ length: 20 }, () => opened.value.use(id, 'test')));
    await opened.value.close();
    return uses.map((used) => (used.ok ? used.value.toString('utf8') : used.error.code)).join();
  };
  const expected = (value: string) => Array.from({ length: 20 }, () => value).join();
  assert.deepEqual(await Promise.all([use(first, 'a'), use(second, 'b')]), [expected('a'), expected('b')]);
});

test('the addon loaded again in one thread through another module cache is the same', async (t) => {
  const options = optionsFor(t);
  const id = await filledStore(options, 'value');
  const path = require.resolve(ADDON);
  const load = createRequire(__filename);
  const first = load(path) as NativeBinding;
  delete require.cache[path];
  const second = load(path) as NativeBinding;
  for (const native of [first, second]) {
    const opened = await native.open(
      options,
      () => {},
      () => {},
    );
    assert.ok(opened.ok);
    const used = await opened.value.use(id, 'test');
    assert.ok(used.ok && used.value.toString('utf8') === 'value');
    await opened.value.close();
  }
});

test('the classes of the addon cannot be made or called on by hand', async (t) => {
  const options = optionsFor(t);
  const opened = await (createRequire(__filename)(ADDON) as NativeBinding).open(
    options,
    () => {},
    () => {},
  );
  assert.ok(opened.ok);
  const room = opened.value;
  const RoomClass = room.constructor as new () => unknown;
  assert.throws(() => new RoomClass(), TypeError);
  assert.throws(() => room.status.call({} as never), TypeError);
  assert.throws(() => room.use.call(Object.create(room) as never, 'x', 'y'), TypeError);
  await room.close();
});
