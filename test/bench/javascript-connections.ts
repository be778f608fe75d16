/**
 * The peer of connections, consent and handles: rows with their fields as JSON and a sealed value for each secret field,
 * a MAC on each row that decides where a secret goes, grants with a MAC of their own, handles in memory under their
 * SHA-256. Messages in and out are checked with Ajv, compiled from our contracts. What it stands on is in
 * javascript-store.ts.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type * as z from 'zod';
import { jsonSchemaOf } from '../../contracts/generate.js';
import {
  type Connection,
  contracts,
  type ProviderInfo,
  type RequestOf,
  type ResponseOf,
} from '../../contracts/index.js';
import { type Durability, type Entry, JavaScriptStore } from './javascript-store.js';
import { loadAjv, type SqliteStatement } from './packages.js';

const SCHEMA = `
CREATE TABLE providers (id TEXT PRIMARY KEY NOT NULL, manifest TEXT NOT NULL) STRICT;
CREATE TABLE connections (
  id TEXT PRIMARY KEY NOT NULL, provider_id TEXT NOT NULL REFERENCES providers (id), scope TEXT NOT NULL,
  workspace_id TEXT, display_name TEXT NOT NULL, revision INTEGER NOT NULL, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, last_test TEXT, mac BLOB NOT NULL, fields TEXT NOT NULL
) STRICT;
CREATE INDEX connections_provider ON connections (provider_id, id);
CREATE INDEX connections_scope ON connections (scope, workspace_id, id);
CREATE TABLE connection_secrets (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE, field TEXT NOT NULL,
  secret_id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, updated_at INTEGER NOT NULL, record BLOB,
  PRIMARY KEY (connection_id, field)
) STRICT, WITHOUT ROWID;
CREATE TABLE connection_access (
  connection_id TEXT PRIMARY KEY NOT NULL REFERENCES connections (id) ON DELETE CASCADE, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_access (secret_id TEXT PRIMARY KEY NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE grants (
  id TEXT PRIMARY KEY NOT NULL, principal_id TEXT NOT NULL, role TEXT NOT NULL,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE, field TEXT NOT NULL,
  decision TEXT NOT NULL, lifetime TEXT NOT NULL, reason TEXT NOT NULL, terms BLOB NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER, last_used_at INTEGER, mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX grants_standing ON grants (principal_id, role, connection_id, field) WHERE lifetime = 'always';
CREATE INDEX grants_connection ON grants (connection_id);
CREATE INDEX grants_expiring ON grants (expires_at) WHERE lifetime = 'once';
`;

const HANDLE_TTL_MS = 24 * 60 * 60 * 1000;

/** A connection with the values of its secret fields. */
export interface Filled {
  connection: Connection;
  values: Record<string, string>;
}

export interface Principal {
  role: 'extension' | 'tool';
  principalId: string;
}

export type Issued = ResponseOf<'access.request'>;
type List = ResponseOf<'connections.list'>;

interface ConnectionRow {
  id: string;
  provider_id: string;
  scope: Connection['scope'];
  workspace_id: string | null;
  display_name: string;
  revision: number;
  created_at: number;
  updated_at: number;
  last_test: string | null;
  mac: Buffer;
  fields: string;
  last_used_at: number | null;
}

interface SecretRow {
  connection_id: string;
  field: string;
  secret_id: string;
  version: number;
  updated_at: number;
  has_value: number;
}

interface GrantRow {
  id: string;
  principal_id: string;
  role: string;
  connection_id: string;
  field: string;
  decision: string;
  lifetime: string;
  reason: string;
  terms: Buffer;
  created_at: number;
  expires_at: number | null;
  mac: Buffer;
}

/** A provider as it is kept in memory for as long as its row says the same. */
interface Provider {
  manifest: string;
  info: ProviderInfo;
  terms: Buffer;
  secretFields: string[];
  requiredSecrets: string[];
  fits: (fields: unknown) => boolean;
}

