/** `use` of one secret out of many, beside the same job in JavaScript and beside the keyring itself. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openStrongroom, type Strongroom } from '../../js/main/index.js';
import type { Scope } from '../support/directory.js';
import type { Durability } from './javascript-store.js';
import { JavaScriptVault } from './javascript-vault.js';
import { batchedLoop, type Candidate, compare, type Pace, Picker, type Result, timedLoop } from './measure.js';
import { loadKeyring } from './packages.js';

export const AT_A_TIME = 64;
const REASON = 'nightly sync of the calendar';
const APP_ID = 'org.strongroom.bench';

/** How many items the keyring holds: it gets slower with each, and takes seconds to store a thousand. */
export const KEYRING_ITEMS = 100;

interface Secret {
  id: string;
  name: string;
  value: string;
}

/** What a user of a plaintext does with it here: next to nothing. */
function consume(plaintext: Buffer): number {
  return plaintext.length;
}

export class UseBench {
  readonly #dir: string;
  readonly #vault: JavaScriptVault;
  readonly #ids: string[];
  #room: Strongroom | undefined;
  readonly #entries: { getPassword(): string | null }[] = [];
  readonly #asyncEntries: { getPassword(): Promise<string | null> }[] = [];

  private constructor(dir: string, vault: JavaScriptVault, ids: string[]) {
    this.#dir = dir;
    this.#vault = vault;
    this.#ids = ids;
  }

