/**
 * The channel table: every message that can reach the core, who may send it, and its exact shape. It is the source
 * of the TypeScript types, of the JSON Schemas embedded in the addon and of what the core checks natively; a new
 * channel is one entry here and one native handler.
 *
 * No response has a place for a plaintext; a plaintext goes in only where a request says `writeOnly`.
 */
import type * as z from 'zod';
import { auditChannels } from './audit.js';
import { secretChannels } from './secrets.js';
import { statusChannels } from './status.js';

export const contracts = {
  ...statusChannels,
  ...secretChannels,
  ...auditChannels,
};

export type Channel = keyof typeof contracts;
/** What a caller sends on channel `C`. */
export type RequestOf<C extends Channel> = z.input<(typeof contracts)[C]['request']>;
/** What comes back in the envelope's `value`. */
export type ResponseOf<C extends Channel> = z.output<(typeof contracts)[C]['response']>;

export {
  AUDIT_ACTIONS,
  AUDIT_OUTCOMES,
  AUDIT_PROBLEMS,
  type AuditAction,
  type AuditEntry,
  type AuditFilter,
  type AuditOutcome,
  type AuditProblem,
  type AuditVerdict,
} from './audit.js';
export { type Caller, type Contract, type Envelope, type ErrorInfo, type Issue, ROLES, type Role } from './channel.js';
export { ERROR_CODES, type ErrorCode } from './errors.js';
export { type ChangedEvent, type LockEvent, type StrongroomEvent, strongroomEvent } from './events.js';
export {
  CONNECTION_KIND,
  envKey,
  metadata,
  SECRET_KINDS,
  type SecretInfo,
  type SecretKind,
  secretName,
  secretValue,
} from './secrets.js';
export { STORE_STATES, type StatusInfo, type StoreState } from './status.js';
export { countCodePoints } from './text.js';
