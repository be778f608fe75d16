import { isObject } from './arguments.js';
import { StrongroomError, unwrap } from './errors.js';
import { type DoctorReport, native } from './native.js';
import { type ExistingStoreOptions, nativeOptions, type StrongroomOptions } from './options.js';

export type { DoctorCheck, DoctorReport } from './native.js';

/**
 * Looks at a store and at the key providers of this machine without changing anything and without a prompt: which
 * provider is found and why, key slots, schema, permissions, integrity, audit chain. Takes as long as reading the
 * whole database does. Throws `INVALID_REQUEST` for bad options; everything else is a check that says so.
 *
 * @example
 * const { checks } = await diagnose({ dir, appId: 'com.example.app' });
 * const problems = checks.filter((check) => check.status === 'problem');
 */
export async function diagnose(options: StrongroomOptions | ExistingStoreOptions): Promise<DoctorReport> {
  if (!isObject(options)) throw new StrongroomError('INVALID_REQUEST', 'diagnose needs an object with dir and appId');
  return unwrap(await native.diagnose(nativeOptions(options)));
}
