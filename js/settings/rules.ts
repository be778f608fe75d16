/** The rules of the contracts, checked while one types. The core checks every one of them again. */

import { t } from './messages.js';

interface Length {
  readonly min: number;
  readonly max: number;
}

/** Taken from the generated schemas of the contracts when the page is bundled. */
declare const __STRONGROOM_RULES__: {
  readonly name: Length;
  readonly value: Length;
  readonly envKey: string;
  readonly pairs: number;
  readonly pairKey: Length;
  readonly pairValue: Length;
};

export const rules = __STRONGROOM_RULES__;

const kEnvKey = new RegExp(rules.envKey, 'u');

/** The number of code points, which is what the contracts count. */
export function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** What is wrong with a text of a limited length, or undefined; `empty` says that it is too short. */
export function lengthProblem(text: string, length: Length, empty: string): string | undefined {
  if (/\p{Cs}/u.test(text)) return t('rule.malformed');
  const count = lengthOf(text);
  if (count < length.min) return empty;
  return count > length.max ? t('rule.long', { max: length.max, over: count - length.max }) : undefined;
}

/** What is wrong with the name of a secret or connection, or undefined. */
export function nameProblem(name: string): string | undefined {
  return lengthProblem(name, rules.name, t('rule.name.empty'));
}

/** What is wrong with a secret's value, or undefined. */
export function valueProblem(value: string): string | undefined {
  return lengthProblem(value, rules.value, t('rule.value.empty'));
}

/** What is wrong with an environment key, or undefined; the field may be left empty. */
export function envKeyProblem(key: string): string | undefined {
  if (key === '' || kEnvKey.test(key)) return undefined;
  if (/^[0-9_]/.test(key)) return t('rule.envKey.start');
  if (/[a-z]/.test(key) && kEnvKey.test(key.toUpperCase())) return t('rule.envKey.case');
  return lengthOf(key) > 100 ? t('rule.long', { max: 100, over: lengthOf(key) - 100 }) : t('rule.envKey.characters');
}

/** One line of the metadata editor. */
export interface Pair {
  readonly id: number;
  readonly key: string;
  readonly value: string;
}

/** What is wrong with one metadata line among all; a line left empty is passed over. */
export function pairProblem(pair: Pair, all: readonly Pair[]): string | undefined {
  if (pair.key === '' && pair.value === '') return undefined;
  if (pair.key === '__proto__') return t('rule.pair.reserved');
  if (all.some((other) => other.id < pair.id && other.key === pair.key)) return t('rule.pair.twice');
  return lengthProblem(pair.key, rules.pairKey, t('rule.pair.key')) ?? lengthProblem(pair.value, rules.pairValue, '');
}
