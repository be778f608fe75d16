/**
 * The peer of `use`: one transaction for each, with its audit entry and the time of access; prepared statements. What it
 * stands on is in javascript-store.ts.
 */
import { type Durability, type Entry, JavaScriptStore } from './javascript-store.js';
import type { SqliteStatement } from './packages.js';

const SCHEMA = `
CREATE TABLE secrets (
  id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, version INTEGER NOT NULL,
  record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_access (
  secret_id TEXT PRIMARY KEY NOT NULL REFERENCES secrets (id) ON DELETE CASCADE, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

interface SecretRow {
  kind: string;
  version: number;
  record: Buffer;
}

export class JavaScriptVault {
  readonly #store: JavaScriptStore;
  readonly #insert: SqliteStatement;
  readonly #select: SqliteStatement;
  readonly #touch: SqliteStatement;
  readonly #useOne: { immediate(id: string, reason: string): Buffer };
  readonly #useMany: { immediate(ids: string[], reason: string): Buffer[] };

  constructor(file: string) {
    this.#store = new JavaScriptStore(file, SCHEMA);
    const { database } = this.#store;
    this.#insert = database.prepare('INSERT INTO secrets (id, name, kind, version, record) VALUES (?, ?, ?, ?, ?)');
    this.#select = database.prepare('SELECT kind, version, record FROM secrets WHERE id = ?');
    this.#touch = database.prepare(
      'INSERT INTO secret_access (secret_id, at) VALUES (?, ?) ON CONFLICT (secret_id) DO UPDATE SET at = excluded.at',
    );
    this.#useOne = database.transaction((id: string, reason: string) => {
      const plaintext = this.#open(id);
      this.#record([id], reason);
      return plaintext;
    });
    this.#useMany = database.transaction((ids: string[], reason: string) => {
      const plaintexts = ids.map((id) => this.#open(id));
      this.#record(ids, reason);
      return plaintexts;
    });
  }

  setDurability(durability: Durability): void {
    this.#store.setDurability(durability);
  }

  /** Stores all of `secrets` in one transaction. */
  fill(secrets: { id: string; name: string; value: string }[]): void {
    this.#store.database
      .transaction(() => {
        for (const { id, name, value } of secrets) {
          this.#insert.run(id, name, 'api_key', 1, this.#store.sealValue(id, 'api_key', 1, value));
        }
      })
      .immediate();
  }

  /** Hands the plaintext to `action` once its entry is committed, and wipes it. */
  use<T>(id: string, reason: string, action: (plaintext: Buffer) => T): T {
    const plaintext = this.#useOne.immediate(id, reason);
    try {
      return action(plaintext);
    } finally {
      plaintext.fill(0);
    }
  }

  /** The same for several secrets in one transaction with one seal: what an author can do who has them all at hand. */
  useAll<T>(ids: string[], reason: string, action: (plaintext: Buffer) => T): T[] {
    const plaintexts = this.#useMany.immediate(ids, reason);
    try {
      return plaintexts.map(action);
    } finally {
      for (const plaintext of plaintexts) plaintext.fill(0);
    }
  }

  close(): void {
    this.#store.close();
  }

  #open(id: string): Buffer {
    const row = this.#select.get(id) as SecretRow | undefined;
    if (row === undefined) throw new Error('NOT_FOUND');
    return this.#store.openValue(id, row.kind, row.version, row.record);
  }

  #record(ids: string[], reason: string): void {
    const now = Date.now();
    const entries = ids.map((id): Entry => {
      this.#touch.run(id, now);
      const who = { role: 'core', principalId: 'core', action: 'secret.use' };
      return { ...who, connectionId: null, secretId: id, field: null, reason, detail: null };
    });
    this.#store.record(entries, now);
  }
}
