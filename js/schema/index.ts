/** `strongroom/schema`: the native JSON Schema validator. */
import type { Issue } from '../../contracts/index.js';
import { unwrap } from '../main/errors.js';
import { native } from '../main/native.js';

export interface Verdict {
  valid: boolean;
  /** What is wrong, at most 64 places; empty if the value is valid. Paths are JSON Pointers into the value. */
  issues: Issue[];
}

export interface CompiledSchema {
  /** Checks a value. Never throws: what is no JSON, or larger than a message may be, is an issue. */
  validate(value: unknown): Verdict;
}

/**
 * Compiles a JSON Schema (2020-12). Throws `INVALID_SCHEMA`, with the place and the reason, for a schema that has an
 * unknown or unsupported keyword, or a pattern or reference that does not compile.
 *
 * @example
 * const schema = compileSchema({ type: 'object', required: ['url'], properties: { url: { type: 'string', format: 'uri' } } });
 * const { valid, issues } = schema.validate({ url: 'https://example.com' });
 */
export function compileSchema(jsonSchema: unknown): CompiledSchema {
  const schema = unwrap(native.compileSchema(jsonSchema));
  return { validate: (value) => schema.validate(value) };
}
