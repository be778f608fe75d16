/** `strongroom`: for the main process. */
export type * from '../../contracts/index.js';
export type { Access } from './access.js';
export type { Audit } from './audit.js';
export type { Broker, SpawnOptions } from './broker.js';
export type { Connections } from './connections.js';
export { type DoctorCheck, type DoctorReport, diagnose } from './doctor.js';
export type { TestContext, TestHandler, TestResult } from './effects.js';
export { StrongroomError } from './errors.js';
export type {
  AuditOptions,
  ConsentPrompt,
  ExistingStoreOptions,
  KeyProviderName,
  StrongroomOptions,
} from './options.js';
export { defaultStoreDir } from './paths.js';
export type { Providers } from './providers.js';
export type { AccessOptions, Secrets } from './secrets.js';
export { openStrongroom, type Strongroom } from './strongroom.js';
