import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles, staleFiles } from '../../contracts/generate.js';

test('the checked-in schemas are those of the channel table', () => {
  assert.deepEqual(staleFiles(join(__dirname, '../..')), []);
});

test('a missing or different file is stale', () => {
  const empty = mkdtempSync(join(tmpdir(), 'strongroom-contracts-'));
  try {
    assert.deepEqual(staleFiles(empty), [...generatedFiles().keys()]);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
