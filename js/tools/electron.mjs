// The Electron binary, if there is one: npm installs none here, as install scripts do not run
// (`node node_modules/electron/install.js` fetches it).
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './shell.mjs';

/** Its path, or undefined. ELECTRON_OVERRIDE_DIST_PATH names a folder with one, as for the electron package itself. */
export function electronBinary() {
  const record = path.join(root, 'node_modules/electron/path.txt');
  const recorded = existsSync(record) ? readFileSync(record, 'utf8').trim() : undefined;
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const name = recorded ?? names[process.platform] ?? 'electron';
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? path.join(root, 'node_modules/electron/dist');
  const binary = path.join(folder, name);
  return existsSync(binary) ? binary : undefined;
}

/** Arguments that it needs here: Chromium's sandbox does not start for root. */
export function electronArguments() {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

/** Whether windows can be shown. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}
