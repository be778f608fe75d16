/**
 * An example Electron app: the Settings pages in a sandboxed window, and one extension in a utility process. The store is
 * that of `npm start` (`STRONGROOM_DIR` chooses another).
 */
import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, protocol, shell, utilityProcess } from 'electron';
import { connectExtensionPort, electronConsentPrompt, registerStrongroomIpc } from '../electron/index.js';
import { kSecurityHeaders } from '../host/guard.js';
import { StrongroomError } from '../main/errors.js';
import { DEFAULT_APP_ID, DEFAULT_APP_NAME, defaultStoreDir } from '../main/paths.js';
import { openStrongroom, type Strongroom } from '../main/strongroom.js';
import { startEchoService } from './echo-service.js';
import { settingsPages } from './pages.js';
import { registerExampleProviders } from './providers.js';

const SCHEME = 'strongroom-example';
const ORIGIN = `${SCHEME}://settings`;

protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }]);

/** Serves the built Settings pages, and nothing else. */
async function servePages(): Promise<void> {
  const pages = await settingsPages();
  protocol.handle(SCHEME, ({ url }) => {
    const { host, pathname } = new URL(url);
    const file = host === 'settings' ? pages.get(pathname) : undefined;
    if (file === undefined) return new Response(null, { status: 404 });
    return new Response(file.bytes, { headers: { ...kSecurityHeaders, 'Content-Type': file.type } });
  });
}

function openSettings(): void {
  const window = new BrowserWindow({
    width: 1180,
    height: 760,
    webPreferences: {
      preload: join(__dirname, '..', 'preload', 'sandboxed.js'),
      sandbox: true,
      contextIsolation: true,
    },
  });
  // The window shows the Settings pages and never goes elsewhere; documentation opens in the person's browser.
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  window.webContents.setWindowOpenHandler(({ url }) => {
    if (url.startsWith('https://')) void shell.openExternal(url);
    return { action: 'deny' };
  });
  void window.loadURL(`${ORIGIN}/`);
}

async function startExtension(room: Strongroom): Promise<void> {
  const service = await startEchoService();
  const child = utilityProcess.fork(join(__dirname, 'extension.js'), [service.url], {
    serviceName: 'Example extension',
  });
  connectExtensionPort({ port: child, room, principalId: 'example.extension' });
}

async function main(): Promise<void> {
  const room = await openStrongroom({
    dir: defaultStoreDir(),
    appId: DEFAULT_APP_ID,
    appName: DEFAULT_APP_NAME,
    consent: electronConsentPrompt(dialog),
  });
  app.once('will-quit', (event) => {
    event.preventDefault();
    void room.close().finally(() => app.exit());
  });
  registerStrongroomIpc({ ipcMain, room, settingsOrigin: ORIGIN });
  await servePages();
  await registerExampleProviders(room);
  await startExtension(room);
  openSettings();
}

app.on('window-all-closed', () => app.quit());
app
  .whenReady()
  .then(main)
  .catch((error: unknown) => {
    const text = error instanceof StrongroomError ? `${error.code}: ${error.message}` : String(error);
    process.stderr.write(`strongroom: ${text}\n`);
    app.exit(3);
  });