  /** Fills both stores below `dir` with the same secrets, and the keyring of this session with some. */
  static async create(scope: Scope, dir: string, settings: { secrets: number; valueBytes: number }): Promise<UseBench> {
    mkdirSync(dir, { mode: 0o700 });
    const newValue = () => randomBytes(settings.valueBytes).toString('base64url').slice(0, settings.valueBytes);
    const room = await openRoom(path.join(dir, 'room'), 'normal');
    const secrets: Secret[] = [];
    for (let done = 0; done < settings.secrets; done += 1000) {
      const some = Array.from({ length: Math.min(1000, settings.secrets - done) }, async (_, index) => {
        const name = `secret ${done + index}`;
        const value = newValue();
        const { id } = await room.secrets.create({ name, kind: 'api_key', value });
        secrets.push({ id, name, value });
      });
      await Promise.all(some);
    }
    assert.equal(room.status().keyProvider, 'os-keyring');
    await room.close();

    const vault = new JavaScriptVault(path.join(dir, 'javascript.db'));
    vault.fill(secrets);
    const bench = new UseBench(
      dir,
      vault,
      secrets.map(({ id }) => id),
    );
    scope.after(() => bench.#close());
    bench.#fillKeyring(newValue);
    return bench;
  }

  /** Both ways of using at one durability: one after the other, and AT_A_TIME at once. */
  async measure(durability: Durability, pace: Pace): Promise<{ sequential: Result[]; concurrent: Result[] }> {
    const room = await openRoom(path.join(this.#dir, 'room'), durability);
    this.#room = room;
    await room.unlock();
    this.#vault.setDurability(durability);
    await this.#growLogs(room);
    const sequential = await compare(this.#sequential(room), pace);
    const concurrent = await compare(this.#concurrent(room), pace);
    const verdict = await room.audit.verify();
    assert.ok(verdict.ok && verdict.sealChecked, 'the audit log of the measured store verifies');
    await this.#closeRoom();
    return { sequential, concurrent };
  }

  /**
   * Writes until both write-ahead logs have been checkpointed and begun anew. A sync after a log that grows costs several
   * times what it does after one that is overwritten, so the comparison must not meet one of each.
   */
  async #growLogs(room: Strongroom): Promise<void> {
    const ours = new Picker(this.#ids);
    const theirs = new Picker(this.#ids);
    for (let batch = 0; batch < 80; batch += 1) {
      await Promise.all(ours.take(AT_A_TIME).map((id) => room.secrets.use(id, { reason: REASON }, consume)));
      this.#vault.useAll(theirs.take(AT_A_TIME), REASON, consume);
    }
  }

  #sequential(room: Strongroom): Candidate[] {
    const ours = new Picker(this.#ids);
    const theirs = new Picker(this.#ids);
    let entry = 0;
    return [
      {
        name: 'strongroom',
        what: 'room.secrets.use, awaited before the next',
        async run(count) {
          const options = { reason: REASON };
          const start = process.hrtime.bigint();
          for (let i = 0; i < count; i += 1) await room.secrets.use(ours.next(), options, consume);
          return { count, ns: Number(process.hrtime.bigint() - start) };
        },
      },
      {
        name: 'better-sqlite3 + node:crypto',
        what: 'one transaction for each use, on the JavaScript thread',
        run: timedLoop(() => this.#vault.use(theirs.next(), REASON, consume)),
      },
      {
        name: '@napi-rs/keyring',
        what: `getPassword of one of ${KEYRING_ITEMS} items; no audit, no last access`,
        run: timedLoop(() => {
          entry = (entry + 1) % this.#entries.length;
          assert.ok(this.#entries[entry]?.getPassword());
        }),
      },
    ];
  }

  #concurrent(room: Strongroom): Candidate[] {
    const ours = new Picker(this.#ids);
    const theirs = new Picker(this.#ids);
    const batched = new Picker(this.#ids);
    let entry = 0;
    const inBatches = (batch: () => Promise<unknown> | unknown) => batchedLoop(AT_A_TIME, batch);
    return [
      {
        name: 'strongroom',
        what: `${AT_A_TIME} calls of room.secrets.use, then all awaited`,
        run: inBatches(() => {
          const options = { reason: REASON };
          return Promise.all(ours.take(AT_A_TIME).map((id) => room.secrets.use(id, options, consume)));
        }),
      },
      {
        name: 'better-sqlite3 + node:crypto',
        what: 'one transaction for each use, as independent callers make them',
        run: inBatches(() => {
          for (const id of theirs.take(AT_A_TIME)) this.#vault.use(id, REASON, consume);
        }),
      },
      {
        name: 'the same, batched by hand',
        what: `one transaction and one seal for all ${AT_A_TIME}, by a caller who has them at hand`,
        run: inBatches(() => this.#vault.useAll(batched.take(AT_A_TIME), REASON, consume)),
      },
      {
        name: '@napi-rs/keyring',
        what: `${AT_A_TIME} AsyncEntry.getPassword of ${KEYRING_ITEMS} items, then all awaited; no audit, no last access`,
        run: inBatches(async () => {
          const calls = Array.from({ length: AT_A_TIME }, () => {
            entry = (entry + 1) % this.#asyncEntries.length;
            return this.#asyncEntries[entry]?.getPassword();
          });
          for (const password of await Promise.all(calls)) assert.ok(password);
        }),
      },
    ];
  }

  #fillKeyring(newValue: () => string): void {
    const { Entry, AsyncEntry } = loadKeyring();
    const options = { linux: { store: 'secret-service' } } as const;
    for (let i = 0; i < KEYRING_ITEMS; i += 1) {
      const entry = new Entry(APP_ID, `secret ${i}`, options);
      // A gnome-keyring under load loses an item now and then that was made while it was writing its file.
      for (let tries = 0; !isStored(entry); tries += 1) {
        if (tries === 10) throw new Error('the keyring does not keep its items');
        entry.setPassword(newValue());
      }
      this.#entries.push(entry);
      this.#asyncEntries.push(new AsyncEntry(APP_ID, `secret ${i}`, options));
    }
    if (!this.#entries.every(isStored)) throw new Error('the keyring has lost an item');
  }

  async #closeRoom(): Promise<void> {
    await this.#room?.close();
    this.#room = undefined;
  }

  async #close(): Promise<void> {
    await this.#closeRoom();
    this.#vault.close();
  }
}

function openRoom(dir: string, durability: Durability): Promise<Strongroom> {
  return openStrongroom({ dir, appId: APP_ID, keyProviders: ['os-keyring'], audit: { durability } });
}

function isStored(entry: { getPassword(): string | null }): boolean {
  try {
    return entry.getPassword() !== null;
  } catch {
    return false;
  }
}
