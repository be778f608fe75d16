import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Caller, type Contract, contracts, type Envelope, ROLES, type Role } from '../../contracts/index.js';
import { canary, containsCanary } from '../support/canary.js';
import { openRoom } from '../support/room.js';

const SETTINGS: Caller = { role: 'settings', principalId: 'settings' };
const CORE: Caller = { role: 'core', principalId: 'core' };
const ID = 'sec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const CONNECTION = 'con_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const HANDLE = `hdl_${'A'.repeat(43)}`;

/** A request that each channel's schema accepts. */
const requests: Record<keyof typeof contracts, object> = {
  'status.get': {},
  'status.unlock': {},
  'secrets.list': {},
  'secrets.get': { id: ID },
  'secrets.create': { name: 'a', kind: 'custom', value: 'v' },
  'secrets.update': { id: ID, name: 'b' },
  'secrets.replaceValue': { id: ID, value: 'v' },
  'secrets.delete': { id: ID },
  'audit.list': {},
  'audit.verify': {},
  'audit.days': {},
  'audit.export': { format: 'jsonl' },
  'providers.list': {},
  'providers.register': {
    id: 'p.api',
    displayName: 'P',
    description: '',
    version: '1',
    schema: { type: 'object', properties: { token: { type: 'string', writeOnly: true } } },
  },
  'providers.unregister': { id: 'p.api' },
  'connections.list': {},
  'connections.get': { id: CONNECTION },
  'connections.resolve': { providerId: 'p.api' },
  'connections.create': { providerId: 'p.api', scope: 'user', displayName: 'P', secrets: { token: 'v' } },
  'connections.update': { id: CONNECTION, revision: 1 },
  'connections.setSecret': { id: CONNECTION, field: 'token', value: 'v' },
  'connections.clearSecret': { id: CONNECTION, field: 'token' },
  'connections.delete': { id: CONNECTION },
  'connections.test': { id: CONNECTION },
  'connections.usage': { id: CONNECTION },
  'access.request': { connectionId: CONNECTION, field: 'token', reason: 'r' },
  'access.release': { handle: HANDLE },
  'broker.fetch': { handle: HANDLE, url: 'https://example.com/' },
  'grants.list': {},
  'grants.revoke': { id: 'grt_01ARZ3NDEKTSV4RRFFQ69G5FAV' },
  'consent.list': {},
  'consent.respond': { id: 'req_01ARZ3NDEKTSV4RRFFQ69G5FAV', decision: 'deny' },
  'consent.silenced': {},
  'consent.unsilence': { principalId: 'p', role: 'extension', connectionId: CONNECTION },
};

const codeOf = (envelope: Envelope): string => (envelope.ok ? 'ok' : envelope.error.code);
const issuesOf = (envelope: Envelope): string[] =>
  envelope.ok ? [] : (envelope.error.issues ?? []).map(({ path, code }) => `${path} ${code}`).sort();

test('each channel serves the roles of its contract and no others', async (t) => {
  const room = await openRoom(t);
  for (const [channel, contract] of Object.entries(contracts as Record<string, Contract>)) {
    for (const role of ROLES) {
      const envelope = await room.dispatch(
        { role, principalId: 'p' },
        channel,
        requests[channel as keyof typeof requests],
      );
      const allowed = role === 'core' || (contract.roles as readonly Role[]).includes(role);
      if (allowed) assert.notEqual(codeOf(envelope), 'FORBIDDEN', `${channel} for ${role}`);
      else assert.equal(codeOf(envelope), 'FORBIDDEN', `${channel} for ${role}`);
    }
  }
});

test('a sender who is not known is FORBIDDEN, whatever it says', async (t) => {
  const room = await openRoom(t);
  const senders: unknown[] = [
    undefined,
    null,
    'core',
    [],
    {},
    { role: 'core' },
    { principalId: 'core' },
    { role: 'admin', principalId: 'x' },
    { role: 'Core', principalId: 'x' },
    { role: 'core\0', principalId: 'x' },
    { role: ['core'], principalId: 'x' },
    { role: 'core', principalId: '' },
    { role: 'core', principalId: 7 },
    { role: 'core', principalId: 'p'.repeat(201) },
    { role: 'core', principalId: '\ud800' },
    { role: 'core', principalId: { toString: () => 'core' } },
    {
      get role() {
        throw new Error('hostile');
      },
      principalId: 'x',
    },
    Object.create({ role: 'core', principalId: 'inherited' }),
  ];
  for (const [i, sender] of senders.entries()) {
    assert.equal(codeOf(await room.dispatch(sender as Caller, 'status.get', {})), 'FORBIDDEN', `sender ${i}`);
  }
});

