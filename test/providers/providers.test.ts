/** The providers that come with the package, and defineProvider. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { contracts, type ProviderManifest } from '../../contracts/index.js';
import { defineProvider, exampleProviders } from '../../js/providers/index.js';
import { openRoom } from '../support/room.js';

test('every provider that comes along is taken by the contract and by the core as it stands', async (t) => {
  const room = await openRoom(t);
  assert.equal(exampleProviders.length, 6);
  for (const manifest of exampleProviders) {
    assert.deepEqual(contracts['providers.register'].request.parse(manifest), manifest);
    const { owner, registered, registeredAt, testable, termsDigest, ...info } = await room.providers.register(manifest);
    assert.deepEqual(info, manifest);
  }
  assert.equal((await room.providers.list()).items.length, 6);
});

const rest = {
  id: 'acme.api',
  displayName: 'Acme',
  description: 'Issues',
  version: '1.0.0',
} satisfies Omit<ProviderManifest, 'schema'>;

const define = (shape: z.ZodRawShape): ProviderManifest => defineProvider({ ...rest, schema: z.object(shape) });
const propertiesOf = (shape: z.ZodRawShape) =>
  (define(shape).schema as { properties: Record<string, object> }).properties;

test('a Zod object becomes a manifest that the core takes, with labels, placeholders, secrets and defaults', async (t) => {
  const manifest = defineProvider({
    ...rest,
    schema: z.strictObject({
      baseUrl: z
        .url()
        .default('https://api.acme.example')
        .meta({ title: 'Address', examples: ['https://a.example'] }),
      token: z.string().min(20).max(100).meta({ title: 'Token', description: 'From your profile', writeOnly: true }),
      team: z
        .string()
        .regex(/^[a-z]+$/)
        .optional(),
      region: z.enum(['eu', 'us']),
      tier: z.union([z.literal(1), z.literal(2)]).optional(),
      kind: z.literal('cloud').optional(),
      pages: z.int().min(1).max(50).default(10),
      ratio: z.number().gt(0).lt(1).multipleOf(0.1).optional(),
      strict: z.boolean().default(false),
    }),
    auth: { type: 'bearer', field: 'token' },
    origins: [{ fromField: 'baseUrl' }],
  });
  assert.deepEqual(manifest.schema, {
    type: 'object',
    properties: {
      baseUrl: {
        type: 'string',
        title: 'Address',
        examples: ['https://a.example'],
        default: 'https://api.acme.example',
        format: 'uri',
      },
      token: {
        type: 'string',
        title: 'Token',
        description: 'From your profile',
        writeOnly: true,
        minLength: 20,
        maxLength: 100,
      },
      team: { type: 'string', pattern: '^[a-z]+$' },
      region: { type: 'string', enum: ['eu', 'us'] },
      tier: { type: 'number', enum: [1, 2] },
      kind: { type: 'string', enum: ['cloud'] },
      pages: { type: 'integer', default: 10, minimum: 1, maximum: 50 },
      ratio: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.1 },
      strict: { type: 'boolean', default: false },
    },
    required: ['token', 'region'],
  });
  const room = await openRoom(t);
  assert.deepEqual((await room.providers.register(manifest)).schema, manifest.schema);
});

test('Zod’s formats are taken by the core', async (t) => {
  const room = await openRoom(t);
  const manifest = define({
    email: z.email(),
    url: z.url(),
    uuid: z.uuid(),
    date: z.iso.date(),
    datetime: z.iso.datetime(),
    ipv4: z.ipv4(),
    ipv6: z.ipv6(),
    hostname: z.hostname(),
  });
  assert.equal((await room.providers.register(manifest)).id, 'acme.api');
});

test('annotations that a manifest has no place for are left out', () => {
  assert.deepEqual(propertiesOf({ a: z.string().meta({ id: 'a-of-acme', deprecated: true, note: 'x' }).readonly() }), {
    a: { type: 'string' },
  });
});

const inexpressible: Record<string, z.ZodRawShape> = {
  'an object in an object': { a: z.object({ b: z.string() }) },
  'a list': { a: z.array(z.string()) },
  'a record': { a: z.record(z.string(), z.string()) },
  'a union': { a: z.union([z.string(), z.number()]) },
  null: { a: z.string().nullable() },
  'two patterns': { a: z.string().regex(/a/).regex(/b/) },
  'a refinement': { a: z.string().refine((text) => text !== 'x') },
  'a refinement of what is optional': {
    a: z
      .string()
      .refine((text) => text !== 'x')
      .optional(),
  },
  'a transformation': { a: z.string().transform((text) => text.length) },
  'a change of the value': { a: z.string().trim() },
  'a date': { a: z.date() },
  anything: { a: z.any() },
  'a big integer': { a: z.bigint() },
};
for (const [what, shape] of Object.entries(inexpressible)) {
  test(`a field that is ${what} is refused with its place, not weakened`, () => {
    assert.throws(
      () => define({ ok: z.string(), ...shape }),
      (error: { code: string; issues: { path: string; code: string }[] }) => {
        assert.equal(error.code, 'INVALID_SCHEMA');
        assert.ok(error.issues.length > 0);
        for (const { path, code } of error.issues) {
          assert.match(path, /^\/schema\/properties\/a(\/|$)/);
          assert.equal(code, 'unsupported');
        }
        return true;
      },
    );
  });
}

test('a schema that is open, refined or no object is refused', () => {
  const object = z.object({ a: z.string() });
  for (const schema of [
    object.loose(),
    object.catchall(z.string()),
    object.refine(() => true),
    z.string() as never,
    undefined as never,
  ]) {
    assert.throws(() => defineProvider({ ...rest, schema }), { code: 'INVALID_SCHEMA' });
  }
});
