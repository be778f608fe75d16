/** A read in the core, beside the least that SQLite and OpenSSL can do it with. */
import { type Candidate, compare, type Pace, type Result } from './measure.js';
import type { NativeBench } from './native.js';

export function compareReads(bench: NativeBench, pace: Pace): Promise<Result[]> {
  const candidates: Candidate[] = [
    {
      name: 'strongroom core',
      what: 'SqliteSecretStore::open_value into a SecureBuffer',
      run: (count) => bench.read('core', count),
    },
    {
      name: 'bare loop',
      what: 'sqlite3_step and EVP AES-256-GCM in one context, key set for each read, the same checks of the record',
      run: (count) => bench.read('bare', count),
    },
    {
      name: 'bare loop, key kept',
      what: 'as before, with the key schedule left in ordinary memory between reads',
      run: (count) => bench.read('bare-kept-key', count),
    },
  ];
  return compare(candidates, pace);
}
