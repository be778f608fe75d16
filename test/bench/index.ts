/** `npm run bench`: see README.md in this folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { privateKeyring } from '../support/keyring.js';
import { AccessBench, GRANTS, PAGE_ROWS } from './access.js';
import { JavaScriptStore } from './javascript-store.js';
import { runEach } from './jobs.js';
import type { Pace } from './measure.js';
import { NativeBench } from './native.js';
import { versionOf } from './packages.js';
import { measurePage } from './page.js';
import { compareReads } from './read.js';
import { type FigureGroup, formatReport, type Group, machineOf, type Report } from './report.js';
import { CleanUp } from './scope.js';
import { AT_A_TIME, KEYRING_ITEMS, UseBench } from './use.js';
import { CHANNELS, measureValidation, requests } from './validation.js';

interface Settings {
  secrets: number;
  valueBytes: number;
  /** Of the shorter and of the longer list. */
  connections: readonly [number, number];
  pace: Pace;
  page: { lists: readonly number[]; scrolled: number; runs: number; scrollSeconds: number };
}

const FULL: Settings = {
  secrets: 10_000,
  valueBytes: 100,
  connections: [200, 100_000],
  pace: { rounds: 11, turnMs: 200 },
  page: { lists: [200, 10_000], scrolled: 10_000, runs: 9, scrollSeconds: 4 },
};
const QUICK: Settings = {
  secrets: 1_000,
  valueBytes: 100,
  connections: [200, 2_000],
  pace: { rounds: 3, turnMs: 40 },
  page: { lists: [200, 2_000], scrolled: 2_000, runs: 3, scrollSeconds: 1 },
};

function say(text: string): void {
  process.stderr.write(`strongroom: ${text}\n`);
}

type Name = 'use' | 'read' | 'validation' | 'access' | 'page';

/** What the benchmarks of one run share. */
interface Run {
  readonly settings: Settings;
  readonly dir: string;
  readonly cleanUp: CleanUp;
  readonly groups: Group[];
  readonly figures: FigureGroup[];
}

async function measureUse({ settings, dir, cleanUp, groups }: Run): Promise<void> {
  say(`filling the stores with ${settings.secrets} secrets …`);
  const keyring = await privateKeyring(cleanUp);
  // Read by the clients of the Secret Service in this process when they connect, which none has done yet.
  process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
  const bench = await UseBench.create(cleanUp, path.join(dir, 'use'), settings);
  const sizes = `a ${settings.valueBytes}-byte secret out of ${settings.secrets.toLocaleString('en')}`;
  for (const durability of ['full', 'normal'] as const) {
    say(`use, durability ${durability} …`);
    const { sequential, concurrent } = await bench.measure(durability, settings.pace);
    groups.push(
      {
        name: `use-sequential-${durability}`,
        title: `Use of ${sizes}, one after the other, durability ${durability}`,
        unit: 'use',
        results: sequential,
      },
      {
        name: `use-${AT_A_TIME}-${durability}`,
        title: `Use of ${sizes}, ${AT_A_TIME} at a time, durability ${durability}`,
        unit: 'use',
        results: concurrent,
      },
    );
  }
}

async function measureAccess({ settings, dir, cleanUp, groups, figures }: Run): Promise<void> {
  const { connections, pace } = settings;
  for (const count of connections) {
    const many = count.toLocaleString('en');
    say(`filling the stores with ${many} connections …`);
    let told = 0;
    const bench = await AccessBench.create(cleanUp, path.join(dir, `access-${count}`), count, (done) => {
      if (done - told < 10_000) return;
      told = done;
      say(`  ${done.toLocaleString('en')} connections`);
    });
    const { seconds } = bench.fill;
    figures.push({
      name: `create-${count}`,
      title: `Creating ${many} connections, 512 at a time, durability normal (measured once)`,
      figures: [{ name: 'all of them', unit: 's', values: [seconds] }],
    });
    say('list …');
    groups.push({
      name: `list-${count}`,
      title: `The first ${PAGE_ROWS} of ${many} connections`,
      unit: 'page',
      results: await bench.measureList(pace),
    });
    if (count !== connections[1]) continue;
    say('granting access …');
    await bench.grant();
    for (const durability of ['full', 'normal'] as const) {
      say(`access, durability ${durability} …`);
      const { request, redeem } = await bench.measureAccess(durability, pace);
      const among = `among ${GRANTS} grants and ${many} connections`;
      for (const [job, title, results] of [
        ['request', `access.request with a standing grant, ${among}`, request],
        ['redeem', `Redeeming a handle, ${among}`, redeem],
      ] as const) {
        const [oneByOne, atOnce] = results;
        groups.push(
          {
            name: `${job}-sequential-${durability}`,
            title: `${title}, one after the other, durability ${durability}`,
            unit: job,
            results: oneByOne,
          },
          {
            name: `${job}-${AT_A_TIME}-${durability}`,
            title: `${title}, ${AT_A_TIME} at a time, durability ${durability}`,
            unit: job,
            results: atOnce,
          },
        );
      }
    }
  }
}

