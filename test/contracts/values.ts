/**
 * Values to try on a schema: valid ones, the same mutated at each place, and random mutations of those. They are what
 * a message can consist of: plain objects, arrays, strings, numbers, booleans, null and undefined. The same seed
 * gives the same values.
 */
import fc from 'fast-check';
import { countCodePoints } from '../../contracts/index.js';
import { Random } from '../support/random.js';

export type Json = { readonly [key: string]: unknown };

/** Sets an own property, also one named `__proto__`. */
export function put(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  const out = {};
  for (const [key, member] of Object.entries(value)) put(out, key, copy(member));
  return out;
}

const HIGH = '\ud83d';
const LOW = '\ude00';
const EMOJI = HIGH + LOW;
// One, two, three and four bytes of UTF-8; a combining mark, a noncharacter, the ends of the planes, line breaks.
const CHARACTERS = [
  ...[
    'a',
    'Z',
    '0',
    '_',
    '.',
    '~',
    '/',
    '"',
    '\\',
    ' ',
    '\n',
    '\r',
    '\t',
    '\0',
    '\u007f',
    '\u0080',
    'é',
    'ß',
    '\u07ff',
  ],
  ...[
    '\u0301',
    '\u0800',
    '€',
    '\u2028',
    '\ud7ff',
    '\ue000',
    '\ufeff',
    '\ufffd',
    '\uffff',
    '\u{10000}',
    EMOJI,
    '\u{10ffff}',
  ],
];

/** Text of exactly `length` code points. */
function textOf(random: Random, length: number): string {
  const style = random.below(4);
  if (style === 0) return 'a'.repeat(length);
  if (style === 1) return EMOJI.repeat(length);
  let out = '';
  const pool = Array.from({ length: 8 }, () => random.pick(CHARACTERS));
  for (let i = 0; i < length; i += 1) out += random.pick(pool);
  return out;
}

/** Text with a lone surrogate somewhere, `length` code points if each lone one is counted as one. */
function brokenText(random: Random, length: number): string {
  const lone = random.pick([HIGH, LOW, '\udbff', '\udc00']);
  const before = random.below(Math.max(length, 1));
  // Only letters beside it, so that it stays alone.
  return 'a'.repeat(before) + lone + 'a'.repeat(Math.max(length - before - 1, 0));
}

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = {};
  for (let i = 1; i < depth; i += 1) value = wrap(value);
  return value;
}

const parsed = (json: string): unknown => JSON.parse(json);

/** Values that are wrong nearly everywhere, each made anew. */
const ODD_VALUES: readonly (() => unknown)[] = [
  ...[undefined, null, true, false, 0, -0, 1, -1, 2, 0.5, 1.5, -1e-9, 1e21, 5e-324, Number.MAX_VALUE].map(
    (v) => () => v,
  ),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((v) => () => v),
  ...[2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53) + 1, -(2 ** 53), 2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64].map(
    (v) => () => v,
  ),
  ...[
    '',
    ' ',
    'a',
    '0',
    '1',
    'null',
    'true',
    '\0',
    '\n',
    EMOJI,
    HIGH,
    LOW,
    LOW + HIGH,
    `${HIGH}a${LOW}`,
    '__proto__',
  ].map((v) => () => v),
  () => [],
  () => [null],
  () => [undefined],
  () => new Array(3),
  () => [[]],
  () => ({}),
  () => ({ a: undefined }),
  () => ({ a: 'b' }),
  () => ({ '': '' }),
  () => ({ length: 0 }),
  // What is neither a number nor can become one where a size is expected.
  () => ({ length: { toString: 'y', valueOf: 'z' } }),
  () => ({ size: Object.create(null), length: Object.create(null) }),
  () => ({ 0: 'a', 1: 'b' }),
  () => ({ constructor: 'x', toString: 'y', hasOwnProperty: 'z' }),
  () => ({ [HIGH]: 'a' }),
  () => ({ a: LOW }),
  () => parsed('{"__proto__":"x"}'),
  () => parsed('{"__proto__":null}'),
  () => parsed('{"__proto__":{"a":"b"}}'),
  () => parsed('{"__proto__":{"a":"\\ud83d"}}'),
  () => Object.create(null),
  () => nested(8, (inner) => ({ a: inner })),
  () => nested(30, (inner) => [inner]),
  () => nested(200, (inner) => ({ a: inner })),
];

