/** Where a store is when nobody says. Shared by the command line, `npm start` and the loopback host. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * The store directory: `STRONGROOM_DIR` if it is set, otherwise `strongroom` in the user's data directory
 * (`XDG_DATA_HOME` if that is an absolute path, as the XDG specification asks, otherwise `~/.local/share`).
 * An absolute path; nothing is created.
 */
export function defaultStoreDir(env: NodeJS.ProcessEnv = process.env): string {
  const chosen = env.STRONGROOM_DIR;
  if (chosen) return resolve(chosen);
  const data = env.XDG_DATA_HOME;
  return join(data && isAbsolute(data) ? data : join(env.HOME || homedir(), '.local', 'share'), 'strongroom');
}

/**
 * The app that a store belongs to when nobody says: the same for `npm start` and the command line, so that one opens
 * the other's store. An app gives its own id, and `--app-id` names it on the command line.
 */
export const DEFAULT_APP_ID = 'org.strongroom.host';
/** What people see in their keyring for it. */
export const DEFAULT_APP_NAME = 'Strongroom';
