/** A plaintext that went through everything is nowhere but in the hands of who asked for it. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diagnose, openStrongroom } from '../../js/main/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { afterwards, temporaryDir } from '../support/directory.js';
import { stop } from '../support/process.js';
import { optionsFor } from '../support/room.js';
import { sqliteOfStore } from '../support/sqlite.js';

const MAIN = join(__dirname, '..', '..', 'js', 'main', 'index.ts');

test('the search finds each spelling, in files and in names', (t) => {
  const dir = temporaryDir(t);
  for (const [i, make] of [
    (text: string) => Buffer.from(`xx${text}yy`),
    (text: string) => Buffer.from(`x${text}`, 'utf16le'),
    (text: string) => Buffer.from(text, 'utf16le').swap16(),
    (text: string) => Buffer.from(Buffer.from(`${text}??`).toString('base64')),
    (text: string) => Buffer.from(Buffer.from(`ab${text}`).toString('base64')),
    (text: string) => Buffer.from(Buffer.from(`a${text}`).toString('base64url')),
    (text: string) => Buffer.from(Buffer.from(`\u{ff}${text}`).toString('hex')),
    (text: string) => Buffer.from(Buffer.from(text).toString('hex').toUpperCase()),
  ].entries()) {
    const text = canary();
    assert.equal(containsCanary(dir, text), undefined);
    writeFileSync(join(dir, `${i}`), make(text));
    assert.ok(containsCanary(dir, text), `spelling ${i}`);
    assert.ok(containsCanary(make(text), text), `spelling ${i}`);
    assert.equal(containsCanary(make(text), canary()), undefined);
  }
  const named = canary();
  writeFileSync(join(dir, `x${named}`), '');
  assert.ok(containsCanary(dir, named));
});

/** Stores, uses, replaces, reveals and deletes, and hands out everything that may be said about it. */
const SCRIPT = `
const { openStrongroom } = require(process.argv[2]);
const { writeFileSync } = require('node:fs');
const { options, canaries, said } = JSON.parse(process.argv[3]);
const [first, second, third, inLocked] = canaries;
(async () => {
  const out = [];
  const keep = async (promise) => out.push(await promise.then((value) => value, (error) => ({ ...error, text: String(error), stack: error.stack })));
  const room = await openStrongroom(options);
  room.on('changed', (event) => out.push(event));
  const { id } = await room.secrets.create({ name: 'token', kind: 'api_key', value: first, envKey: 'TOKEN' });
  let given = await room.secrets.use(id, { reason: 'use' }, (plaintext) => plaintext.toString('utf8'));
  if (given !== first) throw new Error('not what was stored');
  await keep(room.secrets.replaceValue(id, second));
  if ((await room.secrets.reveal(id, { reason: 'reveal' })) !== second) throw new Error('not what replaced it');
  await keep(room.secrets.create({ name: 'token', kind: 'api_key', value: third }));
  await keep(room.secrets.create({ name: 'bad', kind: 'none', value: third }));
  await keep(room.secrets.create({ name: 'bad', kind: 'custom', value: third.repeat(300) }));
  await keep(room.secrets.create({ name: 'bad', kind: 'custom', value: third + '\\ud800' }));
  await keep(room.secrets.create({ name: 'bad', kind: 'custom', value: { value: third } }));
  await keep(room.secrets.replaceValue('sec_01ARZ3NDEKTSV4RRFFQ69G5FAV', third));
  await keep(room.secrets.use(id, { reason: 'throws' }, () => { throw new Error('of the action'); }));
  await keep(room.secrets.update(id, { kind: 'ssh_key' }));
  await room.lock();
  await keep(room.secrets.create({ name: 'locked', kind: 'custom', value: inLocked }));
  await keep(room.secrets.replaceValue(id, inLocked));
  await room.unlock();
  const gone = await room.secrets.create({ name: 'gone', kind: 'custom', value: third });
  await room.secrets.delete(gone.id);
  await keep(room.secrets.list());
  await keep(room.secrets.get(id));
  await keep(room.audit.list());
  await keep(room.audit.verify());
  out.push(room.status(), room.stats());
  for (const format of ['jsonl', 'csv']) for await (const piece of room.audit.export({ format })) out.push(piece);
  for (const channel of ['secrets.list', 'audit.list', 'status.get']) {
    await keep(room.dispatch({ role: 'settings', principalId: 'settings' }, channel, {}));
  }
  await keep(room.dispatch({ role: 'settings', principalId: 'settings' }, 'secrets.create', { name: 'x', kind: 'custom', value: third, more: third }));
  writeFileSync(said, JSON.stringify(out));
  console.log(out);
  process.send('done');
  await new Promise((resolve) => process.once('message', resolve)); // the store is looked at while it is open
  await room.close();
  process.disconnect();
})().catch((error) => { console.error(error); process.exit(1); });
`;

test('stored, used, replaced, revealed, refused and deleted: no byte of it in the store, in any output or answer', async (t) => {
  const options = optionsFor(t);
  const work = temporaryDir(t);
  const canaries = [canary(), canary(), canary(), canary()];
  const said = join(work, 'said.json');
  const script = join(work, 'script.cjs');
  writeFileSync(script, SCRIPT);
  const child = fork(script, [MAIN, JSON.stringify({ options, canaries, said })], {
    silent: true,
    execArgv: ['--import', 'tsx'],
  });
  afterwards(t, () => stop(child));
  const output: Buffer[] = [];
  child.stdout?.on('data', (data: Buffer) => output.push(data));
  child.stderr?.on('data', (data: Buffer) => output.push(data));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  await Promise.race([new Promise((resolve) => child.once('message', resolve)), ended]);

  const assertNowhere = (where: string) => {
    for (const [i, text] of canaries.entries()) {
      assert.equal(containsCanary(options.dir, text), undefined, `canary ${i} ${where}`);
      assert.equal(containsCanary(work, text), undefined, `canary ${i} in what was said ${where}`);
      assert.equal(containsCanary(Buffer.concat(output), text), undefined, `canary ${i} in the output ${where}`);
    }
  };
  assertNowhere('while the store is open');
  child.send('go on');
  assert.equal(await ended, 0, Buffer.concat(output).toString());
  assertNowhere('after it was closed');
  assert.equal(containsCanary(Buffer.from(JSON.stringify(await diagnose(options))), canaries[1] ?? ''), undefined);
});

test('what was deleted or replaced leaves no ciphertext behind either', async (t) => {
  const options = optionsFor(t);
  const room = await openStrongroom(options);
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: canary() });
  await room.close();
  const record = String(sqliteOfStore(options.dir, 'SELECT hex(record) AS record FROM secret_values')[0]?.record);
  const bytes = Buffer.from(record, 'hex');
  const isThere = () => readdirSync(options.dir).some((name) => readFileSync(join(options.dir, name)).includes(bytes));
  assert.equal(isThere(), true);

  const again = await openStrongroom(options);
  await again.secrets.replaceValue(id, canary());
  await again.secrets.delete(id);
  await again.close();
  assert.equal(isThere(), false);
});
