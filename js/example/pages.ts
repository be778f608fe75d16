import { join } from 'node:path';
import { type PageFile, readPage } from '../host/page.js';

/** In place of the page's own script, which talks to the loopback host. */
const SCRIPT = `import './strongroom-settings.js';
document.querySelector('strongroom-settings').client = globalThis.strongroom;
`;

/** The built Settings pages, by path, for a window whose preload script has exposed `strongroom`. */
export async function settingsPages(
  folder = join(__dirname, '..', '..', 'settings'),
): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map(await readPage(folder));
  return files.set('/main.js', { type: 'text/javascript; charset=utf-8', bytes: new TextEncoder().encode(SCRIPT) });
}
