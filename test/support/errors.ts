import assert from 'node:assert/strict';
import type { ErrorCode } from '../../contracts/index.js';
import { StrongroomError } from '../../js/main/index.js';

/** Asserts that `work` fails with a StrongroomError of this code, and gives the error. */
export async function failsWith(code: ErrorCode, work: Promise<unknown> | (() => unknown)): Promise<StrongroomError> {
  let value: unknown;
  try {
    value = await (typeof work === 'function' ? work() : work);
  } catch (error) {
    assert.ok(error instanceof StrongroomError, `expected ${code}, got ${String(error)}`);
    assert.equal(error.code, code, `${error.code}: ${error.message} ${JSON.stringify(error.issues ?? [])}`);
    return error;
  }
  assert.fail(`expected ${code}, but it gave ${JSON.stringify(value)}`);
}

/** The issues of an INVALID_REQUEST as `path code`, sorted. */
export function places(error: StrongroomError): string[] {
  return (error.issues ?? []).map((issue) => `${issue.path} ${issue.code}`).sort();
}
