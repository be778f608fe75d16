/**
 * The channel table: every message that can reach the core, who may send it, and its exact shape. It is the source
 * of the TypeScript types, of the JSON Schemas embedded in the addon and of what the core checks natively; a new
 * channel is one entry here and one native handler.
 *
 * No response has a place for a plaintext; a plaintext goes in only where a request says `writeOnly`.
 */
import type * as z from 'zod';
import { accessChannels } from './access.js';
import { auditChannels } from './audit.js';
import { connectionChannels } from './connections.js';
import { providerChannels } from './providers.js';
import { secretChannels } from './secrets.js';
import { statusChannels } from './status.js';

export const contracts = {
  ...statusChannels,
  ...secretChannels,
  ...providerChannels,
  ...connectionChannels,
  ...accessChannels,
  ...auditChannels,
};

export type Channel = keyof typeof contracts;
/** What a caller sends on channel `C`. */
export type RequestOf<C extends Channel> = z.input<(typeof contracts)[C]['request']>;
/** What comes back in the envelope's `value`. */
export type ResponseOf<C extends Channel> = z.output<(typeof contracts)[C]['response']>;

export {
  CONSENT_DECISIONS,
  type ConsentDecision,
  type ConsentRequest,
  type GrantInfo,
  PRINCIPAL_ROLES,
  type PrincipalRole,
  type Silence,
} from './access.js';
export {
  AUDIT_ACTIONS,
  AUDIT_OUTCOMES,
  AUDIT_PROBLEMS,
  type AuditAction,
  type AuditDay,
  type AuditEntry,
  type AuditFilter,
  type AuditOutcome,
  type AuditProblem,
  type AuditVerdict,
} from './audit.js';
export { type Caller, type Contract, type Envelope, type ErrorInfo, type Issue, ROLES, type Role } from './channel.js';
export { CONNECTION_SCOPES, type Connection, type ConnectionScope, type ConnectionTest } from './connections.js';
export { ERROR_CODES, type ErrorCode } from './errors.js';
export {
  type ChangedEvent,
  type ConsentEvent,
  type LockEvent,
  type ProgressEvent,
  type StrongroomEvent,
  strongroomEvent,
} from './events.js';
export {
  FIELD_TYPES,
  type FieldSchema,
  type FieldValue,
  MAX_FIELDS,
  type ProviderAuth,
  type ProviderInfo,
  type ProviderManifest,
  providerId,
} from './providers.js';
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
