/**
 * The peer: the same job as a good JavaScript author would write it with better-sqlite3 and node:crypto. WAL, prepared
 * statements, one transaction for each use; AES-256-GCM with the same associated data; an audit entry that is chained
 * by SHA-256 and sealed by HMAC, with the indexes that every entry of ours touches; the time of access; our settings of
 * SQLite. Everything runs on the JavaScript thread, with the keys in ordinary memory, for one process alone.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { loadSqlite, type SqliteConnection, type SqliteStatement } from './packages.js';

const SCHEMA = `
CREATE TABLE secrets (
  id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, version INTEGER NOT NULL,
  record BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_access (
  secret_id TEXT PRIMARY KEY NOT NULL REFERENCES secrets (id) ON DELETE CASCADE, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, role TEXT NOT NULL, principal_id TEXT, action TEXT NOT NULL,
  secret_id TEXT, reason TEXT, outcome TEXT NOT NULL, code TEXT, detail TEXT, prev_hash BLOB NOT NULL, hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_secret ON audit (secret_id) WHERE secret_id IS NOT NULL;
CREATE INDEX audit_principal ON audit (principal_id) WHERE principal_id <> 'core';
CREATE TABLE audit_seal (
  id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
`;

export type Durability = 'full' | 'normal';

interface SecretRow {
  kind: string;
  version: number;
  record: Buffer;
}

interface HeadRow {
  seq: number;
  hash: Buffer;
}

export class JavaScriptVault {
  readonly #storeId = `str_${randomBytes(13).toString('hex')}`;
  readonly #secretKey = randomBytes(32);
  readonly #sealKey = randomBytes(32);
  readonly #database: SqliteConnection;
  readonly #insert: SqliteStatement;
  readonly #select: SqliteStatement;
  readonly #touch: SqliteStatement;
  readonly #head: SqliteStatement;
  readonly #append: SqliteStatement;
  readonly #seal: SqliteStatement;
  readonly #useOne: { immediate(id: string, reason: string): Buffer };
  readonly #useMany: { immediate(ids: string[], reason: string): Buffer[] };

  constructor(file: string) {
    const Database = loadSqlite();
    this.#database = new Database(file);
    chmodSync(file, 0o600);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('foreign_keys = ON');
    this.#database.pragma('secure_delete = ON');
    this.#database.pragma('cache_size = -16384');
    this.#database.pragma('wal_autocheckpoint = 4000');
    this.#database.exec(SCHEMA);
    const prepare = (sql: string) => this.#database.prepare(sql);
    this.#insert = prepare('INSERT INTO secrets (id, name, kind, version, record) VALUES (?, ?, ?, ?, ?)');
    this.#select = prepare('SELECT kind, version, record FROM secrets WHERE id = ?');
    this.#touch = prepare(
      'INSERT INTO secret_access (secret_id, at) VALUES (?, ?) ON CONFLICT (secret_id) DO UPDATE SET at = excluded.at',
    );
    this.#head = prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
    this.#append = prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)');
    this.#seal = prepare(
      'INSERT INTO audit_seal (id, seq, hash, mac) VALUES (1, ?, ?, ?) ' +
        'ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, mac = excluded.mac',
    );
    this.#useOne = this.#database.transaction((id: string, reason: string) => {
      const plaintext = this.#open(id);
      this.#record([id], reason);
      return plaintext;
    });
    this.#useMany = this.#database.transaction((ids: string[], reason: string) => {
      const plaintexts = ids.map((id) => this.#open(id));
      this.#record(ids, reason);
      return plaintexts;
    });
  }

  static version(): string {
    const Database = loadSqlite();
    const database = new Database(':memory:');
    const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
    database.close();
    return version;
  }

  setDurability(durability: Durability): void {
    this.#database.pragma(`synchronous = ${durability}`);
  }

  /** Stores all of `secrets` in one transaction. */
  fill(secrets: { id: string; name: string; value: string }[]): void {
    this.#database
      .transaction(() => {
        for (const { id, name, value } of secrets) {
          const nonce = randomBytes(12);
          const cipher = createCipheriv('aes-256-gcm', this.#secretKey, nonce);
          cipher.setAAD(this.#associatedData(id, 'api_key', 1));
          const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
          this.#insert.run(id, name, 'api_key', 1, Buffer.concat([nonce, sealed, cipher.getAuthTag()]));
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
    this.#database.close();
  }

  #associatedData(id: string, kind: string, version: number): Buffer {
    const data = Buffer.allocUnsafe(20 + 4 + this.#storeId.length + 4 + id.length + 4 + kind.length + 8);
    let at = data.write('strongroom/secret/v1', 0, 'latin1');
    for (const text of [this.#storeId, id, kind]) {
      at = data.writeUInt32BE(text.length, at);
      at += data.write(text, at, 'latin1');
    }
    data.writeBigUInt64BE(BigInt(version), at);
    return data;
  }

  #open(id: string): Buffer {
    const row = this.#select.get(id) as SecretRow | undefined;
    if (row === undefined) throw new Error('NOT_FOUND');
    const { kind, version, record } = row;
    const decipher = createDecipheriv('aes-256-gcm', this.#secretKey, record.subarray(0, 12));
    decipher.setAAD(this.#associatedData(id, kind, version));
    decipher.setAuthTag(record.subarray(record.length - 16));
    const plaintext = decipher.update(record.subarray(12, record.length - 16));
    decipher.final(); // throws if the record was changed; GCM has nothing left to give
    return plaintext;
  }

  /** Appends an entry for each id and seals the last. */
  #record(ids: string[], reason: string): void {
    const now = Date.now();
    const time = new Date(now).toISOString();
    const head = this.#head.get() as HeadRow | undefined;
    let seq = head?.seq ?? 0;
    let hash = head?.hash ?? createHash('sha256').update(this.#storeId).digest();
    for (const id of ids) {
      this.#touch.run(id, now);
      const previous = hash;
      seq += 1;
      hash = createHash('sha256')
        .update('strongroom/audit/v1')
        .update(previous)
        .update(JSON.stringify([seq, time, 'core', 'core', 'secret.use', id, reason, 'allowed', null, null]))
        .digest();
      this.#append.run(seq, now, 'core', 'core', 'secret.use', id, reason, 'allowed', previous, hash);
    }
    const message = Buffer.allocUnsafe(8);
    message.writeBigUInt64BE(BigInt(seq));
    const mac = createHmac('sha256', this.#sealKey).update(message).update(hash).digest();
    this.#seal.run(seq, hash, mac);
  }
}
