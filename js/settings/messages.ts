/**
 * Every sentence of the page, by key. A further language is another object with the same keys, in a file that is loaded
 * when it is wanted (see `kLanguages`), or one of the app's own: `useMessages(fr, 'fr')`.
 *
 * `{name}` is a placeholder. A key with a count has one text per plural category (`.one`, `.other`, …) and is asked for
 * without the category.
 */

import type { AuditEntry, SecretInfo } from '../../contracts/index.js';
import { connectionsEn } from './connection-messages.js';

/** Every word of the core's that people read has a text: one that is missing does not compile. */
type Words = Readonly<
  Record<
    `action.${AuditEntry['action']}` | `audit.outcome.${AuditEntry['outcome']}` | `kind.${SecretInfo['kind']}`,
    string
  >
>;

export const en = {
  ...connectionsEn,
  'app.name': 'Strongroom',
  'app.language.failed': 'The texts in your language could not be loaded.',
  'app.pages': 'Settings pages',
  'page.secrets': 'Secrets',
  'page.access': 'Access',
  'page.audit': 'Audit',

  'store.locked': 'Locked',
  'store.unlocked': 'Unlocked',
  'store.key-missing': 'Key missing',
  'store.new': 'New store',
  'store.unknown': 'Connecting…',
  'store.refused': 'Not connected',
  'store.label': 'Store',
  'store.provider.none': 'The key is made with the first secret',
  'store.provider.os-keyring': 'Key in the system keyring',
  'store.provider.master-key-file': 'Key in the master.key file',
  'store.provider.other': 'Key held by {provider}',

  'banner.deaf': 'This page works, but does not hear what happens elsewhere. Closing other windows of it may help.',
  'banner.offline': 'Strongroom does not answer. This page goes on by itself as soon as it is back.',
  'banner.refused': 'Strongroom does not know this page. Open the link that it printed when it was started last.',
  'banner.locked': 'The store is locked: names can be read, values cannot be used or saved.',
  'banner.key-missing':
    'The key of this store is not where it was put. Nothing was deleted: put the key back, then try again.',
  'banner.unlock': 'Unlock',
  'banner.unlocking': 'Unlocking…',
  'banner.retry': 'Try again',
  'notice.dismiss': 'Dismiss',

  'secrets.intro': 'Values are encrypted and are never shown again once saved.',
  'secrets.search': 'Search secrets',
  'secrets.search.hint': 'Name, environment key or metadata',
  'secrets.kind.all': 'All kinds',
  'secrets.empty': 'No secrets yet',
  'secrets.empty.text': 'Keep an API key or token here, and programs can use it without anyone seeing it.',
  'list.loading': 'Loading…',
  'list.none': 'Nothing matches.',
  'list.damaged.one': '{count} of them could not be read and is left out. Run “strongroom doctor” to see why.',
  'list.damaged.other': '{count} of them could not be read and are left out. Run “strongroom doctor” to see why.',
  'list.clear': 'Clear filters',
  'secrets.failed': 'The secrets could not be loaded.',
  'secrets.count.one': '{count} secret',
  'secrets.count.other': '{count} secrets',
  'list.shown': '{shown} of {count}',
  'secrets.column.version': 'Version',
  'secrets.column.updated': 'Updated',
  'secrets.column.used': 'Last used',
  'list.actions': 'Actions',
  'list.never': 'never',
  'secrets.details': 'Details of {name}',
  'secrets.replace': 'Replace value',
  'secrets.replace.of': 'Replace the value of {name}',
  'secrets.edit': 'Edit',
  'secrets.edit.of': 'Edit {name}',
  'secrets.remove': 'Remove',
  'secrets.remove.of': 'Remove {name}',
  'secrets.id': 'Id',
  'secrets.created': 'Created',
  'secrets.metadata.none': 'none',
  'secrets.history': 'Show in audit log',
  'secrets.saved.add': '{name} was saved.',
  'secrets.saved.replace': 'The value of {name} was replaced; it is now version {version}.',
  'secrets.saved.edit': 'The changes to {name} were saved.',
  'secrets.saved.remove': '{name} was removed.',
  'secrets.copy': 'Copy the name {name}',
  'secrets.copied': '{name} was copied. It is the name alone; the value stays here.',
  'secrets.copied.not': 'The name could not be copied; it is selected now.',
  'secrets.select': 'Select {name}',
  'secrets.select.all': 'Select all shown',
  'secrets.selected.one': '{count} selected',
  'secrets.selected.other': '{count} selected',
  'secrets.selected.clear': 'Clear selection',
  'secrets.selected.remove': 'Remove selected',
  'secrets.used': 'Used by',
  'secrets.used.loading': 'Looking it up…',
  'secrets.used.never': 'nobody yet',
  'secrets.used.failed': 'The audit log could not be read: {reason}',
  'secrets.place': 'Belongs to',
  'secrets.place.text': '{field} of {connection}',
  'secrets.place.gone': 'no connection any more',
  'secrets.connection.text': 'Secrets of connections are changed on the Connections page.',
  'secrets.connection.show': 'Show the secrets of connections',
  'secrets.connection.empty': 'No connection has a secret.',

  'kind.api_key': 'API key',
  'kind.service_token': 'Service token',
  'kind.ssh_key': 'SSH key',
  'kind.acme_account_key': 'ACME account key',
  'kind.managed_private_key': 'Managed private key',
  'kind.dns_credential': 'DNS credential',
  'kind.custom': 'Custom',
  'kind.connection': 'Connection',

  'form.add': 'Add secret',
  'form.replace': 'Replace value',
  'form.edit': 'Edit secret',
  'form.name': 'Name',
  'form.name.hint': 'How people find it. Must be unique.',
  'form.kind': 'Kind',
  'form.envKey': 'Environment key',
  'form.optional': '(optional)',
  'form.envKey.hint': 'What programs read it as, such as GITHUB_TOKEN. Must be unique.',
  'form.value': 'Value',
  'form.value.new': 'New value',
  'form.value.hint': 'Encrypted when saved, and never shown again.',
  'form.value.lines': 'Lines are kept as typed. Encrypted when saved, and never shown again.',
  'form.value.length.one': '{count} character',
  'form.value.length.other': '{count} characters',
  'form.value.space': 'It starts or ends with a space or line break. Is that meant?',
  'form.value.cleared': 'The value was cleared when the connection was lost. Enter it again.',
  'form.replace.text': 'Version {version} of {name} will be overwritten and cannot be brought back.',
  'form.metadata': 'Metadata',
  'form.metadata.hint':
    'Notes for people and programs, such as owner or expiry. Not encrypted: keep secrets out of it.',
  'form.pair.key': 'Key of line {line}',
  'form.pair.value': 'Value of line {line}',
  'form.pair.key.label': 'Key',
  'form.pair.value.label': 'Value',
  'form.pair.add': 'Add line',
  'form.pair.remove': 'Remove line {line}',
  'form.save': 'Save',
  'form.saving': 'Saving…',
  'form.cancel': 'Cancel',
  'form.close': 'Close',
  'form.unsaved': '{name} was not saved. {reason}',
  'form.gone': 'This secret was removed meanwhile. There is nothing left to save to.',
  'form.taken.name': 'Another secret has this name.',
  'form.taken.envKey': 'Another secret has this environment key.',

  'conflict.title': 'Changed meanwhile',
  'conflict.text':
    '{name} was changed elsewhere while you were editing it. Nothing has been overwritten. Which version shall stay?',
  'conflict.field': 'Field',
  'conflict.mine': 'Yours',
  'conflict.theirs': 'Saved meanwhile',
  'conflict.keepMine': 'Save mine',
  'conflict.keepTheirs': 'Use theirs',
  'conflict.empty': 'empty',

  'remove.title': 'Remove {name}?',
  'remove.text': 'Its value is destroyed and cannot be brought back. Whatever uses it stops working.',
  'remove.removing': 'Removing…',

  'bulk.secrets.title.one': 'Remove {count} secret?',
  'bulk.secrets.title.other': 'Remove {count} secrets?',
  'bulk.secrets.text': 'Their values are destroyed and cannot be brought back. Whatever uses them stops working.',
  'bulk.secrets.done.one': '{count} secret was removed.',
  'bulk.secrets.done.other': '{count} secrets were removed.',
  'bulk.grants.title.one': 'Revoke {count} decision?',
  'bulk.grants.title.other': 'Revoke {count} decisions?',
  'bulk.grants.text': 'What was allowed stops working at once; whoever needs it again has to ask again.',
  'bulk.grants.done.one': '{count} decision was revoked.',
  'bulk.grants.done.other': '{count} decisions were revoked.',
  'bulk.more': 'and {count} more',
  'bulk.running': 'Working…',
  'bulk.stop': 'Stop',
  'bulk.stopped': 'Stopped. What was done before stays done.',
  'bulk.failed.one': '{count} of them failed:',
  'bulk.failed.other': '{count} of them failed:',
  'bulk.retry': 'Try these again',

  'rule.malformed': 'Contains a broken character.',
  'rule.long': 'At most {max} characters; {over} too many.',
  'rule.name.empty': 'Enter a name.',
  'rule.value.empty': 'Enter the value.',
  'rule.envKey.start': 'Must start with a letter.',
  'rule.envKey.case': 'Use capital letters.',
  'rule.envKey.characters': 'Only capital letters A–Z, digits and _.',
  'rule.pair.key': 'Enter a key.',
  'rule.pair.twice': 'This key stands above already.',
  'rule.pair.reserved': 'This key is reserved.',

  'audit.intro': 'Who used which secret, when and why. Entries are chained and sealed, so that a change to them shows.',
  'audit.verify': 'Verify log',
  'audit.verifying': 'Verifying…',
  'audit.ok.one': 'The log is intact: its only entry is as it was written.',
  'audit.ok.other': 'The log is intact: all {count} entries are as they were written.',
  'audit.ok.empty': 'The log is intact and has no entries yet.',
  'audit.ok.sealed': 'The seal covers everything up to entry {seq}.',
  'audit.ok.unsealed': 'No seal has been written yet.',
  'audit.ok.unchecked': 'The seal could not be checked while the store is locked; unlock it and verify again.',
  'audit.bad': 'The log has been changed.',
  'audit.bad.hash': 'Entry {seq} does not say what it said when it was written.',
  'audit.bad.link': 'Entry {seq} does not follow the entry before it.',
  'audit.bad.gap': 'Entries are missing before entry {seq}.',
  'audit.bad.seal': 'The seal does not fit entry {seq}: the log was rewritten without the key.',
  'audit.bad.truncated': 'Entries from {seq} on have been cut off.',
  'audit.bad.then': 'Keep a copy of the store before doing anything else.',
  'audit.verify.failed': 'The log could not be verified.',
  'audit.verdict.dismiss': 'Dismiss the verdict',
  'audit.filters': 'Filters',
  'audit.actor': 'Actor',
  'audit.actor.hint': 'Exact id',
  'audit.action': 'Action',
  'audit.outcome': 'Outcome',
  'audit.secret': 'Secret',
  'audit.secret.removed': 'Removed ({id})',
  'audit.since': 'From',
  'audit.until': 'Until',
  'audit.any': 'Any',
  'audit.more': 'Load more',
  'audit.new': 'Show new entries',
  'audit.empty': 'Nothing has happened yet',
  'audit.empty.text': 'The first entry is written when the first secret is saved.',
  'audit.failed': 'The audit log could not be loaded.',
  'audit.table': 'Audit log, newest first',
  'audit.time': 'Time',
  'audit.reason': 'Reason',
  'audit.details': 'Details of entry {seq}',
  'audit.entry': 'Entry',
  'audit.code': 'Code',
  'audit.detail': 'Detail',
  'audit.hash': 'Hash',
  'audit.prevHash': 'Hash before',
  'audit.role': 'Role',
  'audit.shown.one': '{count} entry shown',
  'audit.shown.other': '{count} entries shown',
  'audit.outcome.allowed': 'Allowed',
  'audit.outcome.denied': 'Denied',
  'audit.outcome.failed': 'Failed',
  'audit.target': 'Target',
  'audit.verify.progress': '{done} of {total} entries checked',
  'audit.chart': 'Accesses per day',
  'audit.chart.text': 'The last {days} days, in UTC: {allowed} allowed, {denied} denied, {failed} failed.',
  'audit.chart.none': 'Nothing in the last {days} days.',
  'audit.chart.table': 'Show as table',
  'audit.chart.bars': 'Show as chart',
  'audit.chart.day': 'Day',
  'audit.chart.pick': 'Show the entries of {day}',
  'audit.chart.failed': 'The days could not be counted.',
  'audit.export': 'Export',
  'audit.export.title': 'Export the audit log',
  'audit.export.text': 'The whole log, oldest entry first, whatever the filters show. It holds no secret values.',
  'audit.export.format': 'Format',
  'audit.export.csv': 'CSV, for spreadsheets',
  'audit.export.jsonl': 'JSON Lines, for programs',
  'audit.export.progress': '{size} read',
  'audit.export.done': 'The log was exported as {file}.',
  'audit.export.failed': 'The log could not be exported.',

  'role.core': 'Application',
  'role.settings': 'Settings page',
  'role.extension': 'Extension',
  'role.tool': 'Tool',

  'action.secret.create': 'Create secret',
  'action.secret.update': 'Change secret',
  'action.secret.replace': 'Replace value',
  'action.secret.delete': 'Remove secret',
  'action.secret.reveal': 'Reveal value',
  'action.secret.use': 'Use value',
  'action.connection.create': 'Create connection',
  'action.connection.update': 'Change connection',
  'action.connection.delete': 'Remove connection',
  'action.connection.test': 'Test connection',
  'action.connection.secret.set': 'Set connection secret',
  'action.connection.secret.clear': 'Clear connection secret',
  'action.provider.register': 'Register provider',
  'action.provider.unregister': 'Unregister provider',
  'action.access.request': 'Request access',
  'action.access.redeem': 'Redeem handle',
  'action.access.release': 'Release handle',
  'action.access.revoke': 'Revoke access',
  'action.consent.decide': 'Decide consent',
  'action.credential.resolve': 'Resolve credential',
  'action.broker.fetch': 'Fetch with credential',
  'action.key.create': 'Create key',
  'action.key.unlock': 'Unlock store',
  'action.key.rotate': 'Rotate key',
  'action.key.slot.add': 'Add key slot',
  'action.key.slot.remove': 'Remove key slot',
  'action.audit.prune': 'Prune log',

  'access.intro': 'Who may use the secrets of your connections, who may not, and who waits for an answer.',
  'access.failed': 'The decisions could not be loaded.',
  'access.empty': 'No decision yet',
  'access.empty.text':
    'When an extension or tool asks for a connection, you are asked here, and what you decide stands here.',
  'access.waiting': 'Waiting for your answer',
  'access.waiting.text': '{who} asks for {field} of {connection}',
  'access.waiting.answer': 'Answer',
  'access.waiting.answer.of': 'Answer {who}',
  'access.decisions': 'Decisions',
  'access.search': 'Search decisions',
  'access.search.hint': 'Extension, tool or connection',
  'access.group': 'Group by',
  'access.group.principal': 'Who',
  'access.group.connection': 'Connection',
  'access.count.one': '{count} decision',
  'access.count.other': '{count} decisions',
  'access.column.what': 'What',
  'access.column.who': 'Who',
  'access.column.decision': 'Decision',
  'access.column.reason': 'Reason it gave',
  'access.column.created': 'Decided',
  'access.allow.always': 'Always allowed',
  'access.allow.once': 'Allowed once',
  'access.deny.always': 'Always denied',
  'access.deny.once': 'Denied once',
  'access.until': 'until {time}',
  'access.revoke': 'Revoke',
  'access.revoke.of': 'Revoke {field} of {connection} for {who}',
  'access.revoke.all': 'Revoke all',
  'access.revoke.all.of': 'Revoke all of {name}',
  'access.revoked': 'Revoked: {who} has to ask again for {field} of {connection}.',
  'access.silenced': 'Silenced for a while',
  'access.silenced.text': 'Denied so often that further requests are denied without asking you.',
  'access.unsilence': 'End silence',
  'access.unsilence.of': 'End silence of {who} for {connection}',
  'access.unsilenced': '{who} may ask again.',
  'access.connection.gone': 'A removed connection',

  'consent.title': 'Allow access?',
  'consent.queue': '{index} of {count}',
  'consent.later': 'Decide later, on the Access page',
  'consent.wants': 'wants to use',
  'consent.publisher': '{role} by {publisher}',
  'consent.owner': 'It brought {provider} to this app.',
  'consent.why': 'Why, in its own words',
  'consent.why.hidden': 'Invisible characters in these words are shown as �.',
  'consent.count.one': 'Asked {count} time',
  'consent.count.other': 'Asked {count} times',
  'consent.could': 'What it could do',
  'consent.could.send': 'Send requests with this credential, to these addresses only:',
  'consent.could.start': 'Start programs that are given this credential.',
  'consent.could.nothing': 'Nothing yet: the provider names no address that it may be sent to.',
  'consent.hidden': 'It does not get to see the credential itself.',
  'consent.hidden.start': 'It does not get to see the credential itself; the programs it starts do.',
  'consent.always': '“Always” holds until you revoke it on the Access page.',
  'consent.expires': 'Counts as denied in {time}',
  'consent.allow-once': 'Allow once',
  'consent.allow-always': 'Always allow',
  'consent.deny': 'Deny',
  'consent.deny-always': 'Always deny',
  'consent.answered.allow-once': '{who} may use {field} of {connection} once.',
  'consent.answered.allow-always': '{who} may use {field} of {connection} until you revoke it.',
  'consent.answered.deny': '{who} was denied {field} of {connection}.',
  'consent.answered.deny-always': '{who} is denied {field} of {connection} until you revoke that.',
  'consent.over': 'The request of {who} is over: answered elsewhere, given up or out of time.',
  'consent.failed': 'Your answer was not taken.',

  'error.ALREADY_EXISTS': 'Another secret has this name or environment key.',
  'error.AUDIT_UNAVAILABLE': 'The audit log cannot be written, so nothing was done.',
  'error.BUSY': 'The store is busy. Try again in a moment.',
  'error.CANCELLED': 'Unlocking was cancelled.',
  'error.CLOSED': 'The store has been closed.',
  'error.CONFLICT': 'This was changed elsewhere meanwhile.',
  'error.CORRUPT': 'A record in the store is damaged. Nothing was changed.',
  'error.DISCONNECTED': 'Strongroom did not answer. What you entered may or may not have been saved.',
  'error.FORBIDDEN': 'This page may not do that.',
  'error.INSECURE_PERMISSIONS': 'Other users can read the store’s files. Correct their permissions first.',
  'error.KEYRING_LOCKED': 'The system keyring is locked.',
  'error.KEYRING_UNAVAILABLE': 'No system keyring answers.',
  'error.KEY_MISSING': 'The key of this store is missing. Put it back first.',
  'error.LIMIT_EXCEEDED': 'This is larger than Strongroom accepts.',
  'error.NOT_FOUND': 'This no longer exists.',
  'error.STORE_FULL': 'The disk is full. Nothing was saved.',
  'error.STORE_READ_ONLY': 'The store cannot be written. Nothing was saved.',
  'error.TIMEOUT': 'It took too long. Try again.',
} as const satisfies Words & Readonly<Record<string, string>>;

