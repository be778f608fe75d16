/** The addon, typed. Every answer is an envelope: the native side throws nothing into JavaScript. */
import path from 'node:path';
import loadAddon from 'node-gyp-build';
import type { Envelope, Issue, ProviderAuth, StatusInfo, StrongroomEvent } from '../../contracts/index.js';
import type { NativeOptions } from './options.js';

/** One thing that a diagnosis looked at. */
export interface DoctorCheck {
  /** A stable word: `permissions`, `store`, `integrity`, `key-provider:os-keyring`, `key-slots`, `audit` and so on. */
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

export interface NativeCaller {
  role: string;
  principalId: string;
  uses?: readonly string[];
}

/** Something that only JavaScript can do, between two entries of the audit log. `cancel` names one that is over. */
export interface NativeEffect {
  id: number;
  kind: 'fetch' | 'test' | 'consent' | 'cancel';
  request: unknown;
  secrets: { [name: string]: Buffer };
}

/** What came of an effect. */
export type NativeOutcome =
  | { ok: true; value: unknown; body?: Buffer }
  | { ok: false; error: { code: string; message: string; detail?: string | undefined } };

export interface NativeExport {
  /** The next piece of text, or null after the last. One call at a time. */
  next(): Promise<Envelope<string | null>>;
}

export interface NativeRoom {
  status(): Envelope<StatusInfo>;
  stats(): { commits: number; jobs: number };
  dispatch(
    caller: NativeCaller,
    channel: string,
    payload: unknown,
    /** A number from 1 that no other message has, for `withdraw`. */
    ticket?: number,
  ): Promise<Envelope<unknown>>;
  withdraw(ticket: number): Envelope<null>;
  sees(caller: NativeCaller, connectionId: string): Promise<Envelope<boolean>>;
  use(id: string, reason: string): Promise<Envelope<Buffer>>;
  reveal(id: string, reason: string): Promise<Envelope<string>>;
  redeem(
    handle: string,
    reason: string,
    /** Refuse, and use nothing up, unless the provider's auth is one for programs. */
    forProgram?: boolean,
  ): Promise<Envelope<{ plaintext: Buffer; connectionId: string; providerId: string; auth: ProviderAuth | null }>>;
  settle(id: number, outcome: NativeOutcome): Envelope<null>;
  setPrompting(prompting: boolean): Envelope<null>;
  setTester(providerId: string, present: boolean): Envelope<null>;
  unlock(): Promise<Envelope<null>>;
  lock(): Promise<Envelope<null>>;
  close(): Promise<Envelope<null>>;
  prune(): Promise<Envelope<{ removed: number }>>;
  exportAudit(format: string): Envelope<NativeExport>;
}

export interface NativeSchema {
  validate(value: unknown): { valid: boolean; issues: Issue[] };
}

export interface NativeBinding {
  readonly version: string;
  open(
    options: NativeOptions,
    onEvent: (event: StrongroomEvent) => void,
    onEffect: (effect: NativeEffect) => void,
  ): Promise<Envelope<NativeRoom>>;
  diagnose(options: NativeOptions): Promise<Envelope<DoctorReport>>;
  compileSchema(schema: unknown): Envelope<NativeSchema>;
}

/** The package's root: three folders up from dist/js/main, two from js/main (tests run the sources). */
function packageRoot(): string {
  const up = path.resolve(__dirname, '..', '..');
  return path.basename(up) === 'dist' ? path.dirname(up) : up;
}

/** Loads the addon: a prebuilt one, or what node-gyp built. */
export const native = loadAddon(packageRoot()) as NativeBinding;
