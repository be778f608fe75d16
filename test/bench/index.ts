/** `npm run bench`: see README.md in this folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { privateKeyring } from '../support/keyring.js';
import { JavaScriptVault } from './javascript-vault.js';
import type { Pace } from './measure.js';
import { NativeBench } from './native.js';
import { versionOf } from './packages.js';
import { compareReads } from './read.js';
import { formatReport, type Group, machineOf, type Report } from './report.js';
import { CleanUp } from './scope.js';
import { AT_A_TIME, KEYRING_ITEMS, UseBench } from './use.js';
import { CHANNELS, measureValidation, requests } from './validation.js';

const NAMES = ['use', 'read', 'validation'] as const;
type Name = (typeof NAMES)[number];

const USAGE = `usage: npm run bench -- [options]

  --only <name>  one of: ${NAMES.join(', ')} (may be given more than once)
  --quick        fewer secrets and fewer, shorter rounds: to see that it works, not to quote
  --json         the figures as JSON on standard output
  --help         this text
`;

interface Settings {
  secrets: number;
  valueBytes: number;
  pace: Pace;
}

const FULL: Settings = { secrets: 10_000, valueBytes: 100, pace: { rounds: 11, turnMs: 200 } };
const QUICK: Settings = { secrets: 1_000, valueBytes: 100, pace: { rounds: 3, turnMs: 40 } };

function say(text: string): void {
  process.stderr.write(`strongroom: ${text}\n`);
}

/** Runs the benchmarks `names` with stores below `dir`. */
async function measure(names: readonly Name[], settings: Settings, dir: string, cleanUp: CleanUp): Promise<Report> {
  const { pace } = settings;
  const groups: Group[] = [];
  const messages = path.join(dir, 'messages.json');
  writeFileSync(messages, JSON.stringify(requests()));
  say('building the native benchmark program …');
  NativeBench.build();
  const native = await NativeBench.start(cleanUp, path.join(dir, 'native'), settings, messages);

  if (names.includes('use')) {
    say(`filling the stores with ${settings.secrets} secrets …`);
    const keyring = await privateKeyring(cleanUp);
    // Read by the clients of the Secret Service in this process when they connect, which none has done yet.
    process.env.DBUS_SESSION_BUS_ADDRESS = keyring.env.DBUS_SESSION_BUS_ADDRESS;
    const bench = await UseBench.create(cleanUp, path.join(dir, 'use'), settings);
    const sizes = `a ${settings.valueBytes}-byte secret out of ${settings.secrets.toLocaleString('en')}`;
    for (const durability of ['full', 'normal'] as const) {
      say(`use, durability ${durability} …`);
      const { sequential, concurrent } = await bench.measure(durability, pace);
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
  if (names.includes('read')) {
    say('read in the core …');
    groups.push({
      name: 'read',
      title: `Read and decrypt of a ${settings.valueBytes}-byte secret out of ${settings.secrets.toLocaleString('en')} in the core, no audit`,
      unit: 'read',
      results: await compareReads(native, pace),
    });
  }
  if (names.includes('validation')) {
    for (const channel of CHANNELS) {
      say(`validation of ${channel} …`);
      groups.push({
        name: `validation-${channel}`,
        title: `Validation of a request of ${channel}`,
        unit: 'message',
        results: await measureValidation(channel, native, pace),
      });
    }
  }
  return {
    date: new Date().toISOString(),
    machine: machineOf(dir),
    versions: {
      Node: process.versions.node,
      'SQLite (strongroom)': native.libraries.sqlite,
      'SQLite (better-sqlite3)': JavaScriptVault.version(),
      'OpenSSL (strongroom)': native.libraries.openssl,
      'OpenSSL (Node)': process.versions.openssl,
      'better-sqlite3': versionOf('better-sqlite3'),
      '@napi-rs/keyring': versionOf('@napi-rs/keyring'),
      Zod: versionOf('zod'),
      Ajv: versionOf('ajv'),
    },
    settings: {
      secrets: settings.secrets,
      'bytes of each': settings.valueBytes,
      'items in the keyring': KEYRING_ITEMS,
      'at a time': AT_A_TIME,
      rounds: pace.rounds,
      'ms for each turn': pace.turnMs,
    },
    groups,
  };
}

async function main(): Promise<number> {
  let options: { only?: string[]; quick?: boolean; json?: boolean; help?: boolean };
  try {
    options = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const names = NAMES.filter((name) => options.only?.includes(name) ?? true);
  const unknown = options.only?.find((name) => !NAMES.some((known) => known === name));
  if (unknown !== undefined) {
    process.stderr.write(`there is no benchmark ${unknown}\n${USAGE}`);
    return 2;
  }

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
    const report = await measure(names, options.quick ? QUICK : FULL, dir, cleanUp);
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
  } finally {
    await cleanUp.run();
  }
  return 0;
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