const EXTRA_KEYS = [
  'extra',
  '',
  'ID',
  ' id',
  'id ',
  '__proto__',
  'constructor',
  'toString',
  '0',
  HIGH,
  EMOJI,
  'a\0',
  '$ref',
  'value',
];

/** Every number that stands in the schema as a limit, with its neighbours: where lengths and sizes matter. */
function limitsIn(schema: unknown, found = new Set<number>()): Set<number> {
  if (typeof schema === 'object' && schema !== null) {
    for (const [keyword, inner] of Object.entries(schema)) {
      if (typeof inner === 'number' && inner <= 20_000) {
        for (const near of [inner - 1, inner, inner + 1]) if (near >= 0) found.add(near);
      } else {
        limitsIn(inner, found);
      }
      if (keyword === 'pattern')
        for (const size of String(inner).matchAll(/\{(?:\d+,)?(\d+)\}/g)) limitsIn({ size: Number(size[1]) }, found);
    }
  }
  return found;
}

/** A place in a value: the object or array, and the key there. */
interface Place {
  holder: object;
  key: string | number;
}

/** About how much of what a message may have (1 MiB, 10,000 values) this takes. */
function weightOf(value: unknown): { bytes: number; values: number } {
  const weight = { bytes: 8, values: 1 };
  if (typeof value === 'string') weight.bytes += 3 * value.length;
  if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const inner = weightOf(member);
      weight.bytes += inner.bytes + 3 * key.length;
      weight.values += inner.values;
    }
  }
  return weight;
}

function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (Array.isArray(value)) {
    // Long arrays repeat themselves; their ends are enough.
    for (const i of new Set([0, 1, value.length - 1])) {
      if (i < 0 || i >= value.length) continue;
      found.push({ holder: value, key: i });
      placesIn(value[i], found);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      found.push({ holder: value, key });
      placesIn(member, found);
    }
  }
  return found;
}

const objectsIn = (root: { value: unknown }) =>
  placesIn(root)
    .map(({ holder, key }) => (holder as never)[key] as unknown)
    .filter((value): value is object => typeof value === 'object' && value !== null);

export class Values {
  readonly #schema: Json;
  readonly #random: Random;
  readonly #limits: readonly number[];
  readonly #matching = new Map<string, readonly string[]>();

  constructor(schema: Json, seed: number) {
    this.#schema = schema;
    this.#random = new Random(seed);
    this.#limits = [...limitsIn(schema)].sort((a, b) => a - b);
  }

  /** All values: `count` at least; more if the places of the schema need more. */
  *all(count: number): Generator<unknown> {
    let made = 0;
    for (const value of this.#everyPlace()) {
      made += 1;
      yield value;
    }
    while (made < count) {
      made += 1;
      yield this.#random.chance(3) ? this.valid() : this.#mutated();
    }
  }

  /** A value made to be valid. */
  valid(everything = false): unknown {
    return this.#make(this.#schema, everything);
  }

