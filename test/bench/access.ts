/** Listing connections, asking for access and redeeming handles, beside the same jobs in JavaScript. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Caller, RequestOf } from '../../contracts/index.js';
import { openStrongroom, type Strongroom } from '../../js/main/index.js';
import type { Scope } from '../support/directory.js';
import { createConnections, FIELD, PROVIDER } from './connections.js';
import { type Filled, type Issued, JavaScriptConnections, type Principal } from './javascript-connections.js';
import type { Durability } from './javascript-store.js';
import {
  batchedLoop,
  type Candidate,
  compare,
  type Pace,
  Picker,
  type Result,
  type Timed,
  timedLoop,
} from './measure.js';
import { AT_A_TIME } from './use.js';

const APP_ID = 'org.strongroom.bench';
const REASON = 'nightly sync of the issues';
const SETTINGS: Caller = { role: 'settings', principalId: 'settings' };
const EXTENSION: Principal = { role: 'extension', principalId: 'acme.tracker-sync' };

/** Rows of the page that is listed. */
export const PAGE_ROWS = 200;
/** Connections that an extension may use, each by a grant of its own. */
export const GRANTS = 500;
/** As many handles are given back at a time, while the clock stands. */
const HELD = 7 * AT_A_TIME;
/** As many requests of one principal may wait for a person at a time. */
const ASKED_AT_ONCE = 8;

/** What a user of a plaintext does with it here: next to nothing. */
function consume(plaintext: Buffer): number {
  return plaintext.length;
}

export interface Fill {
  connections: number;
  seconds: number;
}

/** Two stores with the same connections: ours, and the peer's. */
export class AccessBench {
  readonly #dir: string;
  readonly #peer: JavaScriptConnections;
  readonly #filled: readonly Filled[];
  readonly #granted: readonly RequestOf<'access.request'>[];
  readonly fill: Fill;
  #room: Strongroom | undefined;

  private constructor(dir: string, peer: JavaScriptConnections, filled: readonly Filled[], fill: Fill) {
    this.#dir = dir;
    this.#peer = peer;
    this.#filled = filled;
    this.#granted = new Picker(filled)
      .take(Math.min(GRANTS, filled.length))
      .map(({ connection }) => ({ connectionId: connection.id, field: FIELD, reason: REASON }));
    this.fill = fill;
  }

