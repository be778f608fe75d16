import { unwrap } from './errors.js';
import { native } from './native.js';
import type { StrongroomOptions } from './options.js';
import { nativeOptions } from './options.js';

/** One thing that was looked at. */
export interface DoctorCheck {
  /** A stable word: `permissions`, `schema`, `integrity`, `key-provider:os-keyring`, `key-slots`, `audit` and so on. */
  id: string;
  title: string;
  status: 'ok' | 'warning' | 'problem';
  detail: string;
  /** What a person can do about it; present unless the status is `ok`. */
  suggestion?: string;
}

export interface DoctorReport {
  dir: string;
  checks: DoctorCheck[];
}

/**
 * Looks at a store and at the key providers of this machine without changing anything and without a prompt: which
 * provider is found and why, key slots, schema, permissions, integrity, audit chain. Takes as long as reading the
 * whole database does. Throws `INVALID_REQUEST` for bad options; everything else is a check that says so.
 *
 * @example
 * const { checks } = await diagnose({ dir, appId: 'com.example.app' });
 * const problems = checks.filter((check) => check.status === 'problem');
 */
export async function diagnose(options: StrongroomOptions): Promise<DoctorReport> {
  return unwrap(await native.diagnose(nativeOptions(options)));
}