test("the identity on record is the caller's; one in the payload is refused", async (t) => {
  const room = await openRoom(t);
  const base = requests['secrets.create'];
  for (const smuggled of [{ role: 'core' }, { principalId: 'core' }, { caller: CORE }, { actor: 'core' }]) {
    const envelope = await room.dispatch(SETTINGS, 'secrets.create', { ...base, ...smuggled });
    assert.equal(codeOf(envelope), 'INVALID_REQUEST');
    assert.deepEqual(issuesOf(envelope), [`/${Object.keys(smuggled)[0]} additional_property`]);
  }
  assert.equal(
    codeOf(await room.dispatch({ role: 'settings', principalId: 'window 3' }, 'secrets.create', base)),
    'ok',
  );
  const [entry] = (await room.audit.list({ action: 'secret.create' })).items;
  assert.deepEqual([entry?.role, entry?.principalId], ['settings', 'window 3']);
});

test('a channel that does not exist is UNKNOWN_CHANNEL, for every role', async (t) => {
  const room = await openRoom(t);
  const names: unknown[] = [
    '',
    'secrets',
    'secrets.reveal',
    'secrets.use',
    'secrets.LIST',
    'secrets.list ',
    '__proto__',
    'constructor',
    'toString',
    '\ud800',
    7,
    null,
    undefined,
    {},
  ];
  for (const name of names) {
    for (const caller of [CORE, SETTINGS]) {
      assert.equal(codeOf(await room.dispatch(caller, name as string, {})), 'UNKNOWN_CHANNEL', String(name));
    }
  }
});

test('no channel gives a plaintext out: neither what is stored nor what was just sent in', async (t) => {
  const room = await openRoom(t);
  const values = [canary(), canary(), canary()];
  const { id } = await room.secrets.create({ name: 'a', kind: 'custom', value: values[0] ?? '' });
  await room.secrets.reveal(id, { reason: 'r' });
  const answers: unknown[] = [];
  for (const caller of [CORE, SETTINGS]) {
    for (const [channel, request] of Object.entries(requests)) {
      if (channel === 'secrets.delete') continue;
      answers.push(await room.dispatch(caller, channel, request));
      answers.push(await room.dispatch(caller, channel, { ...request, ...('id' in request ? { id } : {}) }));
      answers.push(await room.dispatch(caller, channel, { ...request, value: values[1], id: 'no id' }));
      answers.push(
        await room.dispatch(caller, channel, { ...request, name: [values[1]], value: { value: values[1] } }),
      );
    }
    answers.push(await room.dispatch(caller, 'secrets.replaceValue', { id, value: values[2] }));
    answers.push(await room.dispatch(caller, 'secrets.create', { name: 'b', kind: 'custom', value: [values[2]] }));
    answers.push(
      await room.dispatch(caller, 'secrets.create', { name: 'b', kind: 'custom', value: `${values[2]}\ud800` }),
    );
    answers.push(await room.dispatch(caller, 'secrets.create', { name: 'a', kind: 'custom', value: values[2] }));
  }
  const said = Buffer.from(JSON.stringify(answers));
  assert.equal(containsCanary(said, values[0] ?? ''), undefined);
  assert.equal(containsCanary(said, values[2] ?? ''), undefined);
  assert.equal(containsCanary(said, values[1] ?? ''), undefined);
});

