/** The Secrets page: the list, and the ways to change it. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { AuditEntry, SecretInfo } from '../../contracts/index.js';
import { Names } from './access-names.js';
import './bulk-dialog.js';
import type { BulkDialog } from './bulk-dialog.js';
import { ClientError, type SettingsClient, type SettingsEvents } from './client.js';
import { ago, errorText, exactly, plainly, roleText } from './format.js';
import { icon, kindIcon } from './icons.js';
import { collator, t, tn, tOr } from './messages.js';
import { goTo } from './place.js';
import { rules } from './rules.js';
import './secret-dialog.js';
import type { SavedDetail, SecretDialog, SecretTask } from './secret-dialog.js';
import { secretsStyles } from './secrets-styles.js';
import { controls } from './styles.js';
import { virtual } from './virtual-list.js';

const kPageSize = 500;
/** Changes that come closer together than this are fetched together. */
const kGatherMs = 80;
/** With more changes than this at once the whole list is asked for again. */
const kFetchSingly = 20;
/** The kind of the secrets that belong to connections: a list of its own, asked for when it is wanted. */
const kOfConnections = 'connection';
/** What counts as use of a secret, and how many of its users are named. */
const kUses: ReadonlySet<string> = new Set([
  'secret.use',
  'secret.reveal',
  'credential.resolve',
  'access.redeem',
  'broker.fetch',
]);
const kUsersNamed = 5;
const kEntriesSearched = 200;

/** The newest use of a secret by each of its users, or why that is not known. */
type Users = readonly AuditEntry[] | string;

/** An environment key that may be broken after an underscore. */
function breakable(envKey: string): TemplateResult[] {
  return envKey.split(/(?<=_)/).map((part) => html`${part}<wbr />`);
}

/**
 * Fires `strongroom-message` (a sentence for the status line) and `strongroom-history` (a secret's id, to be shown in
 * the audit log).
 */
@customElement('strongroom-secrets-page')
export class SecretsPage extends LitElement {
  static override readonly styles = [controls, secretsStyles];

  @property({ attribute: false }) client: SettingsClient | undefined;
  @property({ attribute: false }) online = true;

  @state() private phase: 'loading' | 'ready' | 'failed' = 'loading';
  @state() private items: readonly SecretInfo[] = [];
  @state() private damaged = 0;
  @state() private failure = '';
  @state() private words = '';
  @state() private kind = '';
  @state() private opened: ReadonlySet<string> = new Set();
  @state() private selected: ReadonlySet<string> = new Set();
  @state() private users: ReadonlyMap<string, Users> = new Map();
  @state() private ofConnections: readonly SecretInfo[] | undefined;
  @state() private names = new Names();
  /** The row that stays in the document because it has the focus, or is to get it. */
  @state() private kept = '';
  @state() private removing: SecretInfo | undefined;
  @state() private removal: 'asking' | 'running' = 'asking';
  @state() private removalFailure = '';

  @query('strongroom-secret-dialog') private dialog!: SecretDialog;
  @query('strongroom-bulk-dialog') private bulk!: BulkDialog;
  @query('#remove') private removeDialog!: HTMLDialogElement;

  #stop: (() => void) | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #gathered = new Map<string, 'changed' | 'deleted'>();
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #round = 0;
  #matched: readonly SecretInfo[] = [];
  #matchedOf: readonly unknown[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.requestUpdate(), 60_000);
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    clearTimeout(this.#gathering);
    this.#stop?.();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('client')) this.#listen();
    else if (changed.get('online') === false && this.online) void this.#load();
  }

