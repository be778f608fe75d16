/** The audit log: who did what to which secret, when, why and with what outcome. */
import * as z from 'zod';
import { contract } from './channel.js';
import { secretId } from './secrets.js';
import { connectionId, cursor, listOf, pageLimit, pageOf, text, time } from './text.js';

export const AUDIT_ACTIONS = [
  'secret.create',
  'secret.update',
  'secret.replace',
  'secret.delete',
  'secret.reveal',
  'secret.use',
  'connection.create',
  'connection.update',
  'connection.delete',
  'connection.test',
  'connection.secret.set',
  'connection.secret.clear',
  'provider.register',
  'provider.unregister',
  'access.request',
  'access.redeem',
  'access.release',
  'access.revoke',
  'consent.decide',
  'credential.resolve',
  'broker.fetch',
  'key.create',
  'key.unlock',
  'key.rotate',
  'key.slot.add',
  'key.slot.remove',
  'audit.prune',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const AUDIT_OUTCOMES = ['allowed', 'denied', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** What `audit.verify` can find wrong with the first bad entry. */
export const AUDIT_PROBLEMS = ['hash', 'link', 'gap', 'seal', 'truncated'] as const;
export type AuditProblem = (typeof AUDIT_PROBLEMS)[number];

const outcome = z.enum(AUDIT_OUTCOMES);
const seq = z.int().min(0);
/** In lower-case hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
// Looser than what the core writes: an entry that somebody has edited must still be listed, so that it can be seen.
const stored = text(0, 4096);

export const auditEntry = z.strictObject({
  seq,
  at: time,
  /** One of ROLES, unless the entry was edited. */
  role: stored,
  principalId: stored.nullable(),
  /** One of AUDIT_ACTIONS, unless the entry was edited or a newer version wrote it. */
  action: stored,
  connectionId: stored.nullable(),
  secretId: stored.nullable(),
  field: stored.nullable(),
  /** Why, in the caller's words. */
  reason: stored.nullable(),
  outcome,
  /** The error code of a denial or failure. */
  code: stored.nullable(),
  detail: stored.nullable(),
  hash: sha256,
  prevHash: sha256,
});

export const auditFilter = z.strictObject({
  /** A principal's id, or a role. */
  actor: text(1, 200).optional(),
  action: z.enum(AUDIT_ACTIONS).optional(),
  outcome: outcome.optional(),
  connectionId: connectionId.optional(),
  secretId: secretId.optional(),
  /** From this moment on. */
  since: time.optional(),
  /** Up to and including this moment. */
  until: time.optional(),
  cursor: cursor.optional(),
  limit: pageLimit.optional(),
});

export const auditVerdict = z.strictObject({
  ok: z.boolean(),
  /** How many entries were walked. */
  entries: z.int().min(0),
  /** The newest entry that a seal vouches for; 0 when none does, as entries count from 1. */
  sealedThrough: seq,
  /** False while the store is locked: the chain was checked, the seal could not be. */
  sealChecked: z.boolean(),
  firstBad: z.strictObject({ seq, problem: z.enum(AUDIT_PROBLEMS) }).optional(),
});

const auditDay = z.strictObject({
  day: z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/),
  allowed: z.int().min(0),
  denied: z.int().min(0),
  failed: z.int().min(0),
});

export const auditChannels = {
  /** Newest first. */
  'audit.list': contract(
    ['settings'],
    auditFilter,
    pageOf(auditEntry).extend({
      /** How many entries of the page are not well-formed and are missing from it; left out when none. */
      damaged: z.int().min(1).optional(),
    }),
  ),
  /** Tells how far it has come with `progress` events. */
  'audit.verify': contract(['settings'], z.strictObject({}), auditVerdict),
  /** How many entries of each outcome each day (UTC) has, oldest first; days without entries are left out. */
  'audit.days': contract(
    ['settings'],
    z.strictObject({ since: time.optional(), until: time.optional() }),
    z.strictObject({ days: listOf(auditDay, 400) }),
  ),
  /** The log as text, oldest entry first, piece by piece: JSON Lines, or CSV (RFC 4180). */
  'audit.export': contract(
    ['settings'],
    z.strictObject({ format: z.enum(['jsonl', 'csv']), cursor: cursor.optional() }),
    z.strictObject({ text: text(0, 1_000_000), nextCursor: cursor.optional() }),
  ),
};

export type AuditEntry = z.infer<typeof auditEntry>;
export type AuditFilter = z.infer<typeof auditFilter>;
export type AuditDay = z.infer<typeof auditDay>;
export type AuditVerdict = z.infer<typeof auditVerdict>;
