import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import * as z from 'zod';
import { jsonSchemaOf } from '../../contracts/generate.js';
import { type Contract, contracts, ERROR_CODES, ROLES, secretName, strongroomEvent } from '../../contracts/index.js';

type Json = ReturnType<typeof jsonSchemaOf>;

const table = Object.entries(contracts as Record<string, Contract>);

/** Every schema inside `schema`, with the place of each. */
function* schemasIn(schema: unknown, place = ''): Generator<[string, Json]> {
  assert.ok(typeof schema === 'object' && schema !== null && !Array.isArray(schema), `${place} is not a schema`);
  const json = schema as Json;
  yield [place, json];
  for (const keyword of ['items', 'additionalProperties', 'propertyNames', 'not', 'contains', 'if', 'then', 'else']) {
    if (typeof json[keyword] === 'object') yield* schemasIn(json[keyword], `${place}/${keyword}`);
  }
  for (const keyword of ['anyOf', 'allOf', 'oneOf', 'prefixItems']) {
    for (const [i, inner] of ((json[keyword] ?? []) as Json[]).entries())
      yield* schemasIn(inner, `${place}/${keyword}/${i}`);
  }
  for (const keyword of ['properties', 'patternProperties', '$defs', 'dependentSchemas']) {
    for (const [key, inner] of Object.entries((json[keyword] ?? {}) as Json))
      yield* schemasIn(inner, `${place}/${keyword}/${key}`);
  }
}

/** The places of `schema` where something could stand that the schema does not describe. */
function openPlaces(schema: Json): string[] {
  const open = [];
  for (const [place, json] of schemasIn(schema)) {
    if (place.includes('/not')) continue;
    const types = [json.type ?? []].flat();
    if (
      types.length === 0 &&
      (json.anyOf ?? json.oneOf) === undefined &&
      json.enum === undefined &&
      json.const === undefined
    )
      open.push(place);
    if (types.includes('object') && (json.additionalProperties ?? true) === true) open.push(place);
    if (types.includes('array') && json.items === undefined) open.push(place);
    const bounded = json.pattern ?? json.enum ?? json.const ?? json.maxLength;
    if (types.includes('string') && bounded === undefined) open.push(place);
  }
  return open;
}

const secretPlaces = (schema: Json) =>
  [...schemasIn(schema)].filter(([, json]) => json.writeOnly !== undefined).map(([place]) => place);

test('the table has the channels and roles of the API', () => {
  const settings = ['settings'];
  const principals = ['extension', 'tool'];
  const everyone = [...settings, ...principals];
  assert.deepEqual(Object.fromEntries(table.map(([channel, { roles }]) => [channel, roles])), {
    'status.get': settings,
    'status.unlock': settings,
    'secrets.list': settings,
    'secrets.get': settings,
    'secrets.create': settings,
    'secrets.update': settings,
    'secrets.replaceValue': settings,
    'secrets.delete': settings,
    'providers.list': everyone,
    'providers.register': ['extension'],
    'providers.unregister': ['extension'],
    'connections.list': everyone,
    'connections.get': everyone,
    'connections.resolve': everyone,
    'connections.create': settings,
    'connections.update': settings,
    'connections.setSecret': settings,
    'connections.clearSecret': settings,
    'connections.delete': settings,
    'connections.test': settings,
    'connections.usage': settings,
    'access.request': principals,
    'access.release': principals,
    'broker.fetch': principals,
    'grants.list': settings,
    'grants.revoke': settings,
    'consent.list': settings,
    'consent.respond': settings,
    'consent.silenced': settings,
    'consent.unsilence': settings,
    'audit.list': settings,
    'audit.verify': settings,
    'audit.days': settings,
    'audit.export': settings,
  });
});

test('every role of the table exists, and core is implied rather than listed', () => {
  for (const [channel, { roles }] of table) {
    assert.ok(roles.length > 0, channel);
    for (const role of roles) assert.ok(ROLES.includes(role) && (role as string) !== 'core', channel);
  }
});

test('no response and no event has a place for a secret or for something undescribed', () => {
  const outgoing: [string, z.ZodType][] = [
    ...table.map(([channel, { response }]): [string, z.ZodType] => [channel, response]),
    ['event', strongroomEvent],
  ];
  for (const [channel, schema] of outgoing) {
    const json = jsonSchemaOf(schema);
    assert.deepEqual(secretPlaces(json), [], channel);
    assert.deepEqual(openPlaces(json), [], channel);
  }
});

test('requests are closed too, and a plaintext goes in at four places alone', () => {
  const places = [];
  for (const [channel, { request }] of table) {
    const json = jsonSchemaOf(request);
    // What a provider's schema means is for the core's compiler to find out.
    const open = channel === 'providers.register' ? ['/properties/schema/additionalProperties'] : [];
    assert.deepEqual(openPlaces(json), open, channel);
    places.push(...secretPlaces(json).map((place) => `${channel}${place}`));
  }
  assert.deepEqual(places, [
    'secrets.create/properties/value',
    'secrets.replaceValue/properties/value',
    'connections.create/properties/secrets/additionalProperties',
    'connections.setSecret/properties/value',
  ]);
});