/** A catalogue key that stands for a text. */
export type MessageKey = keyof typeof en;
/** Keys whose text depends on a count. */
export type PluralKey = MessageKey extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;
/** A whole catalogue: a text that is missing, or that nobody asks for, does not compile. */
export type Messages = Readonly<
  Record<MessageKey, string> & Partial<Record<`${PluralKey}.${'zero' | 'two' | 'few' | 'many'}`, string>>
>;

type Parameters = Readonly<Record<string, string | number>>;

/** The languages that come with the page, beside English. */
const kLanguages: Readonly<Record<string, () => Promise<Messages>>> = {
  de: async () => (await import('./messages-de.js')).de,
};

/** The languages that come with the page. */
export const languages: readonly string[] = ['en', ...Object.keys(kLanguages)];

/** Languages that are written from right to left. */
const kRightToLeft: ReadonlySet<string> = new Set(['ar', 'ckb', 'dv', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

let catalogue: Readonly<Record<string, string>> = en;
let language = 'en';
let plurals = new Intl.PluralRules(language);
let wanted = 0;
const redraws = new Set<() => void>();

/** Switches the page's language; what `messages` lacks is shown in English. */
export function useMessages(messages: Partial<Messages>, tag: string): void {
  wanted += 1;
  catalogue = { ...en, ...messages };
  language = tag;
  formatters.clear();
  plurals = new Intl.PluralRules(tag);
  for (const redraw of redraws) redraw();
}

/**
 * Switches to a language that comes with the page, by a tag such as `de-AT`; any other tag leaves the language as it is.
 * Rejects when the texts cannot be loaded.
 */
export async function useLanguage(tag: string): Promise<void> {
  const base = baseOf(tag);
  if (base === 'en') return useMessages(en, tag);
  const load = Object.hasOwn(kLanguages, base) ? kLanguages[base] : undefined;
  if (load === undefined) return;
  wanted += 1;
  const mine = wanted;
  const messages = await load();
  if (mine === wanted) useMessages(messages, tag);
}

/** Calls `redraw` whenever the language has changed, until the function that is returned is called. */
export function onLanguage(redraw: () => void): () => void {
  redraws.add(redraw);
  return () => redraws.delete(redraw);
}

/** The language that is shown, and the direction it is written in. */
export function shownLanguage(): { readonly tag: string; readonly dir: 'ltr' | 'rtl' } {
  return { tag: language, dir: kRightToLeft.has(baseOf(language)) ? 'rtl' : 'ltr' };
}

function baseOf(tag: string): string {
  return tag.split('-')[0]?.toLowerCase() ?? '';
}

/** Locales for dates and numbers: the person's own region of the page's language, else the language. */
export function locales(): string[] {
  return kept('locales', () => [...navigator.languages.filter((tag) => baseOf(tag) === baseOf(language)), language]);
}

/** By name; for the language that is shown, and the person's locales. */
const formatters = new Map<string, unknown>();
globalThis.addEventListener?.('languagechange', () => formatters.clear());

/** A formatter for the language that is shown, made once: they cost milliseconds to make. */
export function kept<T>(name: string, make: () => T): T {
  if (!formatters.has(name)) formatters.set(name, make());
  return formatters.get(name) as T;
}

/** Makes, and uses once, what is needed for every list: done while an answer is on its way, it costs nobody time. */
export function warmUp(): void {
  collator().compare('a', 'b');
  tn('connections.count', 0);
}

/** Writes numbers. */
export function numbers(): Intl.NumberFormat {
  return kept('numbers', () => new Intl.NumberFormat(locales()));
}

/** Sorts names as people do. */
export function collator(): Intl.Collator {
  return kept('names', () => new Intl.Collator(locales(), { numeric: true, sensitivity: 'base' }));
}

/** The text of a key. */
export function t(key: MessageKey, parameters: Parameters = {}): string {
  return fill(catalogue[key] ?? key, parameters);
}

/** The text of a key for a count, which is also its `{count}`. */
export function tn(stem: PluralKey, count: number, parameters: Parameters = {}): string {
  const text = catalogue[`${stem}.${plurals.select(count)}`] ?? catalogue[`${stem}.other`] ?? stem;
  return fill(text, { count: numbers().format(count), ...parameters });
}

/** The text of a key that is made at run time, or `otherwise` when the catalogue has none. */
export function tOr(key: string, otherwise: string, parameters: Parameters = {}): string {
  const text = Object.hasOwn(catalogue, key) ? catalogue[key] : undefined;
  return text === undefined ? otherwise : fill(text, parameters);
}

/** The core's words of one sort, each with its text, in the order of the catalogue. */
export function words(sort: 'action' | 'audit.outcome' | 'kind'): (readonly [word: string, text: string])[] {
  return Object.keys(en)
    .filter((key) => key.startsWith(`${sort}.`))
    .map((key) => [key.slice(sort.length + 1), t(key as MessageKey)]);
}

function fill(text: string, parameters: Parameters): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}
