/** Text for a terminal: what was stored by others must not be able to steer it, and columns must stand in line. */

// Controls (C0, DEL, C1), line and paragraph separators, marks and overrides of the writing direction, invisible
// format characters, and lone surrogates.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** `text` with everything that could move the cursor, colour the screen or reverse the line written as an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** The same for several lines: line breaks stay. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE, (character) => (character === '\n' ? character : escaped(character)));
}

/** JSON that is safe to show: JSON.stringify leaves DEL, C1 controls and direction overrides as they are. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// Characters that take two columns: East Asian wide and full-width forms, and emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const ZERO = /[\p{Mn}\p{Me}]/u;

/** How many columns `text` takes. */
export function columns(text: string): number {
  let count = 0;
  for (const character of text) count += ZERO.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return count;
}

/** `text` cut to `most` columns, with an ellipsis where it was cut. */
export function cut(text: string, most: number): string {
  if (columns(text) <= most) return text;
  let out = '';
  for (const character of text) {
    if (columns(out + character) > most - 1) break;
    out += character;
  }
  return `${out}…`;
}

/** Lines with aligned columns under a header; the last column is left ragged. Cells are made printable. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return aligned([header, ...rows]);
}

/** The same without a header. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => row.map(printable));
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => columns(line[column] ?? '')))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - columns(cell)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
