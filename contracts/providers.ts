/** Providers: what an extension or the app says about a service that people can have connections to. */
import * as z from 'zod';
import { sha256 } from './audit.js';
import { contract } from './channel.js';
import { atMost, jsonObject, listOf, origin, pageOf, recordOf, text, time } from './text.js';

/** `publisher.name`: letters, digits, hyphens and underscores, with one dot to three. */
export const providerId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?:\.[A-Za-z0-9][A-Za-z0-9_-]{0,63}){1,3}$/, 'must be publisher.name');

/** The name of a property of a provider's schema. */
export const fieldName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be letters, digits, _ and -, and start with a letter');

/** The most properties that a provider's schema may have. */
export const MAX_FIELDS = 64;

/** The value of a field that is no secret. */
export const fieldValue = z.union([text(0, 10000), z.number(), z.boolean()]);
export const fieldValues = recordOf(fieldName, fieldValue, MAX_FIELDS);

/** What `type` a property of a provider's schema may have: schemas are flat. */
export const FIELD_TYPES = ['string', 'number', 'integer', 'boolean'] as const;

const count = z.int().min(0);

/** One property of a provider's schema: JSON Schema 2020-12, as far as forms and connections need it. */
const fieldSchema = z.strictObject({
  type: z.enum(FIELD_TYPES),
  /** The label. */
  title: text(1, 100).optional(),
  /** Help text. */
  description: text(0, 1000).optional(),
  /** The first is the placeholder. */
  examples: listOf(fieldValue, 8).optional(),
  default: fieldValue.optional(),
  /** Marks a secret field. */
  writeOnly: z.boolean().optional(),
  format: text(1, 32).optional(),
  pattern: text(0, 4096).optional(),
  enum: listOf(fieldValue, 256, 1).optional(),
  minLength: count.optional(),
  maxLength: count.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().optional(),
});

const providerSchema = z.strictObject({
  type: z.literal('object'),
  title: text(0, 100).optional(),
  description: text(0, 1000).optional(),
  properties: recordOf(fieldName, fieldSchema, MAX_FIELDS),
  required: listOf(fieldName, MAX_FIELDS).optional(),
});

/** How a credential is given to a service, or to a program that is started; see {@link ProviderAuth}. */
export const AUTH_TYPES = ['bearer', 'basic', 'header', 'query', 'env', 'stdin'] as const;

/**
 * How the broker adds a credential to a request: `bearer`: `Authorization: Bearer <secret>`; `basic`: user name (from
 * `usernameField`, or empty) and secret; `header`: the header `name`; `query`: the parameter `name`. For programs that
 * are started: `env`, the environment variable `name`; `stdin`, one line on standard input.
 */
const providerAuth = z.strictObject({
  type: z.enum(AUTH_TYPES),
  /** The secret field. */
  field: fieldName,
  /** Of the header, query parameter or environment variable. */
  name: text(1, 100).optional(),
  /** With `basic`: the field with the user name. */
  usernameField: fieldName.optional(),
});

/**
 * Where the credential may go: an origin (`https://host[:port]`, or `http://` with a loopback address), or the origin of
 * the URL in a field. A loopback address from a field is allowed only with `loopback: true`.
 */
const originFromField = z.strictObject({ fromField: fieldName, loopback: z.boolean().optional() });

/** A request that shows whether a connection works: any status from 200 to 299 is a success. */
const providerTest = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST']).optional(),
  /** Joined to the connection's first origin. Begins with `/`. */
  path: z.string().regex(/^\/[\x21-\x7e]{0,1000}$/, 'must be a path that starts with /'),
});

const described = {
  id: providerId,
  displayName: text(1, 100),
  description: text(0, 1000),
  /** A `data:` URI of a PNG or SVG image, at most 32 KiB. */
  icon: z
    .string()
    .check(atMost(45000))
    .regex(/^data:image\/(?:png|svg\+xml)[;,][\x20-\x7e]*$/, 'must be a data: URI of a PNG or SVG image')
    .optional(),
  documentationUrl: z
    .string()
    .check(atMost(2000))
    .regex(/^https:\/\/[\x21-\x7e]+$/, 'must be an https: URL')
    .optional(),
  auth: providerAuth.optional(),
  test: providerTest.optional(),
  version: z.string().regex(/^[0-9A-Za-z.+_-]{1,64}$/, 'must be a version such as 1.0.0'),
};

/**
 * A manifest as it is registered. `schema` is any JSON here: the core compiles it and names what is wrong with it; and
 * it writes the origins as browsers do.
 */
export const providerManifest = z.strictObject({
  ...described,
  origins: listOf(z.union([text(1, 300), originFromField]), 32).optional(),
  schema: jsonObject(),
});

/** What a person is shown who accepts it: how and where a provider lets a secret be sent. */
export const termsDigest = sha256;

export const providerInfo = z.strictObject({
  ...described,
  origins: listOf(z.union([origin, originFromField]), 32).optional(),
  schema: providerSchema,
  /** Who registered it: an extension's id, or `core`. */
  owner: text(1, 200),
  /** False when it was unregistered, and is kept because it has connections. */
  registered: z.boolean(),
  /** Whether `connections.test` can test its connections. */
  testable: z.boolean(),
  registeredAt: time,
  /** Of its `auth` and `origins`: what creating a connection would accept. */
  termsDigest,
});

export const providerChannels = {
  /** By id; all of them. */
  'providers.list': contract(['settings', 'extension', 'tool'], z.strictObject({}), pageOf(providerInfo)),
  /** Replaces what its owner registered before. An extension may only use ids under its own publisher. */
  'providers.register': contract(['extension'], providerManifest, providerInfo),
  'providers.unregister': contract(['extension'], z.strictObject({ id: providerId }), z.strictObject({})),
};

/** A provider's manifest. */
export type ProviderManifest = Omit<z.input<typeof providerManifest>, 'schema' | 'origins'> & {
  origins?: readonly (string | { readonly fromField: string; readonly loopback?: boolean })[];
  schema: object;
};
export type ProviderInfo = z.infer<typeof providerInfo>;
export type ProviderAuth = z.infer<typeof providerAuth>;
export type FieldSchema = z.infer<typeof fieldSchema>;
export type FieldValue = z.infer<typeof fieldValue>;
