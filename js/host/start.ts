/**
 * What `npm start` runs when everything is built: a store and the Settings page on it, until interrupted.
 *
 * Standard output gets one line, `Settings: http://127.0.0.1:<port>/#<token>`; everything else goes to standard error.
 * `STRONGROOM_DIR` chooses the store, `PORT` the port; `STRONGROOM_EXAMPLE=0` leaves out the example: providers to begin
 * with, a service on this machine and an extension that uses it. Exit codes: 0 after SIGINT or SIGTERM, 2 for a setting that makes
 * no sense, 3 when the store or the port cannot be had.
 */

import { type Example, startExample } from '../example/in-thread.js';
import { StrongroomError } from '../main/errors.js';
import { DEFAULT_APP_ID, DEFAULT_APP_NAME, defaultStoreDir } from '../main/paths.js';
import { openStrongroom, type Strongroom } from '../main/strongroom.js';
import { type Host, startHost } from './index.js';

/** Signals within this time of the first one are the same wish. */
const kSameWishMs = 500;

/** A setting of the environment that makes no sense. */
class SettingError extends Error {}

function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new SettingError('PORT must be a number from 0 to 65535');
  return port;
}

/** One line that says what happened and, where there is one thing to do, what that is. */
function explain(error: unknown, port: number, dir: string): string {
  if (error instanceof SettingError) return `INVALID_REQUEST: ${error.message}`;
  if (error instanceof StrongroomError) return `${error.code}: ${error.message} (store: ${dir})`;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EADDRINUSE') return `EADDRINUSE: port ${port} is taken; choose another with PORT, or leave PORT out`;
  if (code === 'EACCES') return `EACCES: port ${port} may not be used; choose one above 1023 with PORT`;
  return `INTERNAL: ${error instanceof Error ? error.message : 'unknown failure'}`;
}

async function main(): Promise<void> {
  const dir = defaultStoreDir();
  let port = 0;
  let room: Strongroom | undefined;
  try {
    port = portFrom(process.env.PORT);
    room = await openStrongroom({ dir, appId: DEFAULT_APP_ID, appName: DEFAULT_APP_NAME });
    serve(room, await startHost({ room, port }), dir);
  } catch (error) {
    await room?.close().catch(() => undefined);
    process.stderr.write(`strongroom: ${explain(error, port, dir)}\n`);
    process.exitCode = error instanceof SettingError ? 2 : 3;
  }
}

function serve(room: Strongroom, host: Host, dir: string): void {
  const notices = new Set<string>();
  const tellNotices = (): void => {
    for (const { code, message } of room.status().notices) {
      if (notices.has(code)) continue;
      notices.add(code);
      process.stderr.write(`strongroom: notice: ${message}\n`);
    }
  };
  process.stderr.write(`strongroom: store ${dir}\n`);
  tellNotices();
  // The key is made with the first secret, and may come with something to know.
  room.on('lock', tellNotices);

  const example = startExampleOn(room, dir);
  let stoppedAt: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppedAt !== undefined) {
      // Of one Ctrl-C both the terminal and npm tell: only a second one means that the person does not want to wait.
      if (performance.now() - stoppedAt > kSameWishMs) process.exit(signal === 'SIGINT' ? 130 : 143);
      return;
    }
    stoppedAt = performance.now();
    void host
      .close()
      .then(() => example)
      .then((started) => started?.close())
      .then(() => room.close())
      .catch((error: unknown) => {
        process.stderr.write(`strongroom: ${explain(error, 0, dir)}\n`);
        process.exitCode = 3;
      });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.stdout.write(`Settings: ${host.url}/#${host.token}\n`);
}

/** The example is a guest: when it cannot start, the host goes on without it and says so. */
async function startExampleOn(room: Strongroom, dir: string): Promise<Example | undefined> {
  if (process.env.STRONGROOM_EXAMPLE === '0') return undefined;
  const say = (line: string): void => void process.stderr.write(`strongroom: ${line}\n`);
  try {
    return await startExample(room, say);
  } catch (error) {
    say(`the example is not running: ${explain(error, 0, dir)}`);
    return undefined;
  }
}

void main();
