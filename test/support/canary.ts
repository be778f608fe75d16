/** Random plaintexts that can be recognised wherever they turn up. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A plaintext that nothing else contains: 40 random letters and digits, so that neither JSON nor CSV nor a URL writes
 * it in another way.
 */
export function canary(): string {
  return `canary${randomBytes(17).toString('hex')}`;
}

/** `bytes` in base64 as it stands inside a longer text, for each of the three places where it may begin there. */
function base64Alignments(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    // The characters that also hold bits of what stands before or after are left out.
    const first = offset === 0 ? 0 : offset + 1;
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    return text.slice(first, whole);
  });
}

/** Every spelling of `text` that is looked for, by name. */
export function spellings(text: string): Map<string, Buffer> {
  const utf8 = Buffer.from(text, 'utf8');
  const utf16le = Buffer.from(text, 'utf16le');
  const utf16be = Buffer.from(utf16le).swap16();
  const out = new Map<string, Buffer>([
    ['UTF-8', utf8],
    ['UTF-8, reversed', Buffer.from(utf8).reverse()],
    ['UTF-16LE', utf16le],
    ['UTF-16BE', utf16be],
  ]);
  for (const [name, bytes] of [
    ['UTF-8', utf8],
    ['UTF-16LE', utf16le],
  ] as const) {
    out.set(`hex of ${name}`, Buffer.from(bytes.toString('hex')));
    out.set(`upper-case hex of ${name}`, Buffer.from(bytes.toString('hex').toUpperCase()));
    for (const [offset, base64] of base64Alignments(bytes).entries()) {
      out.set(`base64 of ${name} at offset ${offset}`, Buffer.from(base64));
      out.set(
        `base64url of ${name} at offset ${offset}`,
        Buffer.from(base64.replaceAll('+', '-').replaceAll('/', '_')),
      );
    }
  }
  return out;
}

function findIn(bytes: Buffer, needles: Map<string, Buffer>): string | undefined {
  for (const [name, needle] of needles) if (bytes.includes(needle)) return name;
  return undefined;
}

/**
 * Where and in which spelling `text` stands in `haystack`; undefined if nowhere. A string is the path of a directory,
 * all of whose files (names included) are searched.
 */
export function containsCanary(haystack: Buffer | string, text: string): string | undefined {
  const needles = spellings(text);
  if (typeof haystack !== 'string') return findIn(haystack, needles);
  for (const entry of readdirSync(haystack, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const inName = findIn(Buffer.from(entry.name), needles);
    if (inName) return `the name of ${path} (${inName})`;
    if (!entry.isFile()) continue;
    const inContent = findIn(readFileSync(path), needles);
    if (inContent) return `${path} (${inContent})`;
  }
  return undefined;
}
