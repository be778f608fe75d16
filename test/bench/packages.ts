/**
 * The packages that ours is compared with. They are installed by `npm run bench` alone, so they are loaded when it
 * runs, and only what is used of them is typed here.
 */
import { createRequire } from 'node:module';

export interface SqliteStatement {
  run(...parameters: unknown[]): unknown;
  get(...parameters: unknown[]): unknown;
  all(...parameters: unknown[]): unknown[];
}

export interface SqliteConnection {
  prepare(sql: string): SqliteStatement;
  pragma(text: string): unknown;
  exec(sql: string): void;
  transaction<A extends unknown[], R>(work: (...args: A) => R): { immediate(...args: A): R };
  close(): void;
}

interface KeyringOptions {
  linux: { store: 'secret-service' };
}

interface Keyring {
  Entry: new (
    service: string,
    name: string,
    options: KeyringOptions,
  ) => { setPassword(password: string): void; getPassword(): string | null; deletePassword(): boolean };
  AsyncEntry: new (service: string, name: string, options: KeyringOptions) => { getPassword(): Promise<string | null> };
}

type AjvConstructor = new (options: object) => { compile(schema: object): (value: unknown) => boolean };

const load = createRequire(__filename);

export const loadSqlite = () => load('better-sqlite3') as new (file: string) => SqliteConnection;
export const loadKeyring = () => load('@napi-rs/keyring') as Keyring;
export const loadAjv = () => (load('ajv/dist/2020') as { default: AjvConstructor }).default;

/** The installed version of a package, ours or theirs. */
export function versionOf(name: string): string {
  return (load(`${name}/package.json`) as { version: string }).version;
}