  #listen(): void {
    this.#stop?.();
    if (this.client === undefined || !this.isConnected) return;
    this.#stop = this.client.on('changed', (event) => this.#changed(event));
    void this.#load();
  }

  /** Reads every page of a list; nothing when a later reading has overtaken this one. */
  async #read(client: SettingsClient, kind?: typeof kOfConnections): Promise<[SecretInfo[], number] | undefined> {
    const round = this.#round;
    const items: SecretInfo[] = [];
    let damaged = 0;
    let cursor: string | undefined;
    do {
      const page = await client.invoke('secrets.list', {
        limit: kPageSize,
        ...(kind === undefined ? {} : { kind }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (round !== this.#round) return undefined;
      items.push(...page.items);
      damaged += page.damaged ?? 0;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return [items, damaged];
  }

  async #load(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.#round += 1;
    const round = this.#round;
    if (this.phase === 'failed') this.phase = 'loading';
    try {
      const read = await this.#read(client);
      if (read === undefined) return;
      this.#take(read[0]);
      this.damaged = read[1];
      this.phase = 'ready';
      if (this.kind === kOfConnections) void this.#loadOfConnections();
    } catch (thrown) {
      if (round !== this.#round) return;
      // What is on show stays on show; the banner above says that the connection is lost.
      if (this.phase === 'ready' && ClientError.from(thrown).code === 'DISCONNECTED') return;
      this.failure = errorText(thrown);
      this.phase = 'failed';
    }
  }

  async #loadOfConnections(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    try {
      const names = await Names.load(client);
      const read = await this.#read(client, kOfConnections);
      if (read === undefined) return;
      this.names = names;
      this.ofConnections = this.#sorted(read[0]);
    } catch (thrown) {
      this.failure = errorText(thrown);
      this.phase = 'failed';
    }
  }

  #take(items: readonly SecretInfo[]): void {
    this.items = this.#sorted(items.filter((info) => info.kind !== kOfConnections));
    const known = new Set(this.items.map(({ id }) => id));
    this.selected = new Set([...this.selected].filter((id) => known.has(id)));
  }

  #sorted(items: readonly SecretInfo[]): readonly SecretInfo[] {
    const { compare } = collator();
    return [...items].sort(
      (one, other) => compare(this.#nameOf(one), this.#nameOf(other)) || one.id.localeCompare(other.id),
    );
  }

  /** A connection's secrets have no names of their own. */
  #nameOf(info: SecretInfo): string {
    const place = info.kind === kOfConnections ? this.names.placeOf(info.id) : undefined;
    if (place === undefined) return info.name;
    return t('secrets.place.text', { field: plainly(place.field), connection: plainly(place.connection.displayName) });
  }

  #put(info: SecretInfo): void {
    this.#take([...this.items.filter(({ id }) => id !== info.id), info]);
  }

  #changed(event: SettingsEvents['changed']): void {
    if (event.entity !== 'secret') return;
    this.#gathered.set(event.id, event.change === 'deleted' ? 'deleted' : 'changed');
    this.#gathering ??= setTimeout(() => void this.#fetchGathered(), kGatherMs);
  }

  async #fetchGathered(): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = new Map();
    this.#gathering = undefined;
    if (this.kind === kOfConnections) void this.#loadOfConnections();
    for (const id of gathered.keys()) if (this.opened.has(id)) void this.#loadUsers(id);
    if (gathered.size > kFetchSingly || gathered.has('')) return await this.#load();
    for (const [id, change] of gathered) {
      try {
        const info = change === 'deleted' ? undefined : await this.client?.invoke('secrets.get', { id });
        if (info === undefined) this.#take(this.items.filter((other) => other.id !== id));
        else this.#put(info);
      } catch (thrown) {
        if (ClientError.from(thrown).code !== 'NOT_FOUND') return await this.#load();
        this.#take(this.items.filter((other) => other.id !== id));
      }
    }
  }

  /** The same array until what it is made of changes, so that the list can tell. */
  #matching(): readonly SecretInfo[] {
    const items = this.kind === kOfConnections ? (this.ofConnections ?? []) : this.items;
    const of = [items, this.kind, this.words];
    if (of.every((part, index) => part === this.#matchedOf[index])) return this.#matched;
    const words = this.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    this.#matchedOf = of;
    this.#matched = items.filter((info) => {
      if (this.kind !== '' && info.kind !== this.kind) return false;
      const text = [this.#nameOf(info), info.envKey ?? '', ...Object.entries(info.metadata).flat()]
        .join('\n')
        .toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    });
    return this.#matched;
  }

  #say(message: string): void {
    this.dispatchEvent(new CustomEvent('strongroom-message', { detail: message }));
  }

  #open(task: SecretTask, info?: SecretInfo): void {
    this.#say('');
    void this.dialog.open(task, info);
  }

  async #saved(event: CustomEvent<SavedDetail>): Promise<void> {
    const { task, info } = event.detail;
    this.#put(info);
    this.#say(t(`secrets.saved.${task}`, { name: info.name, version: info.version }));
    if (task === 'add') await this.#focusRow(info.id);
  }

  async #focusRow(id: string | undefined): Promise<void> {
    this.kept = id ?? '';
    await this.updateComplete;
    const row =
      id === undefined ? null : this.renderRoot.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"] .disclose`);
    (row ?? this.renderRoot.querySelector<HTMLElement>('h1'))?.focus();
  }

  async #askRemoval(info: SecretInfo): Promise<void> {
    this.#say('');
    this.removing = info;
    this.removal = 'asking';
    this.removalFailure = '';
    await this.updateComplete;
    this.removeDialog.showModal();
  }

  async #remove(): Promise<void> {
    const { removing, client } = this;
    if (removing === undefined || client === undefined || this.removal === 'running') return;
    this.removal = 'running';
    try {
      await client.invoke('secrets.delete', { id: removing.id });
    } catch (thrown) {
      if (ClientError.from(thrown).code !== 'NOT_FOUND') {
        this.removalFailure = errorText(thrown);
        this.removal = 'asking';
        return;
      }
    }
    const matching = this.#matching();
    const index = matching.findIndex(({ id }) => id === removing.id);
    const next = matching[index + 1] ?? matching[index - 1];
    this.removeDialog.close();
    this.#take(this.items.filter(({ id }) => id !== removing.id));
    this.#say(t('secrets.saved.remove', { name: removing.name }));
    await this.#focusRow(next?.id);
  }

  #removeSelected(): void {
    this.#say('');
    void this.bulk.open({
      stem: 'secrets',
      items: this.items.filter(({ id }) => this.selected.has(id)),
      run: async (id) => await this.client?.invoke('secrets.delete', { id }),
    });
  }

  async #removedSelected({ detail }: CustomEvent<readonly string[]>): Promise<void> {
    const gone = new Set(detail);
    this.#take(this.items.filter(({ id }) => !gone.has(id)));
    this.#say(tn('bulk.secrets.done', detail.length));
    await this.#focusRow(undefined);
  }

  #select(ids: readonly string[], on: boolean): void {
    const selected = new Set(this.selected);
    for (const id of ids) on ? selected.add(id) : selected.delete(id);
    this.selected = selected;
  }

  /** The name of the variable, never a value: the page has none. */
  async #copy(event: Event, envKey: string): Promise<void> {
    const code = (event.currentTarget as HTMLElement).parentElement?.querySelector('code');
    try {
      await navigator.clipboard.writeText(envKey);
      this.#say(t('secrets.copied', { name: envKey }));
    } catch {
      if (code) getSelection()?.selectAllChildren(code);
      this.#say(t('secrets.copied.not'));
    }
  }

  /** Who has used a secret, by what the audit log says. */
  async #loadUsers(id: string): Promise<void> {
    let users: Users;
    try {
      const page = await this.client?.invoke('audit.list', {
        secretId: id,
        outcome: 'allowed',
        limit: kEntriesSearched,
      });
      const newest = new Map<string, AuditEntry>();
      for (const entry of page?.items ?? []) {
        const key = `${entry.role} ${entry.principalId}`;
        if (kUses.has(entry.action) && !newest.has(key)) newest.set(key, entry);
      }
      users = [...newest.values()].slice(0, kUsersNamed);
    } catch (thrown) {
      users = t('secrets.used.failed', { reason: errorText(thrown) });
    }
    this.users = new Map([...this.users, [id, users]]);
  }

  #toggle(id: string): void {
    const opened = new Set(this.opened);
    if (!opened.delete(id)) {
      opened.add(id);
      void this.#loadUsers(id);
    }
    this.opened = opened;
  }

  protected override render(): TemplateResult {
    return html`
      <div class="head">
        <div>
          <h1 tabindex="-1">${t('page.secrets')}</h1>
          <p>${t('secrets.intro')}</p>
        </div>
        <button type="button" class="primary" @click=${() => this.#open('add')}>${icon('plus')}${t('secrets.add')}</button>
      </div>
      ${this.#renderBody()}
      <strongroom-secret-dialog .client=${this.client} .online=${this.online} @strongroom-saved=${this.#saved}></strongroom-secret-dialog>
      <strongroom-bulk-dialog @strongroom-bulk=${this.#removedSelected}></strongroom-bulk-dialog>
      ${this.#renderRemoval()}
    `;
  }

  #renderBody(): TemplateResult {
    if (this.phase === 'loading') {
      return html`<div class="card state" role="status"><p>${t('secrets.loading')}</p></div>`;
    }
    if (this.phase === 'failed') {
      return html`<div class="card state" role="alert">
        ${icon('warning')}
        <h2>${t('secrets.failed')}</h2>
        <p>${this.failure}</p>
        <button type="button" @click=${() => void this.#load()}>${t('banner.retry')}</button>
      </div>`;
    }
    const damaged =
      this.damaged === 0
        ? nothing
        : html`<div class="note danger damaged">${icon('warning')}<div>${tn('secrets.damaged', this.damaged)}</div></div>`;
    if (this.items.length === 0 && this.kind !== kOfConnections) {
      return html`${damaged}
        <div class="card state">
          ${icon('managed_private_key')}
          <h2>${t('secrets.empty')}</h2>
          <p>${t('secrets.empty.text')}</p>
          <button type="button" class="link" @click=${() => this.#chooseKind(kOfConnections)}>${t('secrets.connection.show')}</button>
        </div>`;
    }
    const matching = this.#matching();
    const ofConnections = this.kind === kOfConnections;
    const count = (ofConnections ? (this.ofConnections ?? []) : this.items).length;
    const all = matching.length > 0 && matching.every(({ id }) => this.selected.has(id));
    return html`
      ${damaged}
      <div class="tools" role="search">
        <div class="search">
          ${icon('search')}
          <input
            type="search"
            autocomplete="off"
            spellcheck="false"
            aria-label=${t('secrets.search')}
            placeholder=${t('secrets.search.hint')}
            .value=${this.words}
            @input=${(event: InputEvent) => {
              this.words = (event.target as HTMLInputElement).value;
            }}
          />
        </div>
        <select
          aria-label=${t('secrets.kind.filter')}
          @change=${(event: Event) => this.#chooseKind((event.target as HTMLSelectElement).value)}
        >
          <option value="" .selected=${this.kind === ''}>${t('secrets.kind.all')}</option>
          ${[...rules.kinds, kOfConnections].map((kind) => html`<option value=${kind} .selected=${kind === this.kind}>${tOr(`kind.${kind}`, kind)}</option>`)}
        </select>
        <label class="all" ?hidden=${ofConnections || matching.length === 0}>
          <input
            type="checkbox"
            .checked=${all}
            .indeterminate=${!all && this.selected.size > 0}
            @change=${(event: Event) =>
              this.#select(
                matching.map(({ id }) => id),
                (event.target as HTMLInputElement).checked,
              )}
          />
          ${t('secrets.select.all')}
        </label>
      </div>
      ${ofConnections ? html`<p class="muted explained">${t('secrets.connection.text')}</p>` : this.#renderSelection()}
      ${
        matching.length === 0
          ? html`<div class="card state">
              <p>${t(count === 0 ? 'secrets.connection.empty' : 'secrets.none')}</p>
              <button
                type="button"
                @click=${() => {
                  this.words = '';
                  this.kind = '';
                }}
              >
                ${t('secrets.none.clear')}
              </button>
            </div>`
          : this.#renderTable(matching)
      }
      <div class="foot">
        <span role="status">
          ${
            matching.length === count
              ? tn('secrets.count', count)
              : t('secrets.shown', { shown: matching.length, count: tn('secrets.count', count) })
          }
        </span>
      </div>
    `;
  }

  #chooseKind(kind: string): void {
    this.kind = kind;
    this.selected = new Set();
    if (kind === kOfConnections) void this.#loadOfConnections();
  }

  #renderSelection(): TemplateResult {
    const count = this.selected.size;
    return html`<div class="selection" role="status" ?hidden=${count === 0}>
      <span>${tn('secrets.selected', count)}</span>
      <button type="button" @click=${() => this.#removeSelected()}>${icon('remove')}${t('secrets.selected.remove')}</button>
      <button
        type="button"
        class="quiet"
        @click=${() => {
          this.selected = new Set();
        }}
      >
        ${t('secrets.selected.clear')}
      </button>
    </div>`;
  }

  // The roles are those that the elements have anyway; a narrow window lays the table out as cards, and takes them away.
  #renderTable(shown: readonly SecretInfo[]): TemplateResult {
    return html`<div class="card">
      <table
        class="table long"
        role="table"
        aria-label=${t('secrets.table')}
        aria-rowcount=${shown.length + 1}
        @focusin=${(event: FocusEvent) => {
          this.kept = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset.key ?? '';
        }}
      >
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">${t('secrets.column.name')}</th>
            <th scope="col" role="columnheader">${t('secrets.column.envKey')}</th>
            <th scope="col" role="columnheader">${t('secrets.column.version')}</th>
            <th scope="col" role="columnheader">${t('secrets.column.updated')}</th>
            <th scope="col" role="columnheader">${t('secrets.column.used')}</th>
            <th scope="col" role="columnheader"><span class="hidden">${t('secrets.column.actions')}</span></th>
          </tr>
        </thead>
        ${virtual<SecretInfo>({
          items: shown,
          key: ({ id }) => id,
          row: (info, index) => this.#renderRow(info, index),
          size: 58,
          keep: this.kept === '' ? [] : [this.kept],
          spacer: (pixels) =>
            html`<tbody aria-hidden="true"><tr><td class="spacer" colspan="6" .style=${`block-size:${pixels}px`}></td></tr></tbody>`,
        })}
      </table>
    </div>`;
  }

  #renderRow(info: SecretInfo, index: number): TemplateResult {
    const ofConnection = info.kind === kOfConnections;
    const name = this.#nameOf(info);
    const open = this.opened.has(info.id);
    const action = (name: 'replace' | 'edit' | 'remove', run: () => void): TemplateResult => html`<button
      type="button"
      class="quiet only-icon ${name}"
      aria-label=${t(`secrets.${name}.of`, { name: info.name })}
      title=${t(`secrets.${name}`)}
      @click=${run}
    >
      ${icon(name)}
    </button>`;
    return html`<tbody role="rowgroup" data-index=${index} data-key=${info.id}><tr class="row" role="row" aria-rowindex=${index + 2} data-id=${info.id}>
        <td role="cell" class="title">
          ${
            ofConnection
              ? nothing
              : html`<input
                  type="checkbox"
                  aria-label=${t('secrets.select', { name })}
                  .checked=${this.selected.has(info.id)}
                  @change=${(event: Event) => this.#select([info.id], (event.target as HTMLInputElement).checked)}
                />`
          }
          <span class="kind" title=${tOr(`kind.${info.kind}`, info.kind)}>${kindIcon(info.kind)}</span>
          <div>
            <button
              type="button"
              class="disclose"
              aria-expanded=${open}
              aria-label=${t('secrets.details', { name })}
              @click=${() => this.#toggle(info.id)}
            >
              <bdi>${name}</bdi>${icon('chevron')}
            </button>
            <div class="muted small">${tOr(`kind.${info.kind}`, info.kind)}</div>
          </div>
        </td>
        <td role="cell" class="key" data-label=${t('secrets.column.envKey')}>
          ${info.envKey === null ? html`<span class="muted">${t('secrets.noEnvKey')}</span>` : html`<span class="copyable"><code dir="ltr">${breakable(info.envKey)}</code>${this.#renderCopy(info.envKey)}</span>`}
        </td>
        <td role="cell" class="number" data-label=${t('secrets.column.version')}>${info.version}</td>
        <td role="cell" class="when" data-label=${t('secrets.column.updated')}>${ago(info.updatedAt, '')}</td>
        <td role="cell" class="when" data-label=${t('secrets.column.used')}>${ago(info.lastAccessedAt, t('secrets.never'))}</td>
        <td role="cell" class="actions end">
          ${
            ofConnection
              ? nothing
              : html`${action('replace', () => this.#open('replace', info))} ${action('edit', () => this.#open('edit', info))}
                ${action('remove', () => void this.#askRemoval(info))}`
          }
        </td>
      </tr>
      ${
        open
          ? html`<tr class="details" role="row">
              <td role="cell" colspan="6">${this.#renderDetails(info)}</td>
            </tr>`
          : nothing
      }</tbody>`;
  }

  #renderCopy(envKey: string): TemplateResult {
    const label = t('secrets.copy', { name: envKey });
    return html`<button
      type="button"
      class="quiet only-icon copy"
      aria-label=${label}
      title=${label}
      @click=${(event: Event) => void this.#copy(event, envKey)}
    >
      ${icon('copy')}
    </button>`;
  }

  #renderUsers(users: Users | undefined): unknown {
    if (users === undefined) return t('secrets.used.loading');
    if (typeof users === 'string') return users;
    if (users.length === 0) return html`<span class="muted">${t('secrets.used.never')}</span>`;
    return users.map(
      (entry) => html`<div>
        ${roleText(entry.role)}${entry.principalId === null || entry.principalId === entry.role ? nothing : html` <bdi>${plainly(entry.principalId)}</bdi>`},
        ${ago(entry.at, '')}${entry.reason === null ? nothing : html`<span class="muted">: <bdi>${plainly(entry.reason)}</bdi></span>`}
      </div>`,
    );
  }

  #renderPlace(info: SecretInfo): TemplateResult | typeof nothing {
    if (info.kind !== kOfConnections) return nothing;
    const place = this.names.placeOf(info.id);
    return html`<dt>${t('secrets.place')}</dt>
      <dd>
        ${
          place === undefined
            ? html`<span class="muted">${t('secrets.place.gone')}</span>`
            : html`<button type="button" class="link" @click=${() => goTo(this, 'connections', place.connection.id)}>
                <bdi>${place.connection.displayName}</bdi>
              </button>`
        }
      </dd>`;
  }

  #renderDetails(info: SecretInfo): TemplateResult {
    const metadata = Object.entries(info.metadata);
    return html`<dl class="facts">
      ${this.#renderPlace(info)}
      <dt>${t('secrets.used')}</dt>
      <dd>${this.#renderUsers(this.users.get(info.id))}</dd>
      <dt>${t('secrets.id')}</dt>
      <dd><code dir="ltr">${info.id}</code></dd>
      <dt>${t('secrets.created')}</dt>
      <dd>${exactly(info.createdAt)}</dd>
      <dt>${t('secrets.column.updated')}</dt>
      <dd>${exactly(info.updatedAt)}</dd>
      <dt>${t('secrets.metadata')}</dt>
      <dd>
        ${
          metadata.length === 0
            ? html`<span class="muted">${t('secrets.metadata.none')}</span>`
            : metadata.map(([key, value]) => html`<div><bdi class="muted">${key}</bdi>: <bdi>${value}</bdi></div>`)
        }
      </dd>
      <dt></dt>
      <dd>
        <button
          type="button"
          class="link"
          @click=${() => this.dispatchEvent(new CustomEvent('strongroom-history', { detail: info.id }))}
        >
          ${t('secrets.history')}
        </button>
      </dd>
    </dl>`;
  }

  #renderRemoval(): TemplateResult {
    const { removing } = this;
    return html`<dialog
      id="remove"
      class="compact"
      role="alertdialog"
      aria-labelledby="remove-title"
      aria-describedby="remove-text"
      @close=${() => {
        this.removing = undefined;
      }}
    >
      ${
        removing === undefined
          ? nothing
          : html`
            <header><h2 id="remove-title">${t('remove.title', { name: removing.name })}</h2></header>
            <div class="body">
              ${this.removalFailure === '' ? nothing : html`<div class="note danger" role="alert">${icon('warning')}<div>${this.removalFailure}</div></div>`}
              <p id="remove-text">${t('remove.text')}</p>
              ${removing.envKey === null ? nothing : html`<p><code dir="ltr">${removing.envKey}</code></p>`}
            </div>
            <footer>
              <button type="button" autofocus @click=${() => this.removeDialog.close()}>${t('form.cancel')}</button>
              <button type="button" class="danger" aria-disabled=${this.removal === 'running'} @click=${() => void this.#remove()}>
                ${t(this.removal === 'running' ? 'remove.removing' : 'remove.confirm')}
              </button>
            </footer>
          `
      }
    </dialog>`;
  }
}