  #make(schema: Json, everything: boolean): unknown {
    const random = this.#random;
    const branches = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
    if (branches !== undefined)
      return this.#make(everything ? (branches[0] as Json) : random.pick(branches), everything);
    if ('const' in schema) return schema.const;
    if (schema.enum !== undefined) return random.pick(schema.enum as unknown[]);
    const types = [schema.type].flat() as string[];
    switch (everything ? types[0] : random.pick(types)) {
      case 'null':
        return null;
      case 'boolean':
        return random.chance(2);
      case 'integer':
      case 'number':
        return this.#number(schema);
      case 'string':
        return this.#string(schema);
      case 'array':
        return this.#array(schema, everything);
      case 'object':
        return this.#object(schema, everything);
      case undefined:
        // Anything at all; kept small, as what it is does not matter.
        if (Object.keys(schema).length === 0) return this.#random.pick([null, true, 7, 'a', ['b'], { c: 'd' }]);
        throw new Error(`no values for ${JSON.stringify(schema)}`);
      default:
        throw new Error(`no values for ${JSON.stringify(schema)}`);
    }
  }

  #number(schema: Json): number {
    const minimum = (schema.minimum as number | undefined) ?? -(2 ** 53) + 1;
    const maximum = (schema.maximum as number | undefined) ?? 2 ** 53 - 1;
    const random = this.#random;
    const any = minimum + random.below(Math.min(maximum - minimum + 1, 2 ** 31));
    return random.pick([minimum, minimum + 1, any, any, maximum - 1, maximum]);
  }

  #string(schema: Json): string {
    const random = this.#random;
    if (schema.pattern !== undefined) {
      const pattern = schema.pattern as string;
      let matching = this.#matching.get(pattern);
      if (matching === undefined) {
        matching = fc.sample(fc.stringMatching(new RegExp(pattern)), {
          numRuns: 300,
          seed: random.below(2 ** 31),
        });
        this.#matching.set(pattern, matching);
      }
      return random.pick(matching);
    }
    const min = (schema.minLength as number | undefined) ?? 0;
    const max = (schema.maxLength as number | undefined) ?? 50;
    const short = min + random.below(Math.min(max - min, 20) + 1);
    // The limits themselves are tried often where they are cheap, and now and then where they are not.
    return textOf(random, random.chance(max > 500 ? 20 : 4) ? random.pick([min, min + 1, max - 1, max]) : short);
  }

  #array(schema: Json, everything: boolean): unknown[] {
    const max = Math.min((schema.maxItems as number | undefined) ?? 3, 3);
    const size = everything ? max : this.#random.below(max + 1);
    return Array.from({ length: size }, () => this.#make(schema.items as Json, everything));
  }

  #object(schema: Json, everything: boolean): object {
    const random = this.#random;
    const out = {};
    const required = (schema.required as string[] | undefined) ?? [];
    for (const [key, inner] of Object.entries((schema.properties as Record<string, Json> | undefined) ?? {})) {
      const optional = !required.includes(key);
      if (optional && !everything && random.chance(2)) {
        if (random.chance(4)) put(out, key, undefined); // an optional key with undefined counts as absent
      } else {
        put(out, key, this.#make(inner, everything));
      }
    }
    if (typeof schema.additionalProperties === 'object') {
      const max = (schema.maxProperties as number | undefined) ?? 4;
      const size = everything ? 2 : random.pick([0, 1, 2, 3, max - 1, max]);
      const names = (schema.propertyNames ?? {
        type: 'string',
        maxLength: 10,
      }) as Json;
      while (Object.keys(out).length < size) {
        put(out, this.#string(names), this.#make(schema.additionalProperties as Json, everything));
      }
    }
    return out;
  }

  /** One valid value with everything in it, changed in every way at every place. */
  *#everyPlace(): Generator<unknown> {
    const base = { value: this.valid(true) };
    yield base.value;
    const places = placesIn(base).length;
    for (let at = 0; at < places; at += 1) {
      for (const change of this.#changes()) {
        const root = copy(base) as { value: unknown };
        const place = placesIn(root)[at] as Place;
        if (change(place)) yield root.value;
      }
    }
    const objects = objectsIn(base).length;
    for (let at = 0; at < objects; at += 1) {
      for (const key of EXTRA_KEYS) {
        for (const extra of [undefined, null, 'x', {}]) {
          const root = copy(base) as { value: unknown };
          put(objectsIn(root)[at] as object, key, extra);
          yield root.value;
        }
      }
    }
  }

  /** The changes to try at a place; each says whether it applies there. */
  *#changes(): Generator<(place: Place) => boolean> {
    const random = this.#random;
    for (const odd of ODD_VALUES) yield (place) => this.#replace(place, odd());
    yield ({ holder, key }) => !Array.isArray(holder) && Reflect.deleteProperty(holder, key);
    for (const limit of this.#limits) {
      yield (place) => this.#resize(place, limit);
      if (limit <= 1100) {
        yield (place) => this.#replaceString(place, () => textOf(random, limit));
        yield (place) => this.#replaceString(place, () => brokenText(random, limit));
      }
    }
    for (let i = 0; i < 6; i += 1) yield (place) => this.#replaceString(place, (text) => this.#editText(text));
  }

  #replace({ holder, key }: Place, value: unknown): boolean {
    put(holder, String(key), value);
    return true;
  }

  #replaceString({ holder, key }: Place, edit: (text: string) => string): boolean {
    const text = (holder as never)[key] as unknown;
    if (typeof text !== 'string') return false;
    put(holder, String(key), edit(text));
    return true;
  }

  /** Gives what stands at a place the size `limit`: a number that value, text that length, an array or record so many. */
  #resize({ holder, key }: Place, limit: number): boolean {
    const value = (holder as never)[key] as unknown;
    if (typeof value === 'number') {
      put(holder, String(key), limit);
    } else if (typeof value === 'string') {
      put(holder, String(key), EMOJI.repeat(limit));
    } else if (Array.isArray(value)) {
      const { bytes, values } = weightOf(value[0]);
      // Larger ones are no messages: they are refused before any schema is asked.
      if (value.length === 0 || bytes * limit > 900_000 || values * limit > 9_000) return false;
      put(
        holder,
        String(key),
        Array.from({ length: limit }, () => value[0]),
      );
    } else if (typeof value === 'object' && value !== null) {
      if (limit > 200) return false;
      const out = {};
      for (let i = 0; i < limit; i += 1) put(out, `k${i}`, 'v');
      put(holder, String(key), out);
    } else {
      return false;
    }
    return true;
  }

  #editText(text: string): string {
    const random = this.#random;
    const at = random.below(text.length + 1);
    switch (random.below(6)) {
      case 0:
        return text.slice(0, at) + random.pick(CHARACTERS) + text.slice(at);
      case 1:
        return text.slice(0, at) + text.slice(at + 1); // may halve a surrogate pair
      case 2:
        return `${text}\n`;
      case 3:
        return text.slice(0, at) + random.pick([HIGH, LOW]) + text.slice(at);
      case 4:
        return random.chance(2) ? text.toLowerCase() : text.toUpperCase();
      default:
        return text.slice(0, at) + random.pick(CHARACTERS) + text.slice(at + 1);
    }
  }

  #mutated(): unknown {
    const random = this.#random;
    const root = { value: this.valid() };
    for (let i = random.below(3); i >= 0; i -= 1) {
      const place = random.pick(placesIn(root));
      switch (random.below(6)) {
        case 0:
          put(place.holder, String(place.key), random.pick(ODD_VALUES)());
          break;
        case 1:
          if (!Array.isArray(place.holder) && place.holder !== root) Reflect.deleteProperty(place.holder, place.key);
          break;
        case 2:
          this.#resize(
            place,
            random.pick(this.#limits.length > 0 ? this.#limits.filter((limit) => limit <= 1100) : [0]),
          );
          break;
        case 3: {
          const objects = objectsIn(root);
          if (objects.length > 0) put(random.pick(objects), random.pick(EXTRA_KEYS), random.pick(ODD_VALUES)());
          break;
        }
        default:
          this.#replaceString(place, (text) =>
            random.chance(6) ? brokenText(random, countCodePoints(text) ?? 1) : this.#editText(text),
          );
      }
    }
    return root.value;
  }
}