interface Target {
  row: ConnectionRow;
  secret: SecretRow;
  provider: Provider;
}

interface Binding {
  who: Principal;
  connectionId: string;
  field: string;
  secretId: string;
  version: number;
  grantId: string;
  expiresAt: number;
}

/** A check of messages, by Ajv, as it would check them for a renderer. */
function checkOf<T extends z.ZodType>(schema: T): (value: unknown) => void {
  const Ajv = loadAjv();
  const valid = new Ajv({ allowUnionTypes: true }).compile(jsonSchemaOf(schema));
  return (value) => {
    if (!valid(value)) throw new Error('INVALID_REQUEST');
  };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
const digestOf = (handle: string): string => createHash('sha256').update(handle).digest('base64');

export class JavaScriptConnections {
  readonly #store: JavaScriptStore;
  readonly #page: SqliteStatement;
  readonly #one: SqliteStatement;
  readonly #secretsOfPage: SqliteStatement;
  readonly #manifest: SqliteStatement;
  readonly #record: SqliteStatement;
  readonly #standing: SqliteStatement;
  readonly #grant: SqliteStatement;
  readonly #expire: SqliteStatement;
  readonly #touchGrant: SqliteStatement;
  readonly #touchSecret: SqliteStatement;
  readonly #touchConnection: SqliteStatement;
  readonly #requestInOne: { immediate(who: Principal, requests: RequestOf<'access.request'>[]): Binding[] };
  readonly #redeemInOne: { immediate(bindings: Binding[], reason: string): Buffer[] };
  readonly #checkList = checkOf(contracts['connections.list'].request);
  readonly #checkListed = checkOf(contracts['connections.list'].response);
  readonly #checkRequest = checkOf(contracts['access.request'].request);
  readonly #checkIssued = checkOf(contracts['access.request'].response);
  readonly #providers = new Map<string, Provider>();
  readonly #handles = new Map<string, Binding>();

  constructor(file: string) {
    this.#store = new JavaScriptStore(file, SCHEMA);
    const { database } = this.#store;
    const columns =
      'c.*, a.at AS last_used_at FROM connections c LEFT JOIN connection_access a ON a.connection_id = c.id';
    this.#page = database.prepare(`SELECT ${columns} WHERE c.id > ? ORDER BY c.id LIMIT ?`);
    this.#one = database.prepare(`SELECT ${columns} WHERE c.id = ?`);
    this.#secretsOfPage = database.prepare(
      'SELECT connection_id, field, secret_id, version, updated_at, record IS NOT NULL AS has_value ' +
        'FROM connection_secrets WHERE connection_id >= ? AND connection_id <= ? ORDER BY connection_id, field',
    );
    this.#manifest = database.prepare('SELECT manifest FROM providers WHERE id = ?');
    this.#record = database.prepare('SELECT record FROM connection_secrets WHERE connection_id = ? AND field = ?');
    this.#standing = database.prepare(
      'SELECT * FROM grants WHERE principal_id = ? AND role = ? AND connection_id = ? AND field = ? ' +
        "AND lifetime = 'always'",
    );
    this.#grant = database.prepare('SELECT * FROM grants WHERE id = ?');
    this.#expire = database.prepare("DELETE FROM grants WHERE lifetime = 'once' AND expires_at <= ?");
    this.#touchGrant = database.prepare('UPDATE grants SET last_used_at = ? WHERE id = ?');
    this.#touchSecret = database.prepare(
      'INSERT INTO secret_access VALUES (?, ?) ON CONFLICT (secret_id) DO UPDATE SET at = excluded.at',
    );
    this.#touchConnection = database.prepare(
      'INSERT INTO connection_access VALUES (?, ?) ON CONFLICT (connection_id) DO UPDATE SET at = excluded.at',
    );
    this.#requestInOne = database.transaction((who: Principal, requests: RequestOf<'access.request'>[]) => {
      const now = Date.now();
      const entries: Entry[] = [];
      const bindings = requests.map((request) => this.#decide(who, request, now, entries));
      this.#store.record(entries, now);
      return bindings;
    });
    this.#redeemInOne = database.transaction((bindings: Binding[], reason: string) => {
      const now = Date.now();
      const entries: Entry[] = [];
      const plaintexts = bindings.map((binding) => this.#open(binding, reason, now, entries));
      this.#store.record(entries, now);
      return plaintexts;
    });
  }

  setDurability(durability: Durability): void {
    this.#store.setDurability(durability);
  }

  close(): void {
    this.#store.close();
  }

  /** Stores a provider and connections to it, in one transaction. */
  fill(provider: ProviderInfo, connections: readonly Filled[]): void {
    const { database } = this.#store;
    const addProvider = database.prepare('INSERT INTO providers VALUES (?, ?)');
    const addConnection = database.prepare('INSERT INTO connections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    const addSecret = database.prepare('INSERT INTO connection_secrets VALUES (?, ?, ?, ?, ?, ?)');
    database
      .transaction(() => {
        addProvider.run(provider.id, JSON.stringify(provider));
        for (const { connection, values } of connections) {
          const { id, providerId, scope, workspaceId, displayName, revision } = connection;
          const times = [connection.createdAt, connection.updatedAt].map((time) => Date.parse(time));
          const fields = JSON.stringify(connection.fields);
          const stored = Object.entries(connection.secrets).filter(([, { secretRef }]) => secretRef !== null);
          const refs = stored.map(([field, { secretRef }]) => [field, secretRef]);
          const signed = [id, providerId, scope, workspaceId, displayName, revision, ...times, fields];
          const mac = this.#store.macOf('connection', ...signed, refs);
          addConnection.run(id, providerId, scope, workspaceId, displayName, revision, ...times, null, mac, fields);
          for (const [field, { secretRef, version, updatedAt }] of stored) {
            const record = this.#store.sealValue(secretRef ?? '', 'connection', version, values[field] ?? '');
            addSecret.run(id, field, secretRef, version, Date.parse(updatedAt ?? ''), record);
          }
        }
      })
      .immediate();
  }

  /** Stores a decision that stands. */
  allowAlways(who: Principal, request: RequestOf<'access.request'>): void {
    const provider = this.#target(request.connectionId, request.field).provider;
    const grant = {
      id: `grt_${randomBytes(13).toString('hex')}`,
      principal_id: who.principalId,
      role: who.role,
      connection_id: request.connectionId,
      field: request.field,
      decision: 'allow',
      lifetime: 'always',
      reason: request.reason,
      terms: provider.terms,
      created_at: Date.now(),
      expires_at: null,
    };
    this.#store.database
      .prepare('INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)')
      .run(...Object.values(grant), this.#macOfGrant(grant));
  }

  /** A page of connections, as the contract says it. */
  list(request: RequestOf<'connections.list'>): List {
    this.#checkList(request);
    const limit = request.limit ?? 200;
    const rows = this.#page.all(request.cursor ?? '', limit + 1) as ConnectionRow[];
    const more = rows.length > limit;
    if (more) rows.pop();
    const [first, last] = [rows[0], rows.at(-1)];
    const answer: List = { items: first && last ? this.#shown(rows, first.id, last.id) : [] };
    if (more && last) answer.nextCursor = last.id;
    this.#checkListed(answer);
    return answer;
  }

  /** A handle, on the ground of a grant that stands. */
  request(who: Principal, request: RequestOf<'access.request'>): Issued {
    return this.requestAll(who, [request])[0] as Issued;
  }

  /** The same for several in one transaction with one seal: what an author can do who has them all at hand. */
  requestAll(who: Principal, requests: RequestOf<'access.request'>[]): Issued[] {
    for (const request of requests) this.#checkRequest(request);
    return this.#requestInOne.immediate(who, requests).map((binding) => {
      const handle = `hdl_${randomBytes(32).toString('base64url')}`;
      this.#handles.set(digestOf(handle), binding);
      const issued: Issued = { handle, lifetime: 'always', expiresAt: timeOf(binding.expiresAt) };
      this.#checkIssued(issued);
      return issued;
    });
  }

  release(handle: string): void {
    this.#handles.delete(digestOf(handle));
  }

  /** Hands the plaintext to `action` once its entry is committed, and wipes it. */
  redeem<T>(handle: string, reason: string, action: (plaintext: Buffer) => T): T {
    return this.redeemAll([handle], reason, action)[0] as T;
  }

  redeemAll<T>(handles: string[], reason: string, action: (plaintext: Buffer) => T): T[] {
    if (reason.length === 0 || reason.length > 500) throw new Error('INVALID_REQUEST');
    const bindings = handles.map((handle) => {
      const binding = this.#handles.get(digestOf(handle));
      if (binding === undefined || binding.expiresAt <= Date.now()) throw new Error('HANDLE_INVALID');
      return binding;
    });
    const plaintexts = this.#redeemInOne.immediate(bindings, reason);
    try {
      return plaintexts.map(action);
    } finally {
      for (const plaintext of plaintexts) plaintext.fill(0);
    }
  }

  #shown(rows: readonly ConnectionRow[], first: string, last: string): Connection[] {
    const secrets = this.#secretsOfPage.all(first, last) as SecretRow[];
    let next = 0;
    return rows.map((row) => {
      const own: SecretRow[] = [];
      for (let secret = secrets[next]; secret?.connection_id === row.id; secret = secrets[next]) {
        own.push(secret);
        next += 1;
      }
      return this.#view(row, own);
    });
  }

  #view(row: ConnectionRow, own: readonly SecretRow[]): Connection {
    const provider = this.#provider(row.provider_id);
    const fields = JSON.parse(row.fields) as Connection['fields'];
    const secrets: Connection['secrets'] = {};
    for (const field of provider.secretFields) {
      secrets[field] = { secretRef: null, hasValue: false, version: 0, updatedAt: null };
    }
    for (const { field, secret_id, version, updated_at, has_value } of own) {
      secrets[field] = { secretRef: secret_id, hasValue: has_value === 1, version, updatedAt: timeOf(updated_at) };
    }
    const fits = provider.fits(fields) && provider.requiredSecrets.every((field) => secrets[field]?.hasValue === true);
    const misfit = { path: '', code: 'misfit', message: 'does not fit its provider any more' };
    return {
      id: row.id,
      providerId: row.provider_id,
      scope: row.scope,
      workspaceId: row.workspace_id,
      displayName: row.display_name,
      fields,
      secrets,
      revision: row.revision,
      createdAt: timeOf(row.created_at),
      updatedAt: timeOf(row.updated_at),
      lastUsedAt: row.last_used_at === null ? null : timeOf(row.last_used_at),
      lastTest: row.last_test === null ? null : (JSON.parse(row.last_test) as Connection['lastTest']),
      needsAttention: fits ? null : { issues: [misfit] },
    };
  }

  /** Read from its row each time, and parsed and compiled when the row says something new. */
  #provider(id: string): Provider {
    const row = this.#manifest.get(id) as { manifest: string } | undefined;
    if (row === undefined) throw new Error('NOT_FOUND');
    const known = this.#providers.get(id);
    if (known?.manifest === row.manifest) return known;
    const info = JSON.parse(row.manifest) as ProviderInfo;
    const { properties, required = [] } = info.schema;
    const isSecret = (field: string): boolean => properties[field]?.writeOnly === true;
    const Ajv = loadAjv();
    const provider: Provider = {
      manifest: row.manifest,
      info,
      terms: createHash('sha256')
        .update(JSON.stringify([info.auth, info.origins]))
        .digest(),
      secretFields: Object.keys(properties).filter(isSecret),
      requiredSecrets: required.filter(isSecret),
      fits: new Ajv({}).compile({
        type: 'object',
        properties: Object.fromEntries(Object.entries(properties).filter(([field]) => !isSecret(field))),
        required: required.filter((field) => !isSecret(field)),
        additionalProperties: false,
      }),
    };
    this.#providers.set(id, provider);
    return provider;
  }

  /** The connection, if its MAC is right, with one of its secrets. */
  #target(connectionId: string, field: string): Target {
    const row = this.#one.get(connectionId) as ConnectionRow | undefined;
    if (row === undefined) throw new Error('NOT_FOUND');
    const secrets = this.#secretsOfPage.all(connectionId, connectionId) as SecretRow[];
    const { id, provider_id, scope, workspace_id, display_name, revision, created_at, updated_at, fields } = row;
    const signed = [id, provider_id, scope, workspace_id, display_name, revision, created_at, updated_at, fields];
    const refs = secrets.map((secret) => [secret.field, secret.secret_id]);
    if (!timingSafeEqual(this.#store.macOf('connection', ...signed, refs), row.mac)) throw new Error('CORRUPT');
    const provider = this.#provider(provider_id);
    if (!provider.secretFields.includes(field)) throw new Error('INVALID_REQUEST');
    const secret = secrets.find((one) => one.field === field);
    if (secret?.has_value !== 1) throw new Error('NOT_FOUND');
    return { row, secret, provider };
  }

  #macOfGrant(grant: Omit<GrantRow, 'mac'>): Buffer {
    const { id, role, principal_id, connection_id, field, decision, lifetime, reason, created_at, expires_at } = grant;
    const who = [id, role, principal_id, connection_id, field];
    return this.#store.macOf(
      'grant',
      ...who,
      decision,
      lifetime,
      reason,
      grant.terms.toString('hex'),
      created_at,
      expires_at,
    );
  }

  #verified(grant: GrantRow | undefined): GrantRow {
    if (grant === undefined) throw new Error('CONSENT_DENIED'); // nobody is there to be asked
    if (!timingSafeEqual(this.#macOfGrant(grant), grant.mac)) throw new Error('CORRUPT');
    return grant;
  }

  #decide(who: Principal, request: RequestOf<'access.request'>, now: number, entries: Entry[]): Binding {
    const { connectionId, field, reason } = request;
    this.#expire.run(now);
    const { secret, provider } = this.#target(connectionId, field);
    const row = this.#standing.get(who.principalId, who.role, connectionId, field) as GrantRow | undefined;
    const grant = this.#verified(row);
    if (grant.decision !== 'allow' || !grant.terms.equals(provider.terms)) throw new Error('CONSENT_DENIED');
    const secretId = secret.secret_id;
    entries.push({ ...who, action: 'access.request', connectionId, secretId, field, reason, detail: grant.id });
    const expiresAt = now + HANDLE_TTL_MS;
    return { who, connectionId, field, secretId, version: secret.version, grantId: grant.id, expiresAt };
  }

  #open(binding: Binding, reason: string, now: number, entries: Entry[]): Buffer {
    const { who, connectionId, field, secretId, version } = binding;
    const grant = this.#verified(this.#grant.get(binding.grantId) as GrantRow | undefined);
    const bound =
      grant.decision === 'allow' &&
      grant.principal_id === who.principalId &&
      grant.role === who.role &&
      grant.connection_id === connectionId &&
      grant.field === field;
    const { secret, provider } = this.#target(connectionId, field);
    const same = secret.secret_id === secretId && secret.version === version && grant.terms.equals(provider.terms);
    if (!bound || !same) throw new Error('HANDLE_INVALID');
    const { record } = this.#record.get(connectionId, field) as { record: Buffer };
    const plaintext = this.#store.openValue(secretId, 'connection', version, record);
    this.#touchGrant.run(now, grant.id);
    this.#touchSecret.run(secretId, now);
    this.#touchConnection.run(connectionId, now);
    entries.push({ ...who, action: 'access.redeem', connectionId, secretId, field, reason, detail: null });
    return plaintext;
  }
}
