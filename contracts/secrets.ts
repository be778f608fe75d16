/** Secrets as the world outside the core sees them: everything but the value. */
import * as z from 'zod';
import { contract } from './channel.js';
import { cursor, idOf, pageLimit, pageOf, secretText, stringPairs, text, time } from './text.js';

/** The kinds a person or program can create. */
export const SECRET_KINDS = [
  'api_key',
  'service_token',
  'ssh_key',
  'acme_account_key',
  'managed_private_key',
  'dns_credential',
  'custom',
] as const;

/** The kind of a connection's own secrets: made with the connection, listed only when asked for by kind. */
export const CONNECTION_KIND = 'connection';

const anyKind = z.enum([...SECRET_KINDS, CONNECTION_KIND]);
const chosenKind = z.enum(SECRET_KINDS);

export const secretId = idOf('sec_');
/** Unique among the secrets of a store. */
export const secretName = text(1, 100);
/** The environment variable a secret stands for; unique among the secrets of a store. */
export const envKey = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be A–Z, 0–9 and _, and start with a letter');
export const secretValue = secretText(1, 10000);
export const metadata = stringPairs({ pairs: 32, keyMin: 1, keyMax: 64, valueMax: 1000 });
const revision = z.int().min(1);

export const secretInfo = z.strictObject({
  id: secretId,
  name: secretName,
  kind: anyKind,
  envKey: envKey.nullable(),
  metadata,
  /** False for a connection's field that has been cleared. */
  hasValue: z.boolean(),
  /** Grows by one whenever the value is replaced. */
  version: z.int().min(0),
  /** Grows by one whenever anything but `lastAccessedAt` changes; give it to `update` to refuse a lost update. */
  revision,
  createdAt: time,
  updatedAt: time,
  lastAccessedAt: time.nullable(),
});

export const secretChannels = {
  /** In the order of creation. */
  'secrets.list': contract(
    ['settings'],
    z.strictObject({ kind: anyKind.optional(), cursor: cursor.optional(), limit: pageLimit.optional() }),
    pageOf(secretInfo).extend({
      /** How many rows of the page could not be read and are missing from it; left out when none. */
      damaged: z.int().min(1).optional(),
    }),
  ),
  'secrets.get': contract(
    ['settings'],
    z.union([z.strictObject({ id: secretId }), z.strictObject({ envKey })]),
    secretInfo,
  ),
  'secrets.create': contract(
    ['settings'],
    z.strictObject({
      name: secretName,
      kind: chosenKind,
      value: secretValue,
      envKey: envKey.optional(),
      metadata: metadata.optional(),
    }),
    secretInfo,
  ),
  /** Changes what is given and leaves the rest; `envKey: null` clears it; `metadata` replaces all pairs. */
  'secrets.update': contract(
    ['settings'],
    z.strictObject({
      id: secretId,
      name: secretName.optional(),
      kind: chosenKind.optional(),
      envKey: envKey.nullable().optional(),
      metadata: metadata.optional(),
      /** The revision the change is based on; a store that has moved on answers `CONFLICT`. */
      revision: revision.optional(),
    }),
    secretInfo,
  ),
  'secrets.replaceValue': contract(['settings'], z.strictObject({ id: secretId, value: secretValue }), secretInfo),
  'secrets.delete': contract(['settings'], z.strictObject({ id: secretId }), z.strictObject({})),
};

export type SecretKind = z.infer<typeof anyKind>;
/** A secret without its value. */
export type SecretInfo = z.infer<typeof secretInfo>;
