/** The Secrets page: the list, and the ways to change it. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { SecretInfo } from '../../contracts/index.js';
import { ClientError, type SettingsClient, type SettingsEvents } from './client.js';
import { ago, errorText, exactly } from './format.js';
import { icon, kindIcon } from './icons.js';
import { locales, t, tn, tOr } from './messages.js';
import { rules } from './rules.js';
import './secret-dialog.js';
import type { SavedDetail, SecretDialog, SecretTask } from './secret-dialog.js';
import { secretsStyles } from './secrets-styles.js';
import { controls } from './styles.js';

const kRowsAtOnce = 200;
const kPageSize = 500;
/** Changes that come closer together than this are fetched together. */
const kGatherMs = 80;
/** With more changes than this at once the whole list is asked for again. */
const kFetchSingly = 20;

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
  @state() private rows = kRowsAtOnce;
  @state() private removing: SecretInfo | undefined;
  @state() private removal: 'asking' | 'running' = 'asking';
  @state() private removalFailure = '';

  @query('strongroom-secret-dialog') private dialog!: SecretDialog;
  @query('#remove') private removeDialog!: HTMLDialogElement;

  #stop: (() => void) | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #gathered = new Map<string, 'changed' | 'deleted'>();
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #round = 0;

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

  /** Reads every page of the list; an answer that a later reading has overtaken is dropped. */
  async #load(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.#round += 1;
    const round = this.#round;
    if (this.phase === 'failed') this.phase = 'loading';
    try {
      const items: SecretInfo[] = [];
      let damaged = 0;
      let cursor: string | undefined;
      do {
        const page = await client.invoke('secrets.list', {
          limit: kPageSize,
          ...(cursor === undefined ? {} : { cursor }),
        });
        if (round !== this.#round) return;
        items.push(...page.items);
        damaged += page.damaged ?? 0;
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      this.#take(items);
      this.damaged = damaged;
      this.phase = 'ready';
    } catch (thrown) {
      if (round !== this.#round) return;
      // What is on show stays on show; the banner above says that the connection is lost.
      if (this.phase === 'ready' && ClientError.from(thrown).code === 'DISCONNECTED') return;
      this.failure = errorText(thrown);
      this.phase = 'failed';
    }
  }

  #take(items: readonly SecretInfo[]): void {
    const collator = new Intl.Collator(locales(), { numeric: true, sensitivity: 'base' });
    this.items = items
      .filter((info) => info.kind !== 'connection')
      .sort((one, other) => collator.compare(one.name, other.name) || one.id.localeCompare(other.id));
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
    if (gathered.size > kFetchSingly || gathered.has('')) return await this.#load();
    for (const [id, change] of gathered) {
      try {
        const info = change === 'deleted' ? undefined : await this.client?.invoke('secrets.get', { id });
        if (info === undefined) this.items = this.items.filter((other) => other.id !== id);
        else this.#put(info);
      } catch (thrown) {
        if (ClientError.from(thrown).code !== 'NOT_FOUND') return await this.#load();
        this.items = this.items.filter((other) => other.id !== id);
      }
    }
  }

  #matching(): readonly SecretInfo[] {
    const words = this.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0 && this.kind === '') return this.items;
    return this.items.filter((info) => {
      if (this.kind !== '' && info.kind !== this.kind) return false;
      const text = [info.name, info.envKey ?? '', ...Object.entries(info.metadata).flat()]
        .join('\n')
        .toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    });
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
    await this.updateComplete;
    if (task === 'add') this.#focusRow(info.id);
  }

  #focusRow(id: string | undefined): void {
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
    this.items = this.items.filter(({ id }) => id !== removing.id);
    this.#say(t('secrets.saved.remove', { name: removing.name }));
    await this.updateComplete;
    this.#focusRow(next?.id);
  }

  #toggle(id: string): void {
    const opened = new Set(this.opened);
    if (!opened.delete(id)) opened.add(id);
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
    if (this.items.length === 0) {
      return html`${damaged}
        <div class="card state">
          ${icon('managed_private_key')}
          <h2>${t('secrets.empty')}</h2>
          <p>${t('secrets.empty.text')}</p>
        </div>`;
    }
    const matching = this.#matching();
    const shown = matching.slice(0, this.rows);
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
          @change=${(event: Event) => {
            this.kind = (event.target as HTMLSelectElement).value;
          }}
        >
          <option value="" .selected=${this.kind === ''}>${t('secrets.kind.all')}</option>
          ${rules.kinds.map((kind) => html`<option value=${kind} .selected=${kind === this.kind}>${tOr(`kind.${kind}`, kind)}</option>`)}
        </select>
      </div>
      ${
        matching.length === 0
          ? html`<div class="card state">
              <p>${t('secrets.none')}</p>
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
          : this.#renderTable(shown)
      }
      <div class="foot">
        <span role="status">
          ${
            shown.length === this.items.length
              ? tn('secrets.count', this.items.length)
              : t('secrets.shown', { shown: shown.length, count: tn('secrets.count', this.items.length) })
          }
        </span>
        ${
          shown.length < matching.length
            ? html`<button
                type="button"
                @click=${() => {
                  this.rows += kRowsAtOnce;
                }}
              >
                ${t('secrets.more')}
              </button>`
            : nothing
        }
      </div>
    `;
  }

  // The roles are those that the elements have anyway; a narrow window lays the table out as cards, and takes them away.
  #renderTable(shown: readonly SecretInfo[]): TemplateResult {
    return html`<div class="card">
      <table class="table" role="table" aria-label=${t('secrets.table')}>
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
        <tbody role="rowgroup">
          ${repeat(
            shown,
            (info) => info.id,
            (info) => this.#renderRow(info),
          )}
        </tbody>
      </table>
    </div>`;
  }

  #renderRow(info: SecretInfo): TemplateResult {
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
    return html`<tr class="row" role="row" data-id=${info.id}>
        <td role="cell" class="title">
          <span class="kind" title=${tOr(`kind.${info.kind}`, info.kind)}>${kindIcon(info.kind)}</span>
          <div>
            <button
              type="button"
              class="disclose"
              aria-expanded=${open}
              aria-label=${t('secrets.details', { name: info.name })}
              @click=${() => this.#toggle(info.id)}
            >
              <bdi>${info.name}</bdi>${icon('chevron')}
            </button>
            <div class="muted small">${tOr(`kind.${info.kind}`, info.kind)}</div>
          </div>
        </td>
        <td role="cell" class="key" data-label=${t('secrets.column.envKey')}>
          ${info.envKey === null ? html`<span class="muted">${t('secrets.noEnvKey')}</span>` : html`<code dir="ltr">${breakable(info.envKey)}</code>`}
        </td>
        <td role="cell" class="number" data-label=${t('secrets.column.version')}>${info.version}</td>
        <td role="cell" class="when" data-label=${t('secrets.column.updated')}>${ago(info.updatedAt, '')}</td>
        <td role="cell" class="when" data-label=${t('secrets.column.used')}>${ago(info.lastAccessedAt, t('secrets.never'))}</td>
        <td role="cell" class="actions end">
          ${action('replace', () => this.#open('replace', info))} ${action('edit', () => this.#open('edit', info))}
          ${action('remove', () => void this.#askRemoval(info))}
        </td>
      </tr>
      ${
        open
          ? html`<tr class="details" role="row">
              <td role="cell" colspan="6">${this.#renderDetails(info)}</td>
            </tr>`
          : nothing
      }`;
  }

  #renderDetails(info: SecretInfo): TemplateResult {
    const metadata = Object.entries(info.metadata);
    return html`<dl class="facts">
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
