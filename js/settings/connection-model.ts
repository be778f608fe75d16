/** What a form for a connection holds, and how it becomes a message: plain functions, nothing that draws. */

import type { Connection, FieldSchema, FieldValue, ProviderInfo } from '../../contracts/index.js';
import { collator, locales, t } from './messages.js';
import { lengthProblem, rules } from './rules.js';

/**
 * What stands in the form's fields: text as it was typed (of an enum the JSON of the value), or whether a box is ticked.
 * A field that is not in it was left alone.
 */
export type Raw = Readonly<Record<string, string | boolean>>;

/** What a person has typed about a connection, secrets excepted: those stand in their input elements alone. */
export interface Draft {
  readonly name: string;
  readonly raw: Raw;
}

/** A property of a provider's schema. */
export interface Field {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly label: string;
  readonly required: boolean;
}

/** A member of what was read as JSON: a provider may call a field `constructor`, which every object inherits. */
export function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

/** What a number input says of text that is no number. */
export const kNoNumber = 'NaN';

/** The fields of a provider, in its own order: those that are secret, or those that are not. */
export function fieldsOf(provider: ProviderInfo, secret: boolean): Field[] {
  const { properties, required = [] } = provider.schema;
  return Object.entries(properties)
    .filter(([, schema]) => (schema.writeOnly ?? false) === secret)
    .map(([name, schema]) => ({ name, schema, label: schema.title ?? name, required: required.includes(name) }));
}

/** The label of a field, also of one that the provider does not have any more. */
export function labelOf(provider: ProviderInfo | undefined, field: string): string {
  return own(provider?.schema.properties ?? {}, field)?.title ?? field;
}

/** The origin of the address in a field, where there is one: as the core sees it, of what can be asked over HTTP. */
export function originIn(value: FieldValue | undefined): readonly string[] {
  return typeof value === 'string' && /^https?:/i.test(value) && URL.canParse(value) ? [new URL(value).origin] : [];
}

/**
 * Where a provider lets a secret be sent, for people: with the addresses in `fields`, or, before there are any, in words
 * for what one enters.
 */
export function placesOf({ origins = [], auth }: ProviderInfo, fields?: Connection['fields']): string {
  const places = origins.flatMap((origin) => {
    if (typeof origin === 'string') return origin;
    return fields === undefined ? t('connection.to.entered') : originIn(own(fields, origin.fromField));
  });
  const starts = auth?.type === 'env' || auth?.type === 'stdin';
  return [...new Set(places)].join(', ') || t(starts ? 'connection.to.programs' : 'connection.terms.nowhere');
}

function rawOf(value: FieldValue, schema: FieldSchema | undefined): string | boolean {
  if (schema?.enum !== undefined) return JSON.stringify(value);
  return typeof value === 'boolean' ? value : String(value);
}

/** What a new form begins with: the defaults. */
export function newDraft(provider: ProviderInfo): Draft {
  const raw: Record<string, string | boolean> = {};
  for (const { name, schema } of fieldsOf(provider, false)) {
    if (schema.default !== undefined) raw[name] = rawOf(schema.default, schema);
  }
  return { name: provider.displayName, raw };
}

/** What the form of a connection begins with. */
export function draftOf(connection: Connection, provider: ProviderInfo | undefined): Draft {
  const raw: Record<string, string | boolean> = {};
  for (const [name, value] of Object.entries(connection.fields)) {
    raw[name] = rawOf(value, own(provider?.schema.properties ?? {}, name));
  }
  return { name: connection.displayName, raw };
}

/** The fields as a message carries them; those that are empty, or that the provider does not have, are left out. */
export function valuesOf(draft: Draft, provider: ProviderInfo): Record<string, FieldValue> {
  const values: Record<string, FieldValue> = {};
  for (const { name, schema, required } of fieldsOf(provider, false)) {
    const raw =
      own(draft.raw, name) ?? (schema.type === 'boolean' && schema.enum === undefined && required ? false : '');
    if (raw === '') continue;
    if (typeof raw === 'boolean') values[name] = raw;
    else if (schema.enum !== undefined) values[name] = JSON.parse(raw) as FieldValue;
    else values[name] = schema.type === 'string' ? raw : Number(raw);
  }
  return values;
}

