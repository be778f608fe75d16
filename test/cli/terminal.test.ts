import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineEditor } from '../../js/cli/input.js';
import { columns, cut, printable, printableJson, printableLines, table } from '../../js/cli/terminal.js';

test('what could steer a terminal is shown as an escape', () => {
  assert.equal(printable('a\x1b[31mb\x07\r\n\x7f'), 'a\\x1b[31mb\\x07\\x0d\\x0a\\x7f');
  assert.equal(printable('\u009b31m'), '\\x9b31m');
  assert.equal(printable('x\u202egpj.exe\u2066\u200b'), 'x\\u202egpj.exe\\u2066\\u200b');
  assert.equal(printable('\ud83d'), '\\ud83d');
  assert.equal(printable('Grüße 😀 日本'), 'Grüße 😀 日本');
  assert.equal(printableLines('a\nb\x1b'), 'a\nb\\x1b');
});

test('JSON for a terminal means the same and steers nothing', () => {
  const value = { name: '\u009b31m \u202e \x7f \x1b \n 😀', list: [1, null] };
  const text = printableJson(value);
  assert.deepEqual(JSON.parse(text), value);
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]/u);
});

test('columns stand in line, also beside wide and combining characters', () => {
  assert.equal(columns('日本e\u0301😀'), 7);
  const lines = table(
    ['A', 'B'],
    [
      ['日本', 'x'],
      ['e\u0301', 'y'],
      ['\x1b', 'z'],
    ],
  )
    .trimEnd()
    .split('\n');
  assert.deepEqual(
    lines.map((line) => columns(line.slice(0, line.search(/[Bxyz]$/)))),
    [6, 6, 6, 6],
  );
});

test('a long cell is cut to its width', () => {
  assert.equal(cut('short', 5), 'short');
  assert.equal(cut('longer', 5), 'long…');
  assert.equal(cut('日本語', 5), '日本…');
});

/** What `keys` make of an empty line, fed in pieces that end after each of `cuts`. */
function typed(keys: string, cuts: readonly number[] = []): { state: string; text: string; rest: string } {
  const editor = new LineEditor();
  let at = 0;
  for (const end of [...cuts, keys.length]) {
    const { state, rest } = editor.feed(keys.slice(at, end));
    if (state !== 'more') return { state, text: editor.text, rest };
    at = end;
  }
  return { state: 'more', text: editor.text, rest: '' };
}

test('the hidden prompt understands the keys that matter', () => {
  assert.deepEqual(typed('secret\r'), { state: 'done', text: 'secret', rest: '' });
  assert.deepEqual(typed('secrx\x7fet\n'), { state: 'done', text: 'secret', rest: '' });
  assert.deepEqual(typed('a😀\x7fb\r'), { state: 'done', text: 'ab', rest: '' });
  assert.deepEqual(typed('wrong\x15right\r'), { state: 'done', text: 'right', rest: '' });
  assert.deepEqual(typed('a\x1b[Db\x1bOAc\x1b[3~\td\r'), { state: 'done', text: 'abcd', rest: '' });
  assert.equal(typed('abc\x03').state, 'cancelled');
  assert.equal(typed('\x04').state, 'cancelled');
  assert.equal(typed('abc').state, 'more');
});

test('a paste keeps its lines, wherever the terminal cuts it', () => {
  const keys = '\x1b[200~line 1\rline 2\r\x1b[201~\r';
  for (let i = 1; i < keys.length; i += 1) {
    assert.deepEqual(typed(keys, [i]), { state: 'done', text: 'line 1\nline 2\n', rest: '' }, `cut at ${i}`);
  }
});

test('without bracketed paste, what follows the first line is noticed', () => {
  assert.deepEqual(typed('line 1\rrm -rf ~\r'), { state: 'done', text: 'line 1', rest: 'rm -rf ~\r' });
});
