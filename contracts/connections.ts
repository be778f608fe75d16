/** Connections: what a person set up to use a provider's service. Secrets of theirs are referred to, never shown. */
import * as z from 'zod';
import { allowedOrigins, grantInfo, silence } from './access.js';
import { AUDIT_OUTCOMES } from './audit.js';
import { contract } from './channel.js';
import { fieldName, fieldValues, MAX_FIELDS, providerId, termsDigest } from './providers.js';
import { secretId } from './secrets.js';
import { connectionId, cursor, listOf, pageLimit, pageOf, recordOf, secretText, text, time } from './text.js';

export const CONNECTION_SCOPES = ['user', 'workspace'] as const;
export type ConnectionScope = (typeof CONNECTION_SCOPES)[number];

const scope = z.enum(CONNECTION_SCOPES);
export const workspaceId = text(1, 200);
const displayName = text(1, 100);
const revision = z.int().min(1);

/** A secret field of a connection. */
const secretField = z.strictObject({
  /** Null until it was set for the first time. */
  secretRef: secretId.nullable(),
  hasValue: z.boolean(),
  /** Grows by one whenever it is set or cleared. */
  version: z.int().min(0),
  updatedAt: time.nullable(),
});

const connectionTest = z.strictObject({
  at: time,
  ok: z.boolean(),
  /** For a person; holds nothing of what the service sent. */
  message: text(0, 500),
  durationMs: z.int().min(0),
});

/** A place that no longer fits the provider's schema. `path` is a JSON Pointer: `/fields/…` or `/secrets/…`. */
const attentionIssue = z.strictObject({ path: text(0, 200), code: text(1, 64), message: text(0, 1000) });

export const connection = z.strictObject({
  id: connectionId,
  providerId,
  scope,
  workspaceId: workspaceId.nullable(),
  displayName,
  fields: fieldValues,
  /** One member for each secret field of the provider, and for each that is still stored. */
  secrets: recordOf(fieldName, secretField, 2 * MAX_FIELDS),
  revision,
  createdAt: time,
  updatedAt: time,
  lastUsedAt: time.nullable(),
  lastTest: connectionTest.nullable(),
  /**
   * Why it no longer fits its provider, or null. Nothing is lost: set the fields that are named. `origins` belong to
   * `termsDigest`, as no other answer's do: a provider may change between two of them.
   */
  needsAttention: z
    .strictObject({ issues: listOf(attentionIssue, 64, 1), origins: allowedOrigins.optional() })
    .nullable(),
  /**
   * What saving it, or entering its secret anew, would accept: the provider's terms, and the places that the fields name.
   * Left out when its provider is not known.
   */
  termsDigest: termsDigest.optional(),
  /** On a user's connection in a list for a workspace: the workspace's connection that is used instead. */
  overriddenBy: connectionId.optional(),
});

const accessEntry = z.strictObject({
  at: time,
  role: text(0, 4096),
  principalId: text(0, 4096).nullable(),
  action: text(0, 4096),
  field: text(0, 4096).nullable(),
  reason: text(0, 4096).nullable(),
  outcome: z.enum(AUDIT_OUTCOMES),
  code: text(0, 4096).nullable(),
});

const byId = z.strictObject({ id: connectionId });

export const connectionChannels = {
  /** In the order of creation. Extensions see those of providers they registered or declared use of. */
  'connections.list': contract(
    ['settings', 'extension', 'tool'],
    z.strictObject({
      providerId: providerId.optional(),
      scope: scope.optional(),
      /** The user's connections and those of this workspace; without it, those of every workspace. */
      workspaceId: workspaceId.optional(),
      /** Part of the name, ASCII letters in either case. */
      search: text(1, 100).optional(),
      cursor: cursor.optional(),
      limit: pageLimit.optional(),
    }),
    pageOf(connection).extend({ damaged: z.int().min(1).optional() }),
  ),
  'connections.get': contract(['settings', 'extension', 'tool'], byId, connection),
  /** The connection to use for a provider: the workspace's if there is one, otherwise the user's; the oldest of several. */
  'connections.resolve': contract(
    ['settings', 'extension', 'tool'],
    z.strictObject({ providerId, workspaceId: workspaceId.optional() }),
    connection,
  ),
  'connections.create': contract(
    ['settings'],
    z.strictObject({
      providerId,
      scope,
      /** With the scope `workspace`, and with no other. */
      workspaceId: workspaceId.optional(),
      displayName,
      fields: fieldValues.optional(),
      secrets: recordOf(fieldName, secretText(1, 10000), MAX_FIELDS).optional(),
      /** That of the provider as it was shown; `CONFLICT` (`terms-changed`) if it is another by now. */
      termsDigest: termsDigest.optional(),
    }),
    connection,
  ),
  /** `fields` replaces all fields. */
  'connections.update': contract(
    ['settings'],
    z.strictObject({
      id: connectionId,
      displayName: displayName.optional(),
      fields: fieldValues.optional(),
      /** The revision the change is based on; a store that has moved on answers `CONFLICT`. */
      revision,
      /** That of the connection as it was shown; `CONFLICT` (`terms-changed`) if it is another by now. */
      termsDigest: termsDigest.optional(),
    }),
    connection,
  ),
  'connections.setSecret': contract(
    ['settings'],
    z.strictObject({
      id: connectionId,
      field: fieldName,
      value: secretText(1, 10000),
      /** As for `connections.update`. */
      termsDigest: termsDigest.optional(),
    }),
    connection,
  ),
  'connections.clearSecret': contract(['settings'], z.strictObject({ id: connectionId, field: fieldName }), connection),
  /** Takes its secrets and grants along. */
  'connections.delete': contract(['settings'], byId, z.strictObject({})),
  /** Runs the provider's test in the main process and records its result. */
  'connections.test': contract(['settings'], byId, connectionTest),
  'connections.usage': contract(
    ['settings'],
    byId,
    z.strictObject({
      grants: listOf(grantInfo, 500),
      silenced: listOf(silence, 500),
      /** The newest audit entries about it, newest first. */
      accesses: listOf(accessEntry, 50),
      lastUsedAt: time.nullable(),
    }),
  ),
};

export type Connection = z.infer<typeof connection>;
export type ConnectionTest = z.infer<typeof connectionTest>;
