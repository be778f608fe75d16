/** Times and errors in words. */

import { html, nothing, type TemplateResult } from 'lit';
import type { ConsentRequest } from '../../contracts/index.js';
import { ClientError } from './client.js';
import { kept, locales, numbers, t, tOr } from './messages.js';

const kSteps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 minutes ago" within a week, the date after it; the exact time as tooltip. */
export function ago(iso: string | null): TemplateResult {
  if (iso === null) return html`<span class="muted">${t('list.never')}</span>`;
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  let text = kept('day', () => new Intl.DateTimeFormat(locales(), { dateStyle: 'medium' })).format(new Date(iso));
  if (seconds > -7 * 86_400 && seconds < 60) {
    const [unit, size] = kSteps.find(([, step]) => -seconds >= step) ?? ['second', 1];
    const amount = unit === 'second' ? 0 : -Math.floor(-seconds / size);
    text = kept('ago', () => new Intl.RelativeTimeFormat(locales(), { numeric: 'auto' })).format(amount, unit);
  }
  return html`<time datetime=${iso} title=${exactly(iso)}>${text}</time>`;
}

/** Date and time to the second, in the person's time zone. */
export function exactly(iso: string): string {
  return kept('moment', () => new Intl.DateTimeFormat(locales(), { dateStyle: 'medium', timeStyle: 'medium' })).format(
    new Date(iso),
  );
}

/** An error as a sentence: ours where the catalogue has one for its code, the core's message otherwise. */
export function errorText(thrown: unknown): string {
  const error = ClientError.from(thrown);
  return tOr(`error.${error.code}`, error.message === '' ? error.code : error.message);
}

/** A word of the core's as a sentence: first letter large, full stop. */
export function sentence(text: string): string {
  const upper = text.charAt(0).toLocaleUpperCase() + text.slice(1);
  return /[.!?…]$/.test(upper) ? upper : `${upper}.`;
}

/** A name such as GITHUB_TOKEN, which may go on in the next line after an underscore and nowhere else. */
export function breakable(name: string): unknown {
  return name.split('_').map((part, index) => (index === 0 ? part : html`_<wbr />${part}`));
}

/** An id shortened in the middle; whole as tooltip. */
export function shortId(id: string | null): TemplateResult | typeof nothing {
  if (id === null) return nothing;
  return html`<code title=${id}>${id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-4)}` : id}</code>`;
}

/** The word for who acted. */
export function roleText(role: string): string {
  return tOr(`role.${role}`, role);
}

/** The word for what was done. */
export function actionText(action: string): string {
  return tOr(`action.${action}`, action);
}

/** The word for how it ended. */
export function outcomeText(outcome: string): string {
  return tOr(`audit.outcome.${outcome}`, outcome);
}

/** The word for what sort of secret it is. */
export function kindText(kind: string): string {
  return tOr(`kind.${kind}`, kind);
}

/** The word for where a store's key is. */
export function providerText(provider: string | null): string {
  if (provider === null) return t('store.provider.none');
  return tOr(`store.provider.${provider}`, t('store.provider.other', { provider }));
}

/** Who asks for what, to be named in a sentence. */
export function wordsOf(request: ConsentRequest): { who: string; field: string; connection: string } {
  return {
    who: plainly(request.principalId),
    field: plainly(request.fieldTitle),
    connection: plainly(request.connectionName),
  };
}

/** A number as the person's language writes it. */
export function number(value: number): string {
  return numbers().format(value);
}

/** An amount of text or data, such as "1.2 MB". */
export function size(bytes: number): string {
  const [unit, divisor] = bytes < 1e6 ? (['kilobyte', 1e3] as const) : (['megabyte', 1e6] as const);
  const options = { style: 'unit', unit, maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locales(), options).format(bytes / divisor);
}

/** What is left of a time, as minutes and seconds ("1:05"). */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = new Intl.NumberFormat(locales(), { minimumIntegerDigits: 2 });
  return `${number(Math.floor(seconds / 60))}:${two.format(seconds % 60)}`;
}

/** The joiners stay: scripts and emoji need them. */
const kHidden = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Another program's words with nothing in them that could hide, reorder or move text: white space becomes a space,
 * every other control and formatting character `�`.
 */
export function plainly(text: string): string {
  return text.replace(/[\t\n\r\u2028\u2029]+/g, ' ').replace(kHidden, '\ufffd');
}
