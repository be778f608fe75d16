/**
 * The strings of the contracts. Lengths are Unicode code points (Zod counts them since 4.6, as JSON Schema does), and
 * text with a lone surrogate is refused, since UTF-8 has no form for it. Every string of a contract comes from here, or
 * has a pattern or an enum: z.string() alone would take what the core refuses.
 */
import * as z from 'zod';

/** The number of code points of `text`, or undefined if it has a lone surrogate. */
export function countCodePoints(text: string): number | undefined {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const next = text.charCodeAt(i + 1);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return undefined;
      i += 1;
    }
    count += 1;
  }
  return count;
}

/** Unicode text of `min` to `max` code points. */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
    .max(max, `must have at most ${max} characters`)
    .refine((text) => countCodePoints(text) !== undefined, 'has a lone surrogate, so it is not Unicode text');
}

/**
 * A plaintext on its way in: text of `min` to `max` code points, marked `writeOnly`, so that the addon moves it into
 * secure memory and never into an ordinary value. Only requests may use it.
 */
export function secretText(min: number, max: number) {
  return text(min, max).meta({ writeOnly: true });
}

/** An id: `prefix`, then 26 digits of Crockford base32 (a UUIDv7, so ids sort by the time they were made). */
export function idOf(prefix: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}[0-7][0-9A-HJKMNP-TV-Z]{25}$`), `must be an id that starts with ${prefix}`);
}

const DAY_OF_YEAR = [
  // 29 February of the years that have one
  '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29',
  '[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))',
].join('|');

/** A moment: `2026-11-21T23:47:05.123Z`, ISO 8601, UTC, milliseconds, on a day that exists. */
export const time = z
  .string()
  .regex(
    new RegExp(`^(?:${DAY_OF_YEAR})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z$`),
    'must be a time like 2026-11-21T23:47:05.123Z',
  );

/** Where a list goes on: opaque, taken from `nextCursor` of the page before. */
export const cursor = text(1, 1024);

/** The size of a page; 200 when it is left out. */
export const pageLimit = z.int().min(1).max(500);

/** A page of a list; without `nextCursor` it is the last one. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item).max(500), nextCursor: cursor.optional() });
}

/**
 * String pairs: at most `maxPairs`, keys and values of bounded length. A key `__proto__` is refused: JavaScript gives
 * it a meaning of its own, and z.record would pass over it in silence.
 */
export function stringPairs(limits: { pairs: number; keyMin: number; keyMax: number; valueMax: number }) {
  return z
    .custom<Record<string, string>>(
      (pairs) => typeof pairs !== 'object' || pairs === null || !Object.hasOwn(pairs, '__proto__'),
      {
        message: 'must not have a key __proto__',
      },
    )
    .pipe(
      z
        .record(text(limits.keyMin, limits.keyMax), text(0, limits.valueMax))
        .refine((pairs) => Object.keys(pairs).length <= limits.pairs, {
          message: `has more than ${limits.pairs} entries`,
        })
        .meta({
          maxProperties: limits.pairs,
          propertyNames: {
            type: 'string',
            minLength: limits.keyMin,
            maxLength: limits.keyMax,
            not: { const: '__proto__' },
          },
        }),
    );
}
