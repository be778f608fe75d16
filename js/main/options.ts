import { StrongroomError } from './errors.js';

export type KeyProviderName = 'os-keyring' | 'master-key-file';

export interface AuditOptions {
  /**
   * When a plaintext may leave: `full` (default) after its entry has been synced to the disk, `normal` after it has
   * been handed to the operating system (a power cut may lose the last entries, a crash of the program does not).
   */
  durability?: 'full' | 'normal';
  /** Entries older than this are pruned behind a sealed checkpoint. Default 365. */
  retentionDays?: number;
  /** At most this many entries are kept; 0 (default) means no limit. */
  maxEntries?: number;
}

export interface StrongroomOptions {
  /** The store's directory. Created with mode 0700 if it does not exist; refused if others can read it. */
  dir: string;
  /** The application in reverse-DNS form, e.g. `com.example.app`; recorded in a new store, compared with an old one. */
  appId: string;
  /** Open only a store that is there: `NOT_FOUND` instead of a new one. */
  existing?: boolean;
  /** The name people see in their keyring. Default: the appId. */
  appName?: string;
  /** Where a new store's key may be kept, in order of preference. Default `['os-keyring', 'master-key-file']`. */
  keyProviders?: readonly KeyProviderName[];
  audit?: AuditOptions;
  /** Reserved for connections and the credential chain, which are not there yet: checked, and without effect. */
  consent?: (request: never) => unknown;
  /** Reserved, milliseconds. */
  consentTimeoutMs?: number;
  /** Reserved, milliseconds. */
  handleTtlMs?: number;
  /** Reserved. */
  envPrefix?: string;
  /** Reserved. */
  credentialsFile?: string;
}

/** For tools: a store that is there, whatever app it belongs to. */
export type ExistingStoreOptions = Omit<StrongroomOptions, 'appId' | 'existing'> & { existing: true };

/** What the addon takes: JSON. */
export type NativeOptions = Omit<StrongroomOptions, 'appId' | 'consent'> & { appId?: string };

/** The options as given, without the function. The addon checks them, and refuses those that it does not know. */
export function nativeOptions(options: StrongroomOptions | ExistingStoreOptions): NativeOptions {
  const { consent, ...rest } = options;
  if (consent !== undefined && typeof consent !== 'function') {
    const issues = [{ path: '/consent', code: 'type', message: 'must be a function' }];
    throw new StrongroomError('INVALID_REQUEST', 'the options are not valid: /consent: must be a function', { issues });
  }
  return rest;
}