test('a message of more than 1 MiB, deeper than 32 or of more than 10,000 values is LIMIT_EXCEEDED', async (t) => {
  const room = await openRoom(t);
  const nested = (depth: number): unknown => (depth === 0 ? null : [nested(depth - 1)]);
  const send = async (payload: unknown) => codeOf(await room.dispatch(SETTINGS, 'secrets.create', payload));
  assert.equal(await send('x'.repeat((1 << 20) - 100)), 'INVALID_REQUEST');
  assert.equal(await send('x'.repeat((1 << 20) + 1)), 'LIMIT_EXCEEDED');
  assert.equal(await send('€'.repeat((1 << 20) / 3 + 1)), 'LIMIT_EXCEEDED', 'bytes are counted, not units');
  assert.equal(
    await send({ name: 'a', kind: 'custom', value: 'x'.repeat((1 << 20) + 1) }),
    'LIMIT_EXCEEDED',
    'secrets count too',
  );
  assert.equal(await send({ ['x'.repeat((1 << 20) + 1)]: 1 }), 'LIMIT_EXCEEDED', 'keys count too');
  assert.equal(await send(nested(32)), 'INVALID_REQUEST');
  assert.equal(await send(nested(33)), 'LIMIT_EXCEEDED');
  assert.equal(await send(nested(5000)), 'LIMIT_EXCEEDED');
  assert.equal(await send(Array.from({ length: 9_999 }, () => 0)), 'INVALID_REQUEST');
  assert.equal(await send(Array.from({ length: 10_000 }, () => 0)), 'LIMIT_EXCEEDED');
  assert.equal(
    await send(new Array(4_294_967_295)),
    'LIMIT_EXCEEDED',
    'a sparse array costs its length, not its elements',
  );
  assert.equal(
    await send(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, 0]))),
    'LIMIT_EXCEEDED',
  );
});

test('a cycle is LIMIT_EXCEEDED, not a hang', async (t) => {
  const room = await openRoom(t);
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const array: unknown[] = [];
  array.push(array, array);
  for (const payload of [cycle, array]) {
    assert.equal(codeOf(await room.dispatch(SETTINGS, 'secrets.list', payload)), 'LIMIT_EXCEEDED');
  }
});

test('what is no JSON is refused with its place', async (t) => {
  const room = await openRoom(t);
  const strangers: unknown[] = [
    () => 1,
    Symbol('s'),
    1n,
    Buffer.from('x'),
    new Uint8Array(1),
    new ArrayBuffer(1),
    new DataView(new ArrayBuffer(1)),
    new Date(),
    Promise.resolve(),
    new Error('e'),
  ];
  for (const stranger of strangers) {
    const envelope = await room.dispatch(SETTINGS, 'secrets.create', {
      name: 'a',
      kind: 'custom',
      value: 'v',
      metadata: { k: stranger },
    });
    assert.equal(codeOf(envelope), 'INVALID_REQUEST', String(stranger));
    assert.deepEqual(issuesOf(envelope), ['/metadata/k not_json'], String(stranger));
  }
  for (const payload of [undefined, null, 'text', 7, Number.NaN, true, [], () => 1]) {
    assert.equal(codeOf(await room.dispatch(SETTINGS, 'secrets.list', payload)), 'INVALID_REQUEST', String(payload));
  }
  for (const odd of [new Map([['kind', 'custom']]), new Set([1]), Object.create(null), /x/, new (class Request {})()]) {
    assert.notEqual(codeOf(await room.dispatch(SETTINGS, 'secrets.create', odd)), 'ok', String(odd?.constructor?.name));
  }
});

test('lone surrogates are refused in values, keys and secrets, never replaced', async (t) => {
  const room = await openRoom(t);
  const base = { name: 'a', kind: 'custom', value: 'v' };
  const cases: [object, string][] = [
    [{ ...base, name: 'a\ud800' }, '/name not_unicode'],
    [{ ...base, name: '\udc00a' }, '/name not_unicode'],
    [{ ...base, value: '\ud83d' }, '/value not_unicode'],
    [{ ...base, metadata: { k: '\udfff\ud800' } }, '/metadata/k not_unicode'],
    [{ ...base, metadata: { '\ud800': 'v' } }, '/metadata not_unicode'],
  ];
  for (const [payload, place] of cases) {
    const envelope = await room.dispatch(SETTINGS, 'secrets.create', payload);
    assert.equal(codeOf(envelope), 'INVALID_REQUEST');
    assert.deepEqual(issuesOf(envelope), [place]);
  }
  assert.equal(codeOf(await room.dispatch(SETTINGS, 'secrets.create', { ...base, name: 'a😀' })), 'ok');
});

test('getters and proxies that throw are refused; the exception does not come out', async (t) => {
  const room = await openRoom(t);
  const hostile = () => {
    throw new Error('hostile');
  };
  const payloads: unknown[] = [
    Object.defineProperty({ kind: 'custom' }, 'name', { enumerable: true, get: hostile }),
    new Proxy({}, { ownKeys: hostile }),
    new Proxy({ a: 1 }, { get: hostile }),
    new Proxy({ a: 1 }, { getOwnPropertyDescriptor: hostile }),
    new Proxy([1], { get: hostile }),
    Proxy.revocable({}, {}),
  ];
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  payloads.push(revoked.proxy);
  for (const [i, payload] of payloads.entries()) {
    assert.equal(codeOf(await room.dispatch(SETTINGS, 'secrets.create', payload)), 'INVALID_REQUEST', `payload ${i}`);
  }
  assert.equal((await room.secrets.list()).items.length, 0);
});