  /** Fills both stores below `dir` with the same connections. */
  static async create(
    scope: Scope,
    dir: string,
    connections: number,
    progress: (done: number) => void,
  ): Promise<AccessBench> {
    mkdirSync(dir, { mode: 0o700 });
    const room = await openRoom(path.join(dir, 'room'), 'normal');
    const start = process.hrtime.bigint();
    const filled = await createConnections(room, connections, progress);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const provider = await room.providers.get(PROVIDER.id);
    await room.close();
    const peer = new JavaScriptConnections(path.join(dir, 'javascript.db'));
    peer.fill(provider, filled);
    const bench = new AccessBench(dir, peer, filled, { connections, seconds });
    scope.after(() => bench.#close());
    return bench;
  }

  /** The first page through dispatch, as the Settings page asks for it. Reads: durability makes no difference. */
  async measureList(pace: Pace): Promise<Result[]> {
    const room = await this.#open('normal');
    const request = { limit: PAGE_ROWS };
    const rows = Math.min(PAGE_ROWS, this.#filled.length);
    const answer = await room.dispatch(SETTINGS, 'connections.list', request);
    assert.ok(answer.ok);
    assert.deepEqual(answer.value, this.#peer.list(request), 'both list the same');
    const results = await compare(
      [
        {
          name: 'strongroom',
          what: `room.dispatch of connections.list, ${rows} rows; read, checked and written off the JavaScript thread`,
          async run(count) {
            const start = process.hrtime.bigint();
            for (let i = 0; i < count; i += 1) {
              const page = await room.dispatch(SETTINGS, 'connections.list', request);
              assert.ok(page.ok);
            }
            return { count, ns: Number(process.hrtime.bigint() - start) };
          },
        },
        {
          name: 'better-sqlite3 + Ajv',
          what: 'two queries for the page and its secrets, on the JavaScript thread; checked as ours is',
          run: timedLoop(() => assert.equal(this.#peer.list(request).items.length, rows)),
        },
      ],
      pace,
    );
    await this.#closeRoom();
    return results;
  }

  /** Gives one principal a standing grant for each of some connections, in both stores: a person says yes each time. */
  async grant(): Promise<void> {
    const room = await this.#open('normal', true);
    for (let done = 0; done < this.#granted.length; done += ASKED_AT_ONCE) {
      const some = this.#granted.slice(done, done + ASKED_AT_ONCE);
      for (const { lifetime } of await Promise.all(some.map((one) => room.access.request({ ...EXTENSION, ...one })))) {
        assert.equal(lifetime, 'always');
      }
      for (const one of some) this.#peer.allowAlways(EXTENSION, one);
    }
    await this.#closeRoom();
  }

  /** Asking and redeeming at one durability: one after the other, and AT_A_TIME at once. */
  async measureAccess(durability: Durability, pace: Pace): Promise<Record<'request' | 'redeem', [Result[], Result[]]>> {
    const room = await this.#open(durability);
    this.#peer.setDurability(durability);
    const ours = await this.#handlesOfOurs(room);
    const theirs = this.#peer.requestAll(EXTENSION, [...this.#granted]).map(({ handle }) => handle);
    await this.#growLogs(room, ours, theirs);
    const results = {
      request: [
        await compare(this.#requestOneByOne(room), pace),
        await compare(this.#requestAtOnce(room), pace),
      ] satisfies [Result[], Result[]],
      redeem: [
        await compare(this.#redeemOneByOne(room, ours, theirs), pace),
        await compare(this.#redeemAtOnce(room, ours, theirs), pace),
      ] satisfies [Result[], Result[]],
    };
    for (const handle of theirs) this.#peer.release(handle);
    const verdict = await room.audit.verify();
    assert.ok(verdict.ok && verdict.sealChecked, 'the audit log of the measured store verifies');
    await this.#closeRoom();
    return results;
  }

  async #handlesOfOurs(room: Strongroom): Promise<string[]> {
    const issued = await Promise.all(this.#granted.map((one) => room.access.request({ ...EXTENSION, ...one })));
    return issued.map(({ handle }) => handle);
  }

  /** Writes until both write-ahead logs have been checkpointed and begun anew: see UseBench. */
  async #growLogs(room: Strongroom, ours: readonly string[], theirs: readonly string[]): Promise<void> {
    const mine = new Picker(ours);
    const peers = new Picker(theirs);
    for (let batch = 0; batch < 60; batch += 1) {
      await Promise.all(mine.take(AT_A_TIME).map((handle) => room.access.redeem(handle, { reason: REASON }, consume)));
      this.#peer.redeemAll(peers.take(AT_A_TIME), REASON, consume);
    }
  }

  /** Times `jobs`, which gives handles, for about `count` of them; gives them back while the clock stands. */
  static #issuing(
    size: number,
    jobs: () => Promise<Issued[]> | Issued[],
    giveBack: (handles: string[]) => Promise<unknown> | unknown,
  ): Candidate['run'] {
    return async (count): Promise<Timed> => {
      const batches = Math.max(1, Math.round(count / size));
      let ns = 0;
      for (let done = 0; done < batches; ) {
        const held: Issued[] = [];
        const until = Math.min(batches, done + Math.floor(HELD / size));
        const start = process.hrtime.bigint();
        for (; done < until; done += 1) held.push(...(await jobs()));
        ns += Number(process.hrtime.bigint() - start);
        await giveBack(held.map(({ handle }) => handle));
      }
      return { count: batches * size, ns };
    };
  }

  #requestOneByOne(room: Strongroom): Candidate[] {
    const ours = new Picker(this.#granted);
    const theirs = new Picker(this.#granted);
    return [
      {
        name: 'strongroom',
        what: 'room.access.request, awaited before the next',
        run: AccessBench.#issuing(
          1,
          async () => [await room.access.request({ ...EXTENSION, ...ours.next() })],
          (handles) => Promise.all(handles.map((handle) => room.access.release(handle))),
        ),
      },
      {
        name: 'better-sqlite3 + node:crypto + Ajv',
        what: 'one transaction for each, on the JavaScript thread',
        run: AccessBench.#issuing(
          1,
          () => [this.#peer.request(EXTENSION, theirs.next())],
          (handles) => handles.forEach((handle) => void this.#peer.release(handle)),
        ),
      },
    ];
  }

  #requestAtOnce(room: Strongroom): Candidate[] {
    const ours = new Picker(this.#granted);
    const theirs = new Picker(this.#granted);
    const batched = new Picker(this.#granted);
    const release = (handles: string[]) => handles.forEach((handle) => void this.#peer.release(handle));
    return [
      {
        name: 'strongroom',
        what: `${AT_A_TIME} calls of room.access.request, then all awaited`,
        run: AccessBench.#issuing(
          AT_A_TIME,
          () => Promise.all(ours.take(AT_A_TIME).map((one) => room.access.request({ ...EXTENSION, ...one }))),
          (handles) => Promise.all(handles.map((handle) => room.access.release(handle))),
        ),
      },
      {
        name: 'better-sqlite3 + node:crypto + Ajv',
        what: 'one transaction for each, as independent callers make them',
        run: AccessBench.#issuing(
          AT_A_TIME,
          () => theirs.take(AT_A_TIME).map((one) => this.#peer.request(EXTENSION, one)),
          release,
        ),
      },
      {
        name: 'the same, batched by hand',
        what: `one transaction and one seal for all ${AT_A_TIME}, by a caller who has them at hand`,
        run: AccessBench.#issuing(AT_A_TIME, () => this.#peer.requestAll(EXTENSION, batched.take(AT_A_TIME)), release),
      },
    ];
  }

  #redeemOneByOne(room: Strongroom, ofOurs: readonly string[], ofTheirs: readonly string[]): Candidate[] {
    const ours = new Picker(ofOurs);
    const theirs = new Picker(ofTheirs);
    return [
      {
        name: 'strongroom',
        what: 'room.access.redeem, awaited before the next',
        async run(count) {
          const options = { reason: REASON };
          const start = process.hrtime.bigint();
          for (let i = 0; i < count; i += 1) await room.access.redeem(ours.next(), options, consume);
          return { count, ns: Number(process.hrtime.bigint() - start) };
        },
      },
      {
        name: 'better-sqlite3 + node:crypto',
        what: 'one transaction for each, on the JavaScript thread',
        run: timedLoop(() => this.#peer.redeem(theirs.next(), REASON, consume)),
      },
    ];
  }

  #redeemAtOnce(room: Strongroom, ofOurs: readonly string[], ofTheirs: readonly string[]): Candidate[] {
    const ours = new Picker(ofOurs);
    const theirs = new Picker(ofTheirs);
    const batched = new Picker(ofTheirs);
    const options = { reason: REASON };
    return [
      {
        name: 'strongroom',
        what: `${AT_A_TIME} calls of room.access.redeem, then all awaited`,
        run: batchedLoop(AT_A_TIME, () =>
          Promise.all(ours.take(AT_A_TIME).map((handle) => room.access.redeem(handle, options, consume))),
        ),
      },
      {
        name: 'better-sqlite3 + node:crypto',
        what: 'one transaction for each, as independent callers make them',
        run: batchedLoop(AT_A_TIME, () => {
          for (const handle of theirs.take(AT_A_TIME)) this.#peer.redeem(handle, REASON, consume);
        }),
      },
      {
        name: 'the same, batched by hand',
        what: `one transaction and one seal for all ${AT_A_TIME}, by a caller who has them at hand`,
        run: batchedLoop(AT_A_TIME, () => this.#peer.redeemAll(batched.take(AT_A_TIME), REASON, consume)),
      },
    ];
  }

  async #open(durability: Durability, consenting = false): Promise<Strongroom> {
    const room = await openRoom(path.join(this.#dir, 'room'), durability, consenting);
    this.#room = room;
    await room.unlock();
    return room;
  }

  async #closeRoom(): Promise<void> {
    await this.#room?.close();
    this.#room = undefined;
  }

  async #close(): Promise<void> {
    await this.#closeRoom();
    this.#peer.close();
  }
}

function openRoom(dir: string, durability: Durability, consenting = false): Promise<Strongroom> {
  return openStrongroom({
    dir,
    appId: APP_ID,
    keyProviders: ['master-key-file'],
    audit: { durability },
    handleTtlMs: 24 * 60 * 60 * 1000,
    ...(consenting ? { consent: () => 'allow-always' } : {}),
  });
}
