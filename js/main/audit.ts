import type { AuditFilter, AuditVerdict, ResponseOf } from '../../contracts/index.js';
import type { CoreCaller } from './call.js';
import { unwrap } from './errors.js';
import type { NativeRoom } from './native.js';

/** The audit log of a room. */
export class Audit {
  readonly #core: CoreCaller;
  readonly #native: NativeRoom;

  constructor(core: CoreCaller, nativeRoom: NativeRoom) {
    this.#core = core;
    this.#native = nativeRoom;
  }

  /** Entries, newest first; `limit` 1 to 500, default 200. */
  list(filter: AuditFilter = {}): Promise<ResponseOf<'audit.list'>> {
    return this.#core('audit.list', filter);
  }

  /**
   * Walks the whole chain and checks the newest seal. Asks the keyring for the key if it can be had without a prompt;
   * without it the chain alone is checked and `sealChecked` is false.
   */
  verify(): Promise<AuditVerdict> {
    return this.#core('audit.verify', {});
  }

  /** Drops what the retention settings let go, behind a sealed checkpoint. `CORRUPT` if that part does not verify. */
  async prune(): Promise<{ removed: number }> {
    return unwrap(await this.#native.prune());
  }

  /**
   * The log as text, oldest entry first, in pieces: JSON Lines, or CSV (RFC 4180, with a header; cells that a
   * spreadsheet would run as formulas are neutralised by a leading apostrophe).
   *
   * @example
   * for await (const piece of room.audit.export({ format: 'csv' })) file.write(piece);
   */
  async *export(options: { format: 'jsonl' | 'csv' }): AsyncGenerator<string, void, undefined> {
    const cursor = unwrap(this.#native.exportAudit(options?.format));
    for (;;) {
      const piece = unwrap(await cursor.next());
      if (piece === null) return;
      yield piece;
    }
  }
}
