/** `strongroom`: for the main process. */
export type * from '../../contracts/index.js';
export { type DoctorCheck, type DoctorReport, diagnose } from './doctor.js';
export { StrongroomError } from './errors.js';
export type { AuditOptions, ExistingStoreOptions, KeyProviderName, StrongroomOptions } from './options.js';
export { defaultStoreDir } from './paths.js';
export {
  type AccessOptions,
  type Audit,
  openStrongroom,
  type Secrets,
  type Strongroom,
} from './strongroom.js';
