/**
 * Every sentence of the page, by key. A second language is another object with the same keys: `useMessages(de, 'de')`.
 *
 * `{name}` is a placeholder. A key with a count has one text per plural category (`.one`, `.other`, …) and is asked for
 * without the category.
 */

export const en = {
  'app.name': 'Strongroom',
  'app.pages': 'Settings pages',
  'page.secrets': 'Secrets',
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

  'banner.offline': 'Strongroom does not answer. This page goes on by itself as soon as it is back.',
  'banner.offline.typed': 'Values that were being typed have been cleared.',
  'banner.refused': 'Strongroom does not know this page. Open the link that it printed when it was started last.',
  'banner.locked': 'The store is locked: names can be read, values cannot be used or saved.',
  'banner.key-missing':
    'The key of this store is not where it was put. Nothing was deleted: put the key back, then try again.',
  'banner.unlock': 'Unlock',
  'banner.unlocking': 'Unlocking…',
  'banner.retry': 'Try again',
  'notice.dismiss': 'Dismiss',
  'notice.label': 'Notices',

  'secrets.intro': 'Values are encrypted and are never shown again once saved.',
  'secrets.add': 'Add secret',
  'secrets.search': 'Search secrets',
  'secrets.search.hint': 'Name, environment key or metadata',
  'secrets.kind.filter': 'Kind',
  'secrets.kind.all': 'All kinds',
  'secrets.table': 'Secrets',
  'secrets.loading': 'Loading secrets…',
  'secrets.empty': 'No secrets yet',
  'secrets.empty.text': 'Keep an API key or token here, and programs can use it without anyone seeing it.',
  'secrets.none': 'No secret matches.',
  'secrets.none.clear': 'Clear search',
  'secrets.failed': 'The secrets could not be loaded.',
  'secrets.more': 'Show more',
  'secrets.count.one': '{count} secret',
  'secrets.count.other': '{count} secrets',
  'secrets.shown': '{shown} of {count}',
  'secrets.damaged.one': '{count} secret could not be read and is left out. Run “strongroom doctor” to see why.',
  'secrets.damaged.other': '{count} secrets could not be read and are left out. Run “strongroom doctor” to see why.',
  'secrets.column.name': 'Name',
  'secrets.column.envKey': 'Environment key',
  'secrets.column.version': 'Version',
  'secrets.column.updated': 'Updated',
  'secrets.column.used': 'Last used',
  'secrets.column.actions': 'Actions',
  'secrets.noEnvKey': 'none',
  'secrets.never': 'never',
  'secrets.details': 'Details of {name}',
  'secrets.replace': 'Replace value',
  'secrets.replace.of': 'Replace the value of {name}',
  'secrets.edit': 'Edit',
  'secrets.edit.of': 'Edit {name}',
  'secrets.remove': 'Remove',
  'secrets.remove.of': 'Remove {name}',
  'secrets.id': 'Id',
  'secrets.created': 'Created',
  'secrets.metadata': 'Metadata',
  'secrets.metadata.none': 'none',
  'secrets.history': 'Show in audit log',
  'secrets.saved.add': '{name} was saved.',
  'secrets.saved.replace': 'The value of {name} was replaced; it is now version {version}.',
  'secrets.saved.edit': 'The changes to {name} were saved.',
  'secrets.saved.remove': '{name} was removed.',

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
  'form.save.replace': 'Replace value',
  'form.saving': 'Saving…',
  'form.cancel': 'Cancel',
  'form.close': 'Close',
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
  'conflict.back': 'Back to editing',
  'conflict.empty': 'empty',

  'remove.title': 'Remove {name}?',
  'remove.text': 'Its value is destroyed and cannot be brought back. Whatever uses it stops working.',
  'remove.confirm': 'Remove',
  'remove.removing': 'Removing…',

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
  'audit.clear': 'Clear filters',
  'audit.loading': 'Loading entries…',
  'audit.loading.more': 'Loading…',
  'audit.more': 'Load more',
  'audit.new': 'Show new entries',
  'audit.empty': 'Nothing has happened yet',
  'audit.empty.text': 'The first entry is written when the first secret is saved.',
  'audit.none': 'No entry matches.',
  'audit.failed': 'The audit log could not be loaded.',
  'audit.table': 'Audit log, newest first',
  'audit.column.time': 'Time',
  'audit.column.actor': 'Actor',
  'audit.column.action': 'Action',
  'audit.column.secret': 'Secret',
  'audit.column.outcome': 'Outcome',
  'audit.column.reason': 'Reason',
  'audit.column.details': 'Details',
  'audit.details': 'Details of entry {seq}',
  'audit.entry': 'Entry',
  'audit.code': 'Code',
  'audit.detail': 'Detail',
  'audit.field': 'Field',
  'audit.connection': 'Connection',
  'audit.hash': 'Hash',
  'audit.prevHash': 'Hash before',
  'audit.role': 'Role',
  'audit.shown.one': '{count} entry shown',
  'audit.shown.other': '{count} entries shown',
  'audit.outcome.allowed': 'Allowed',
  'audit.outcome.denied': 'Denied',
  'audit.outcome.failed': 'Failed',

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
  'error.NOT_FOUND': 'This secret no longer exists.',
  'error.STORE_FULL': 'The disk is full. Nothing was saved.',
  'error.STORE_READ_ONLY': 'The store cannot be written. Nothing was saved.',
  'error.TIMEOUT': 'It took too long. Try again.',
} as const;

/** A catalogue key that stands for a text. */
export type MessageKey = keyof typeof en;
/** Keys whose text depends on a count. */
export type PluralKey = MessageKey extends infer K ? (K extends `${infer Stem}.other` ? Stem : never) : never;
/** A catalogue of another language; what it lacks is shown in English. */
export type Messages = Readonly<Partial<Record<MessageKey, string>> & Record<string, string>>;

type Parameters = Readonly<Record<string, string | number>>;

let catalogue: Readonly<Record<string, string>> = en;
let language = 'en';
let plurals = new Intl.PluralRules(language);

/** Switches the page's language; elements drawn later use it. */
export function useMessages(messages: Messages, tag: string): void {
  catalogue = { ...en, ...messages };
  language = tag;
  plurals = new Intl.PluralRules(tag);
}

/** Locales for dates and numbers: the person's own region of the page's language, else the language. */
export function locales(): string[] {
  const own = navigator.languages.filter((tag) => tag.split('-')[0] === language.split('-')[0]);
  return [...own, language];
}

/** The text of a key. */
export function t(key: MessageKey, parameters: Parameters = {}): string {
  return fill(catalogue[key] ?? key, parameters);
}

/** The text of a key for a count, which is also its `{count}`. */
export function tn(stem: PluralKey, count: number, parameters: Parameters = {}): string {
  const text = catalogue[`${stem}.${plurals.select(count)}`] ?? catalogue[`${stem}.other`] ?? stem;
  return fill(text, { count: new Intl.NumberFormat(locales()).format(count), ...parameters });
}

/** The text of a key that is made at run time, or `otherwise` when the catalogue has none. */
export function tOr(key: string, otherwise: string, parameters: Parameters = {}): string {
  const text = Object.hasOwn(catalogue, key) ? catalogue[key] : undefined;
  return text === undefined ? otherwise : fill(text, parameters);
}

function fill(text: string, parameters: Parameters): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}
