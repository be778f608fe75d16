import type { ConsentDecision, ConsentRequest } from '../../contracts/index.js';
import { StrongroomError } from './errors.js';

export type KeyProviderName = 'os-keyring' | 'master-key-file';

/** Shows a request to a person and gives the answer. `signal` is aborted when the request is over without it. */
export type ConsentPrompt = (
  request: ConsentRequest,
  context: { readonly signal: AbortSignal },
) => ConsentDecision | Promise<ConsentDecision>;

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
  /**
   * Asks a person whether an extension or tool may use a secret. Without it, and beside it, requests wait for an answer
   * from the Settings page; the first answer counts. What it throws is reported as a warning, and the request waits on.
   */
  consent?: ConsentPrompt;
  /** How long a request waits before it counts as denied, milliseconds. Default 120000. */
  consentTimeoutMs?: number;
  /** How long a handle is good, milliseconds. Default 300000. */
  handleTtlMs?: number;
  /** Reserved for the credential chain, which is not there yet: checked, and without effect. */
  envPrefix?: string;
  /** Reserved, as envPrefix. */
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
