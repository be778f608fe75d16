/** The files of the built page: read once, served from memory, so that no request ever names a path on disk. */

import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** One served file. */
export interface PageFile {
  readonly type: string;
  /** A Uint8Array of memory that is not shared, as every TypeScript writes it: the argument came with 5.7. */
  readonly bytes: ReturnType<InstanceType<typeof TextEncoder>['encode']>;
}

const kTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The workspace that the app has open. */
export interface PageWorkspace {
  readonly id: string;
  readonly name: string;
}

/**
 * Reads the page's folder (flat; only the types above) into a map from URL path to file; `/` is index.html, which tells
 * the page of the workspace.
 * @throws Error when the folder cannot be read or has no index.html.
 */
export async function readPage(folder: string, workspace?: PageWorkspace): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const type = kTypes[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    files.set(`/${entry.name}`, { type, bytes: new Uint8Array(await readFile(join(folder, entry.name))) });
  }
  const index = files.get('/index.html');
  if (index === undefined) throw new Error('The folder of the Settings page has no index.html; build it first.');
  if (workspace === undefined) return files.set('/', index);
  const meta = `<meta name="strongroom-workspace" data-id="${escaped(workspace.id)}" content="${escaped(workspace.name)}">`;
  // Not a replacement pattern: a name may hold "$&".
  const text = new TextDecoder().decode(index.bytes).replace('</head>', () => `${meta}</head>`);
  const told = { type: index.type, bytes: new TextEncoder().encode(text) };
  return files.set('/', told).set('/index.html', told);
}

/** Text as the value of an attribute in double quotes. */
function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => names[character] ?? character);
}
