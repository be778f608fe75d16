/** What the tests of the host and of the page share: a real store in a folder of its own, and canaries. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Host, type HostOptions, startHost } from '../../js/host/index.js';
import { openStrongroom, type Strongroom } from '../../js/main/index.js';

/** Whoever runs a function later: a test, or a whole file through {@link FileScope}. */
interface Scope {
  after(step: () => unknown): void;
}

/** What a whole file shares: made in its `before`, taken down, last first, after its last test. */
export class FileScope implements Scope {
  readonly #steps: (() => unknown)[] = [];

  constructor() {
    after(async () => {
      for (const step of this.#steps.reverse()) await step();
    });
  }

  after(step: () => unknown): void {
    this.#steps.push(step);
  }
}

/** A folder that goes away after the test. */
export async function temporaryFolder(test: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-test-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A new store whose key is a master.key file beside it, so that no keyring of the machine is touched. */
export async function openRoom(test: Scope, dir?: string): Promise<Strongroom> {
  const folder = dir ?? join(await temporaryFolder(test), 'store');
  const room = await openStrongroom({ dir: folder, appId: 'org.strongroom.test', keyProviders: ['master-key-file'] });
  test.after(() => room.close().catch(() => undefined));
  return room;
}

/** A host that is closed after the test. */
export async function openHost(test: Scope, options: HostOptions): Promise<Host> {
  const host = await startHost(options);
  test.after(() => host.close());
  return host;
}

let pageFolder: Promise<string> | undefined;

/** The page, bundled from the sources once per process. */
export function builtPage(): Promise<string> {
  pageFolder ??= (async () => {
    const folder = await mkdtemp(join(tmpdir(), 'strongroom-page-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const { buildSettings } = (await import('../../js/settings/build.mjs')) as {
      buildSettings(outdir: string): Promise<unknown>;
    };
    await buildSettings(folder);
    return folder;
  })();
  return pageFolder;
}

/** A secret value that stands nowhere else in the world. */
export function newCanary(): string {
  return `canary-${randomBytes(18).toString('base64url')}`;
}

/** The first form in which `canary` stands in `bytes`: UTF-8, UTF-16, hex, or base64 at any of its three offsets. */
export function formFound(bytes: Uint8Array | string, canary: string): string | undefined {
  const haystack = Buffer.from(bytes as string);
  const plain = Buffer.from(canary);
  const forms: [string, Buffer][] = [
    ['UTF-8', plain],
    ['UTF-16LE', Buffer.from(canary, 'utf16le')],
    ['UTF-16BE', Buffer.from(canary, 'utf16le').swap16()],
    ['hex', Buffer.from(plain.toString('hex'))],
    ['HEX', Buffer.from(plain.toString('hex').toUpperCase())],
  ];
  for (const encoding of ['base64', 'base64url'] as const) {
    for (let offset = 0; offset < 3; offset += 1) {
      // The characters at both ends also hold bits of what stands before and after.
      const text = Buffer.concat([Buffer.alloc(offset), plain])
        .toString(encoding)
        .replace(/=+$/, '');
      forms.push([`${encoding} at ${offset}`, Buffer.from(text.slice(Math.ceil((offset * 8) / 6), -1))]);
    }
  }
  return forms.find(([, form]) => haystack.includes(form))?.[0];
}
