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

/**
 * The options of a check of length. Zod's `.min()` and `.max()` look at whatever has a `length`, text or not, and throw
 * where that has no number in it: `{"length":{"toString":1}}` (Zod 4.6). `when`, which its types leave out, stops that.
 */
function lengthOf(is: (value: unknown) => boolean, error: string) {
  return { when: ({ value }: { value: unknown }) => is(value), error };
}

const isText = (value: unknown) => typeof value === 'string';

/** For `.check()`: text has at most `max` code points. */
export function atMost(max: number) {
  return z.maxLength(max, lengthOf(isText, `must have at most ${max} characters`));
}

/** A list of at most `max` items, and at least `min`. */
export function listOf<T extends z.ZodType>(item: T, max: number, min = 0) {
  const list = z.array(item).check(z.maxLength(max, lengthOf(Array.isArray, `must have at most ${max} items`)));
  if (min === 0) return list;
  return list.check(z.minLength(min, lengthOf(Array.isArray, `must have at least ${min} items`)));
}

/** Unicode text of `min` to `max` code points. */
export function text(min: number, max: number) {
  const least = lengthOf(isText, min === 1 ? 'must not be empty' : `must have at least ${min} characters`);
  return z
    .string()
    .check(z.minLength(min, least), atMost(max))
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
  return z.strictObject({ items: listOf(item, 500), nextCursor: cursor.optional() });
}

/** The id of a connection. */
export const connectionId = idOf('con_');

/**
 * An origin: `https://host[:port]`, or `http://` with `localhost`, `127.0.0.1` or `[::1]`. Lower case, without a path;
 * the core refuses what it would not write so itself.
 */
export const origin = z
  .string()
  .check(atMost(300))
  .regex(
    /^(?:https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|https:\/\/\[[0-9a-f:.]+\]|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::[1-9][0-9]{0,4})?$/,
    'must be an origin such as https://api.example.com',
  );

/**
 * A record: at most `most` members. Where the pattern of `key` lets `__proto__` through, `keyJson` says what JSON Schema
 * is to say of a key; JavaScript gives it a meaning of its own, and z.record would pass over it in silence.
 */
export function recordOf<Key extends z.ZodString, Value extends z.ZodType>(
  key: Key,
  value: Value,
  most: number,
  keyJson?: object,
) {
  return z
    .custom<Record<string, z.infer<Value>>>(
      (record) => typeof record !== 'object' || record === null || !Object.hasOwn(record, '__proto__'),
      { message: 'must not have a key __proto__' },
    )
    .pipe(
      z
        .record(key as z.ZodType<string, string>, value as z.ZodType<z.infer<Value>, z.infer<Value>>)
        .refine((record) => Object.keys(record).length <= most, { message: `has more than ${most} entries` })
        .meta({ maxProperties: most, ...(keyJson === undefined ? {} : { propertyNames: keyJson }) }),
    );
}

/** String pairs: at most `maxPairs`, keys and values of bounded length. */
export function stringPairs(limits: { pairs: number; keyMin: number; keyMax: number; valueMax: number }) {
  const { pairs, keyMin, keyMax, valueMax } = limits;
  return recordOf(text(keyMin, keyMax), text(0, valueMax), pairs, {
    type: 'string',
    minLength: keyMin,
    maxLength: keyMax,
    not: { const: '__proto__' },
  });
}

/** The containers that may stand in one another in a message, the message itself counted. */
const MESSAGE_DEPTH = 32;

/** Whether `value` is what a message may hold, `depth` containers deep at most. */
function isMessageValue(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return countCodePoints(value) !== undefined;
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) return value.every((element) => isMessageValue(element, depth - 1));
  return Object.entries(value).every(
    ([key, inner]) => countCodePoints(key) !== undefined && isMessageValue(inner, depth - 1),
  );
}

/** Any JSON object, as a member of a message: what it means is for the core to find out. Requests only. */
export function jsonObject() {
  // Asked before Zod makes its own object of it, which has no key __proto__, and nothing that stood there.
  return z
    .custom<Record<string, unknown>>((value) => isMessageValue(value, MESSAGE_DEPTH - 1), {
      message: 'has text that is not Unicode, or is nested too deeply',
    })
    .pipe(z.looseObject({}));
}