/** Whether two connections, or a connection and a change to it, say the same about its name and fields. */
export function sameText(
  one: Pick<Connection, 'displayName' | 'fields'>,
  other: Pick<Connection, 'displayName' | 'fields'>,
): boolean {
  const names = Object.keys(one.fields);
  return (
    one.displayName === other.displayName &&
    names.length === Object.keys(other.fields).length &&
    names.every((name) => one.fields[name] === own(other.fields, name))
  );
}

/** Whether two drafts say the same; a box that was never ticked is not ticked. */
export function sameDraft(one: Draft, other: Draft): boolean {
  const names = new Set([...Object.keys(one.raw), ...Object.keys(other.raw)]);
  return (
    one.name === other.name && [...names].every((name) => (own(one.raw, name) || '') === (own(other.raw, name) || ''))
  );
}

/** What is wrong with what stands in a field, or undefined. The core has the last word. */
export function fieldProblem({ schema, required }: Field, raw: string | boolean | undefined): string | undefined {
  if (typeof raw === 'boolean') return undefined;
  if (raw === undefined || raw === '') {
    return required && (schema.type !== 'boolean' || schema.enum !== undefined) ? t('field.required') : undefined;
  }
  if (schema.enum !== undefined) {
    return schema.enum.some((value) => JSON.stringify(value) === raw) ? undefined : t('field.choose');
  }
  return schema.type === 'string' ? textProblem(schema, raw) : numberProblem(schema, raw);
}

function numberProblem(schema: FieldSchema, raw: string): string | undefined {
  const value = Number(raw);
  const shown = (bound: number): string => new Intl.NumberFormat(locales(), { useGrouping: false }).format(bound);
  if (!Number.isFinite(value)) return t('field.number');
  if (schema.type === 'integer' && !Number.isInteger(value)) return t('field.integer');
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && value < minimum) return t('field.minimum', { bound: shown(minimum) });
  if (maximum !== undefined && value > maximum) return t('field.maximum', { bound: shown(maximum) });
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return t('field.above', { bound: shown(exclusiveMinimum) });
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    return t('field.below', { bound: shown(exclusiveMaximum) });
  // 0.3 is a multiple of 0.1 to people, if not to floating point.
  const times = multipleOf === undefined ? 0 : value / multipleOf;
  if (Math.abs(times - Math.round(times)) > 1e-9) return t('field.multiple', { bound: shown(multipleOf ?? 1) });
  return undefined;
}

/** What is wrong with a text, or a secret that is being typed, or undefined. */
export function textProblem(schema: FieldSchema, text: string): string | undefined {
  const min = schema.minLength ?? 0;
  const max = Math.min(schema.maxLength ?? rules.value.max, rules.value.max);
  const problem = lengthProblem(text, { min, max }, t('field.short', { min }));
  if (problem !== undefined) return problem;
  if (schema.format === 'uri' && !URL.canParse(text)) return t('field.uri');
  if (schema.format === 'email' && !/^[^@\s]+@[^@\s]+$/.test(text)) return t('field.email');
  const [example] = schema.examples ?? [];
  if (schema.pattern !== undefined && misses(schema.pattern, text)) {
    return example === undefined || schema.writeOnly === true
      ? t('field.pattern')
      : t('field.pattern.like', { example: String(example) });
  }
  return undefined;
}

/**
 * Whether `text` does not match a provider's pattern. An extension wrote it, and a browser's regular expressions have no
 * limits: a pattern that could take long (groups that repeat, references, many loops) is left to the core, which has.
 */
function misses(pattern: string, text: string): boolean {
  const loops = pattern.match(/[*+]|\{\d+,\}/g)?.length ?? 0;
  if (text.length > 256 || loops > 2 || /\)[*+{]|\\[1-9k]|\(\?[=!<]/.test(pattern)) return false;
  try {
    return !new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}

/** By name as people sort, then by id. */
export function byName(): (one: Connection, other: Connection) => number {
  const { compare } = collator();
  return (one, other) => compare(one.displayName, other.displayName) || (one.id < other.id ? -1 : 1);
}

/** For each provider, the connection that is used in the workspace instead of the user's: the oldest one of its own. */
export function overrides(connections: Iterable<Connection>, workspaceId: string | undefined): Map<string, Connection> {
  const found = new Map<string, Connection>();
  if (workspaceId === undefined) return found;
  for (const connection of connections) {
    if (connection.workspaceId !== workspaceId) continue;
    const other = found.get(connection.providerId);
    // Ids sort by the time they were made.
    if (other === undefined || connection.id < other.id) found.set(connection.providerId, connection);
  }
  return found;
}