/** Runs the benchmarks `names` with stores below `dir`. */
async function measure(names: readonly Name[], settings: Settings, dir: string, cleanUp: CleanUp): Promise<Report> {
  const { pace } = settings;
  const run: Run = { settings, dir, cleanUp, groups: [], figures: [] };
  const { groups } = run;
  let native: NativeBench | undefined;
  let starting: Promise<NativeBench> | undefined;
  const startNative = async (): Promise<NativeBench> => {
    const messages = path.join(dir, 'messages.json');
    writeFileSync(messages, JSON.stringify(requests()));
    say('building the native benchmark program …');
    NativeBench.build();
    native = await NativeBench.start(cleanUp, path.join(dir, 'native'), settings, messages);
    return native;
  };
  const nativeBench = (): Promise<NativeBench> => (starting ??= startNative());
  let browser: string | undefined;

  const jobs: Record<Name, () => Promise<void>> = {
    use: () => measureUse(run),
    read: async () => {
      const bench = await nativeBench();
      say('read in the core …');
      groups.push({
        name: 'read',
        title: `Read and decrypt of a ${settings.valueBytes}-byte secret out of ${settings.secrets.toLocaleString('en')} in the core, no audit`,
        unit: 'read',
        results: await compareReads(bench, pace),
      });
    },
    validation: async () => {
      const bench = await nativeBench();
      for (const channel of CHANNELS) {
        say(`validation of ${channel} …`);
        groups.push({
          name: `validation-${channel}`,
          title: `Validation of a request of ${channel}`,
          unit: 'message',
          results: await measureValidation(channel, bench, pace),
        });
      }
    },
    access: () => measureAccess(run),
    page: async () => {
      const measured = await measurePage(cleanUp, path.join(dir, 'page'), settings.page, say);
      run.figures.push(...measured.groups);
      browser = measured.browser;
    },
  };
  const failed = await runEach(
    names.map((name) => [name, jobs[name]] as const),
    say,
  );
  return {
    date: new Date().toISOString(),
    machine: machineOf(dir),
    versions: {
      Node: process.versions.node,
      ...(native === undefined ? {} : { 'SQLite (strongroom)': native.libraries.sqlite }),
      'SQLite (better-sqlite3)': JavaScriptStore.sqliteVersion(),
      ...(native === undefined ? {} : { 'OpenSSL (strongroom)': native.libraries.openssl }),
      'OpenSSL (Node)': process.versions.openssl,
      'better-sqlite3': versionOf('better-sqlite3'),
      '@napi-rs/keyring': versionOf('@napi-rs/keyring'),
      Zod: versionOf('zod'),
      Ajv: versionOf('ajv'),
      ...(browser === undefined ? {} : { Chromium: browser }),
    },
    settings: {
      secrets: settings.secrets,
      'bytes of each': settings.valueBytes,
      connections: settings.connections.join(' and '),
      grants: GRANTS,
      'items in the keyring': KEYRING_ITEMS,
      'at a time': AT_A_TIME,
      rounds: pace.rounds,
      'ms for each turn': pace.turnMs,
      'runs of the page': settings.page.runs,
    },
    groups,
    figures: run.figures,
    failed,
  };
}

async function main(): Promise<number> {
  // `npm run bench` has read them before us, and has answered --help.
  const { benchOptions } = await import('./options.mjs');
  const { names, quick, json } = benchOptions(process.argv.slice(2));

  // On the disk of the checkout: the system's temporary folder may be in memory, where a sync costs nothing.
  const base = path.resolve(__dirname, '../../build/bench');
  mkdirSync(base, { recursive: true });
  const dir = mkdtempSync(path.join(base, 'run-'));
  const cleanUp = new CleanUp();
  cleanUp.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp.run().finally(() => process.exit(130)));
  }
  try {
    const report = await measure(names, quick ? QUICK : FULL, dir, cleanUp);
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
    return report.failed.length === 0 ? 0 : 1;
  } finally {
    await cleanUp.run();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  },
);