test('the walk notices an open object, an unbounded string, an unknown and a secret', () => {
  assert.deepEqual(openPlaces(jsonSchemaOf(z.object({ a: z.looseObject({}) }))), [
    '/properties/a/additionalProperties',
  ]);
  assert.deepEqual(openPlaces(jsonSchemaOf(z.strictObject({ a: z.array(z.string()) }))), ['/properties/a/items']);
  assert.deepEqual(openPlaces(jsonSchemaOf(z.record(z.enum(['k']), z.unknown()))), ['/additionalProperties']);
  assert.deepEqual(
    secretPlaces(
      jsonSchemaOf(
        z.strictObject({
          a: z.union([z.null(), z.string().meta({ writeOnly: true })]),
        }),
      ),
    ),
    ['/properties/a/anyOf/1'],
  );
});

test('schemas use only keywords that the native validator knows', () => {
  const known = new Set(
    'type properties required additionalProperties propertyNames maxProperties minProperties items minItems maxItems anyOf not const enum minLength maxLength pattern minimum maximum writeOnly'.split(
      ' ',
    ),
  );
  for (const [channel, { request, response }] of table) {
    for (const schema of [request, response]) {
      for (const [place, json] of schemasIn(jsonSchemaOf(schema))) {
        for (const keyword of Object.keys(json)) assert.ok(known.has(keyword), `${channel}${place}: ${keyword}`);
      }
    }
  }
});

test('lengths are code points, and a lone surrogate is refused', () => {
  const accepts = (name: string) => secretName.safeParse(name).success;
  assert.ok(accepts('😀'.repeat(100)));
  assert.ok(!accepts('😀'.repeat(101)));
  assert.ok(!accepts(''));
  for (const lone of ['\ud83d', '\ude00', 'a\ud83d', '\ud83da', '\ude00\ud83d', '\ud83d\ud83d\ude00'])
    assert.ok(!accepts(lone));
});

test('a secret is asked for by exactly one of id and envKey', () => {
  const { request } = contracts['secrets.get'];
  const id = `sec_${'0'.repeat(26)}`;
  assert.ok(request.safeParse({ id }).success);
  assert.ok(request.safeParse({ envKey: 'TOKEN' }).success);
  for (const refused of [{}, { id, envKey: 'TOKEN' }, { id: 'TOKEN' }, { envKey: id }])
    assert.ok(!request.safeParse(refused).success);
});

test('metadata with a key __proto__ is refused instead of being read without it', () => {
  const { request } = contracts['secrets.create'];
  const withKey = (key: string) => JSON.parse(`{"name":"n","kind":"custom","value":"v","metadata":{"${key}":"x"}}`);
  assert.ok(request.safeParse(withKey('constructor')).success);
  assert.ok(!request.safeParse(withKey('__proto__')).success);
});

test('a time is a moment that exists', () => {
  const accepts = (since: string) => contracts['audit.list'].request.safeParse({ since }).success;
  for (const day of ['2026-11-21', '2024-02-29', '2000-02-29', '0000-02-29', '9999-12-31'])
    assert.ok(accepts(`${day}T23:59:59.999Z`), day);
  for (const day of [
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-01',
    '2026-01-00',
    '2026-01-32',
  ]) {
    assert.ok(!accepts(`${day}T00:00:00.000Z`), day);
  }
  for (const form of [
    '2026-11-21T24:00:00.000Z',
    '2026-11-21T00:00:00Z',
    '2026-11-21T00:00:00.000',
    '2026-11-21T00:00:00.000+00:00',
    '2026-11-21T00:00:00.000Z\n',
  ]) {
    assert.ok(!accepts(form), form);
  }
});

test('a connection secret cannot be created by hand, but can be listed', () => {
  assert.ok(
    !contracts['secrets.create'].request.safeParse({
      name: 'n',
      kind: 'connection',
      value: 'v',
    }).success,
  );
  assert.ok(contracts['secrets.list'].request.safeParse({ kind: 'connection' }).success);
});

test('the error codes are those of the native core', () => {
  const source = readFileSync(join(__dirname, '../../native/base/result.cc'), 'utf8');
  const native = [
    ...new Set([...source.matchAll(/"([A-Z][A-Z_]+)"/g)].map(([, code]) => code).filter((code) => code !== 'OK')),
  ];
  assert.deepEqual([...ERROR_CODES].sort(), native.sort());
});

test('the table runs in a browser: it needs nothing of Node.js', async () => {
  const { outputFiles, errors } = await build({
    entryPoints: [join(__dirname, '../../contracts/index.ts')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'bundle',
    write: false,
    logLevel: 'silent',
  });
  assert.deepEqual(errors, []);
  const channels = new Function(`${outputFiles[0]?.text}; return Object.keys(bundle.contracts)`)();
  assert.deepEqual(channels, Object.keys(contracts));
});
