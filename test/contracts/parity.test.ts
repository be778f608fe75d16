/**
 * Zod, which the pages and the TypeScript side read, and the native validator, which decides, give the same verdict on
 * every value a message can consist of. Objects that are not plain (dates, buffers, maps) are outside of this: the
 * addon refuses what it can tell, and no transport carries them.
 *
 * The values are the same in each run (test/support/random.ts); STRONGROOM_PARITY_VALUES sets how many each schema gets
 * (default 3000).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import * as z from 'zod';
import { jsonSchemaOf } from '../../contracts/generate.js';
import { type Contract, contracts } from '../../contracts/index.js';
import { stringPairs, text } from '../../contracts/text.js';
import { compileSchema } from '../../js/schema/index.js';
import { seedFor } from '../support/random.js';
import { Values } from './values.js';

const seed = seedFor('parity');
const count = Number(process.env.STRONGROOM_PARITY_VALUES ?? 3000);

interface Outcome {
  values: number;
  valid: number;
  /** The first values on which the two disagree, described. */
  differences: string[];
}

/** What Zod says of `value`. Throwing is a third verdict, and agrees with none of the core's. */
function verdictOf(zod: z.ZodType, value: unknown): { verdict: 'valid' | 'invalid' | 'nothing'; why: unknown } {
  try {
    const { success, error } = zod.safeParse(value);
    return { verdict: success ? 'valid' : 'invalid', why: error?.issues };
  } catch (error) {
    return { verdict: 'nothing', why: String(error) };
  }
}

function compare(zod: z.ZodType, jsonSchema: object, values: number, most = 5): Outcome {
  const native = compileSchema(jsonSchema);
  const outcome: Outcome = { values: 0, valid: 0, differences: [] };
  for (const value of new Values(jsonSchema as never, seed).all(values)) {
    const left = verdictOf(zod, value);
    const right = native.validate(value);
    // What is larger than a message may be is refused before any schema is asked.
    if (right.issues[0]?.code === 'limit') continue;
    outcome.values += 1;
    if (right.valid) outcome.valid += 1;
    assert.equal(right.valid, right.issues.length === 0, 'a verdict has issues exactly when it is negative');
    const expected = right.valid ? 'valid' : 'invalid';
    if (left.verdict !== expected) {
      const shown = inspect(value, {
        depth: 8,
        breakLength: Number.POSITIVE_INFINITY,
        maxStringLength: 200,
      });
      outcome.differences.push(
        `Zod says ${left.verdict}, native ${expected}: ${shown.slice(0, 1500)} ${JSON.stringify(left.why ?? right.issues).slice(0, 500)}`,
      );
    }
    if (outcome.differences.length === most) break;
  }
  return outcome;
}

for (const [channel, contract] of Object.entries(contracts as Record<string, Contract>)) {
  for (const side of ['request', 'response'] as const) {
    test(`Zod and the core agree on the ${side} of ${channel}`, () => {
      const { values, valid, differences } = compare(contract[side], jsonSchemaOf(contract[side]), count);
      assert.deepEqual(differences, [], `STRONGROOM_SEED=${seed}`);
      assert.ok(values > count * 0.8);
      // Enough of both verdicts, or agreement would mean little. An empty object has few valid forms.
      const share = valid / values;
      assert.ok(share > 0.05 && share < 0.95, `${Math.round(share * 100)} % of the values were valid`);
    });
  }
}

test('the comparison notices each way in which a contract could come apart', () => {
  const sound = {
    name: text(1, 100),
    pairs: stringPairs({ pairs: 32, keyMin: 1, keyMax: 64, valueMax: 1000 }),
  };
  const schema = jsonSchemaOf(z.strictObject({ ...sound, count: z.int().min(0).max(500).optional() }));
  const strict = { ...sound, count: z.int().min(0).max(500).optional() };
  const unsound: Record<string, z.ZodType> = {
    'lengths in UTF-16 units': z.strictObject({ ...strict, name: text(1, 100).refine((s) => s.length <= 100) }),
    'lengths of what is no text': z.strictObject({ ...strict, name: z.string().min(1).max(100).pipe(sound.name) }),
    'lone surrogates': z.strictObject({ ...strict, name: z.string().min(1).max(100) }),
    '__proto__ as a key of a record': z.strictObject({
      ...strict,
      pairs: z.record(text(1, 64), text(0, 1000)).refine((pairs) => Object.keys(pairs).length <= 32),
    }),
    'unknown keys': z.object(strict),
    'a limit off by one': z.strictObject({
      ...strict,
      count: z.int().min(0).max(501).optional(),
    }),
    fractions: z.strictObject({
      ...strict,
      count: z.number().min(0).max(500).optional(),
    }),
    'null for absent': z.strictObject({
      ...strict,
      count: z.int().min(0).max(500).nullish(),
    }),
    'undefined for absent': z.strictObject({
      ...strict,
      count: z
        .int()
        .min(0)
        .max(500)
        .optional()
        .refine((v) => v !== undefined),
    }),
    'a required key': z.strictObject({
      ...strict,
      name: sound.name.optional(),
    }),
  };
  assert.deepEqual(compare(z.strictObject(strict), schema, count).differences, []);
  for (const [name, zod] of Object.entries(unsound)) {
    assert.notDeepEqual(compare(zod, schema, count, 1).differences, [], name);
  }
});
