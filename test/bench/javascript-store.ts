/**
 * What both JavaScript peers are made of, as a good author would write it with better-sqlite3 and node:crypto: a database
 * with our settings of SQLite, values sealed by AES-256-GCM with the same associated data, and an audit log that is
 * chained by SHA-256 and sealed by HMAC, with the indexes that every entry of ours touches. Everything runs on the
 * JavaScript thread, with the keys in ordinary memory, for one process alone.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { loadSqlite, type SqliteConnection, type SqliteStatement } from './packages.js';

const AUDIT = `
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, role TEXT NOT NULL, principal_id TEXT, action TEXT NOT NULL,
  connection_id TEXT, secret_id TEXT, field TEXT, reason TEXT, outcome TEXT NOT NULL, code TEXT, detail TEXT,
  prev_hash BLOB NOT NULL, hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_secret ON audit (secret_id) WHERE secret_id IS NOT NULL;
CREATE INDEX audit_connection ON audit (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX audit_principal ON audit (principal_id) WHERE principal_id <> 'core';
CREATE INDEX audit_role ON audit (role) WHERE role <> 'core';
CREATE INDEX audit_action ON audit (action) WHERE action <> 'secret.use';
CREATE TABLE audit_seal (
  id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL, mac BLOB NOT NULL
) STRICT;
`;

export type Durability = 'full' | 'normal';

/** What is written down of something that was allowed. */
export interface Entry {
  role: string;
  principalId: string;
  action: string;
  connectionId: string | null;
  secretId: string;
  field: string | null;
  reason: string;
  detail: string | null;
}

interface HeadRow {
  seq: number;
  hash: Buffer;
}

export class JavaScriptStore {
  readonly id = `str_${randomBytes(13).toString('hex')}`;
  readonly database: SqliteConnection;
  readonly #secretKey = randomBytes(32);
  readonly #sealKey = randomBytes(32);
  readonly #macKey = randomBytes(32);
  readonly #head: SqliteStatement;
  readonly #append: SqliteStatement;
  readonly #seal: SqliteStatement;

  /** Makes a new database with the tables of `schema` beside the audit log's. */
  constructor(file: string, schema: string) {
    const Database = loadSqlite();
    this.database = new Database(file);
    chmodSync(file, 0o600);
    this.database.pragma('journal_mode = WAL');
    this.database.pragma('foreign_keys = ON');
    this.database.pragma('secure_delete = ON');
    this.database.pragma('cache_size = -16384');
    this.database.pragma('wal_autocheckpoint = 4000');
    this.database.exec(schema + AUDIT);
    this.#head = this.database.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
    this.#append = this.database.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?)');
    this.#seal = this.database.prepare(
      'INSERT INTO audit_seal (id, seq, hash, mac) VALUES (1, ?, ?, ?) ' +
        'ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, mac = excluded.mac',
    );
  }

  static sqliteVersion(): string {
    const Database = loadSqlite();
    const database = new Database(':memory:');
    const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
    database.close();
    return version;
  }

  setDurability(durability: Durability): void {
    this.database.pragma(`synchronous = ${durability}`);
  }

  close(): void {
    this.database.close();
  }

  sealValue(id: string, kind: string, version: number, value: string): Buffer {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#secretKey, nonce);
    cipher.setAAD(this.#associatedData(id, kind, version));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, sealed, cipher.getAuthTag()]);
  }

  openValue(id: string, kind: string, version: number, record: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.#secretKey, record.subarray(0, 12));
    decipher.setAAD(this.#associatedData(id, kind, version));
    decipher.setAuthTag(record.subarray(record.length - 16));
    const plaintext = decipher.update(record.subarray(12, record.length - 16));
    decipher.final(); // throws if the record was changed; GCM has nothing left to give
    return plaintext;
  }

  /** The MAC of a row, over its values. */
  macOf(...values: unknown[]): Buffer {
    return createHmac('sha256', this.#macKey).update(JSON.stringify(values)).digest();
  }

  /** Appends the entries and seals the last. Inside a transaction. */
  record(entries: readonly Entry[], now: number): void {
    const time = new Date(now).toISOString();
    const head = this.#head.get() as HeadRow | undefined;
    let seq = head?.seq ?? 0;
    let hash = head?.hash ?? createHash('sha256').update(this.id).digest();
    for (const { role, principalId, action, connectionId, secretId, field, reason, detail } of entries) {
      const previous = hash;
      seq += 1;
      const columns = [role, principalId, action, connectionId, secretId, field, reason, 'allowed'];
      hash = createHash('sha256')
        .update('strongroom/audit/v1')
        .update(previous)
        .update(JSON.stringify([seq, time, ...columns, null, detail]))
        .digest();
      this.#append.run(seq, now, ...columns, detail, previous, hash);
    }
    const message = Buffer.allocUnsafe(8);
    message.writeBigUInt64BE(BigInt(seq));
    const mac = createHmac('sha256', this.#sealKey).update(message).update(hash).digest();
    this.#seal.run(seq, hash, mac);
  }

  #associatedData(id: string, kind: string, version: number): Buffer {
    const data = Buffer.allocUnsafe(20 + 4 + this.id.length + 4 + id.length + 4 + kind.length + 8);
    let at = data.write('strongroom/secret/v1', 0, 'latin1');
    for (const text of [this.id, id, kind]) {
      at = data.writeUInt32BE(text.length, at);
      at += data.write(text, at, 'latin1');
    }
    data.writeBigUInt64BE(BigInt(version), at);
    return data;
  }
}