test('a getter is read once: what was checked is what is stored', async (t) => {
  const room = await openRoom(t);
  let reads = 0;
  const payload = {
    kind: 'custom',
    value: 'v',
    get name() {
      return reads++ === 0 ? 'first' : 'x'.repeat(101);
    },
  };
  const envelope = await room.dispatch(SETTINGS, 'secrets.create', payload);
  assert.ok(envelope.ok);
  assert.equal((envelope.value as { name: string }).name, 'first');
  assert.equal(reads, 1);
});

test('__proto__ is a name like any other: refused where names are listed, and never a prototype', async (t) => {
  const room = await openRoom(t);
  const parse = (text: string): unknown => JSON.parse(text);
  const cases: [unknown, string][] = [
    [parse('{"name":"a","kind":"custom","value":"v","__proto__":{"x":1}}'), '/__proto__ additional_property'],
    [
      parse('{"name":"a","kind":"custom","value":"v","metadata":{"__proto__":"x"}}'),
      '/metadata/__proto__ property_name',
    ],
  ];
  for (const [payload, place] of cases) {
    const envelope = await room.dispatch(SETTINGS, 'secrets.create', payload);
    assert.equal(codeOf(envelope), 'INVALID_REQUEST');
    assert.ok(
      issuesOf(envelope).some((issue) => issue.startsWith(place.split(' ')[0] ?? '')),
      issuesOf(envelope).join(),
    );
  }
  assert.equal(({} as { x?: number }).x, undefined);
  // What stands on the prototype is not part of a message.
  const inherited = Object.assign(Object.create({ name: 'inherited' }), { kind: 'custom', value: 'v' });
  assert.deepEqual(issuesOf(await room.dispatch(SETTINGS, 'secrets.create', inherited)), ['/name required']);
  // Keys that JavaScript gives a meaning to come back as plain keys.
  const metadata = parse('{"constructor":"a","toString":"b","hasOwnProperty":"c","0":"d"}') as Record<string, string>;
  const made = await room.secrets.create({ name: 'a', kind: 'custom', value: 'v', metadata });
  assert.deepEqual(made.metadata, metadata);
  assert.deepEqual((await room.secrets.get(made.id)).metadata, metadata);
});

test('undefined members count as absent', async (t) => {
  const room = await openRoom(t);
  const envelope = await room.dispatch(SETTINGS, 'secrets.create', {
    ...requests['secrets.create'],
    envKey: undefined,
    metadata: undefined,
  });
  assert.equal(codeOf(envelope), 'ok');
  assert.deepEqual(
    issuesOf(await room.dispatch(SETTINGS, 'secrets.create', { name: undefined, kind: 'custom', value: 'v' })),
    ['/name required'],
  );
});

test('the shape is checked before the role: a malformed message says nothing about rights', async (t) => {
  const room = await openRoom(t);
  const tool: Caller = { role: 'tool', principalId: 't' };
  assert.equal(codeOf(await room.dispatch(tool, 'secrets.get', { id: 7 })), 'INVALID_REQUEST');
  assert.equal(codeOf(await room.dispatch(tool, 'secrets.get', { id: ID })), 'FORBIDDEN');
});

test('the order of answers to writes is that of the messages', async (t) => {
  const room = await openRoom(t);
  await room.unlock();
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      room.secrets.create({ name: `s${i}`, kind: 'custom', value: 'v' }).then(() => order.push(i)),
    ),
  );
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test('what Object.prototype says of a name does not keep an answer from having it', async (t) => {
  const room = await openRoom(t);
  const taken: unknown[] = [];
  Object.defineProperty(Object.prototype, 'polluted', { configurable: true, set: (value) => taken.push(value) });
  try {
    const { metadata } = await room.secrets.create({
      name: 'a',
      kind: 'custom',
      value: 'v',
      metadata: Object.fromEntries([['polluted', 'x']]),
    });
    assert.deepEqual([Object.entries(metadata), taken], [[['polluted', 'x']], []]);
  } finally {
    Reflect.deleteProperty(Object.prototype, 'polluted');
  }
});
