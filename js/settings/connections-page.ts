/** The Connections page: the list beside one connection, or the way to a new one. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Connection, ProviderInfo } from '../../contracts/index.js';
import { ClientError, type SettingsClient, type SettingsEvents } from './client.js';
import './connection-details.js';
import type { ConnectionDetails, EditedConnections } from './connection-details.js';
import { byName, type Draft, overrides } from './connection-model.js';
import './connection-new.js';
import { connectionsStyles } from './connections-styles.js';
import { errorText, number } from './format.js';
import { icon } from './icons.js';
import { collator, t, tn } from './messages.js';
import type { SettingsWorkspace } from './place.js';
import './provider-cards.js';
import { providerIcon } from './provider-icon.js';
import { controls } from './styles.js';
import { virtual } from './virtual-list.js';

const kPageSize = 500;
/** Changes that come closer together than this are fetched together. */
const kGatherMs = 80;
/** With more changes than this at once the whole list is asked for again. */
const kFetchSingly = 20;
/** While a long list is being read, how often what has come is shown. */
const kShowMs = 200;
/** About the height of a row. */
const kRowPixels = 55;
/** As in the styles: below this width either the list is shown or what was chosen from it. */
const kNarrow = '(max-width: 64rem)';
/** What `item` says of a new connection: `new`, or `new/` and the id of the service. */
const kNew = 'new';

/**
 * Fires `strongroom-item` (what is shown now: the id of a connection, `new`, `new/<provider>` or nothing) and
 * `strongroom-message` (a sentence for the status line).
 */
@customElement('strongroom-connections-page')
export class ConnectionsPage extends LitElement {
  static override readonly styles = [controls, connectionsStyles];

  @property({ attribute: false }) client: SettingsClient | undefined;
  @property({ attribute: false }) online = true;
  @property({ attribute: false }) workspace: SettingsWorkspace | undefined;
  @property({ attribute: false }) item = '';

  @state() private phase: 'loading' | 'more' | 'ready' | 'failed' = 'loading';
  @state() private failure = '';
  @state() private items: readonly Connection[] = [];
  @state() private providers: ReadonlyMap<string, ProviderInfo> = new Map();
  @state() private damaged = 0;
  @state() private words = '';
  @state() private providerId = '';
  @state() private scope = '';
  @state() private active = '';
  @state() private unsaved: ReadonlySet<string> = new Set();
  @state() private start: Draft | undefined;

  @query('[role=listbox]') private listbox!: HTMLElement | null;
  @query('strongroom-connection-details') private details!: ConnectionDetails | null;

  /** What is typed about connections and not saved yet. */
  readonly #edited: EditedConnections = new Map();
  readonly #narrow = matchMedia(kNarrow);
  #stop: (() => void) | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;
  #gathered = new Map<string, 'changed' | 'deleted'>();
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #providersStale = false;
  #round = 0;
  /** The connections that match, for as long as nothing that decides about it has changed. */
  #matching: readonly Connection[] = [];
  #overrides = new Map<string, Connection>();
  #texts = new WeakMap<Connection, string>();

  readonly #redraw = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(this.#redraw, 60_000);
    this.#narrow.addEventListener('change', this.#redraw);
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#narrow.removeEventListener('change', this.#redraw);
    this.#stop?.();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('client')) this.#listen();
    else if (changed.get('online') === false && this.online) void this.#load();
    else if (
      changed.has('workspace') &&
      this.workspace?.id !== (changed.get('workspace') as SettingsWorkspace | undefined)?.id
    ) {
      void this.#load();
    }
    if (changed.has('item') && !this.item.startsWith(kNew)) this.active = this.item;
    if (changed.has('items') || changed.has('workspace')) this.#overrides = overrides(this.items, this.workspace?.id);
    if (['items', 'providers', 'words', 'providerId', 'scope'].some((name) => changed.has(name))) this.#match();
  }

  #listen(): void {
    this.#stop?.();
    if (this.client === undefined || !this.isConnected) return;
    this.#stop = this.client.on('changed', (event) => this.#changed(event));
    void this.#load();
  }

  /** Reads every page of the list and shows it as it comes; an answer that a later reading has overtaken is dropped. */
  async #load(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.#round += 1;
    const round = this.#round;
    const first = this.phase === 'loading' || this.phase === 'failed';
    if (first) this.phase = 'loading';
    // Made, and used once, while the answer is on its way: the first comparison costs milliseconds.
    collator().compare('a', 'b');
    try {
      const providers = await client.invoke('providers.list', {});
      if (round !== this.#round) return;
      this.providers = new Map(providers.items.map((provider) => [provider.id, provider]));
      const compare = byName();
      let items: Connection[] = [];
      let damaged = 0;
      let shown = Number.NEGATIVE_INFINITY;
      let cursor: string | undefined;
      do {
        const page = await client.invoke('connections.list', {
          limit: kPageSize,
          ...(this.workspace === undefined ? {} : { workspaceId: this.workspace.id }),
          ...(cursor === undefined ? {} : { cursor }),
        });
        if (round !== this.#round) return;
        items = merged(items, [...page.items].sort(compare), compare);
        damaged += page.damaged ?? 0;
        cursor = page.nextCursor;
        if (cursor !== undefined && (!first || performance.now() - shown < kShowMs)) continue;
        shown = performance.now();
        this.items = items;
        if (cursor !== undefined) this.phase = 'more';
      } while (cursor !== undefined);
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

  #match(): void {
    const words = this.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const { providerId, scope } = this;
    this.#matching =
      words.length === 0 && providerId === '' && scope === ''
        ? this.items
        : this.items.filter((connection) => {
            if (providerId !== '' && connection.providerId !== providerId) return false;
            if (scope !== '' && connection.scope !== scope) return false;
            const text = words.length === 0 ? '' : this.#textOf(connection);
            return words.every((word) => text.includes(word));
          });
  }

  #textOf(connection: Connection): string {
    let text = this.#texts.get(connection);
    if (text === undefined) {
      const provider = this.providers.get(connection.providerId)?.displayName ?? '';
      text = `${connection.displayName}\n${provider}\n${connection.providerId}`.toLocaleLowerCase();
      this.#texts.set(connection, text);
    }
    return text;
  }

  #put(connection: Connection): void {
    const others = this.items.filter(({ id }) => id !== connection.id);
    if (this.workspace !== undefined && ![null, this.workspace.id].includes(connection.workspaceId)) return;
    this.items = merged(others, [connection], byName());
  }

  #drop(id: string): void {
    this.items = this.items.filter((other) => other.id !== id);
  }

  #changed({ entity, id, change }: SettingsEvents['changed']): void {
    if (entity === 'provider') this.#providersStale = true;
    else if (entity === 'connection') this.#gathered.set(id, change === 'deleted' ? 'deleted' : 'changed');
    else return;
    this.#gathering ??= setTimeout(() => void this.#fetchGathered(), kGatherMs);
  }

  async #fetchGathered(): Promise<void> {
    const gathered = this.#gathered;
    const stale = this.#providersStale;
    this.#gathered = new Map();
    this.#gathering = undefined;
    this.#providersStale = false;
    // What a provider asks for decides what needs attention.
    if (stale || gathered.size > kFetchSingly || gathered.has('') || this.phase !== 'ready') return await this.#load();
    for (const [id, change] of gathered) {
      try {
        const connection = change === 'deleted' ? undefined : await this.client?.invoke('connections.get', { id });
        if (connection === undefined) this.#drop(id);
        else this.#put(connection);
      } catch (thrown) {
        if (ClientError.from(thrown).code !== 'NOT_FOUND') return await this.#load();
        this.#drop(id);
      }
    }
  }

  #say(message: string): void {
    this.dispatchEvent(new CustomEvent('strongroom-message', { detail: message }));
  }

  /** Shows a connection, the way to a new one, or (on a narrow window) the list. */
  async #show(item: string, focus: boolean): Promise<void> {
    this.item = item;
    this.dispatchEvent(new CustomEvent('strongroom-item', { detail: item }));
    if (!focus) return;
    await this.updateComplete;
    if (item === '') {
      (this.listbox ?? this.renderRoot.querySelector<HTMLElement>('h1'))?.focus();
    } else if (item.startsWith(kNew)) {
      const form = this.renderRoot.querySelector<LitElement>('strongroom-connection-new');
      await form?.updateComplete;
      (form?.renderRoot ?? this.renderRoot).querySelector<HTMLElement>('h2')?.focus();
    } else {
      this.details?.focus();
    }
  }

  #choose(id: string, focus = this.#narrow.matches): void {
    this.active = id;
    void this.#show(id, focus);
  }

  readonly #key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const list = this.#matching;
    const at = list.findIndex(({ id }) => id === this.active);
    const rows = Math.max(1, Math.floor((this.listbox?.clientHeight ?? 600) / kRowPixels) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? list.length - 1 : at - 1,
      PageDown: at + rows,
      PageUp: at - rows,
      Home: 0,
      End: list.length - 1,
    };
    const to = steps[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = list[Math.min(Math.max(to, 0), list.length - 1)];
      if (next === undefined) return;
      // Where the connection stands beside the list it follows; where it takes its place it is opened with Enter.
      if (this.#narrow.matches) this.active = next.id;
      else this.#choose(next.id, false);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (at >= 0) this.#choose(this.active, true);
    }
  };

  readonly #created = async ({ detail }: CustomEvent<Connection>): Promise<void> => {
    this.#put(detail);
    this.start = undefined;
    this.#clearFilters();
    this.#say(t('connections.created', { name: detail.displayName }));
    await this.#show(detail.id, true);
  };

  readonly #removed = async ({ detail: id }: CustomEvent<string>): Promise<void> => {
    const index = this.#matching.findIndex((other) => other.id === id);
    const next = this.#matching[index + 1] ?? this.#matching[index - 1];
    this.#drop(id);
    this.active = next?.id ?? '';
    await this.#show(this.#narrow.matches ? '' : this.active, false);
    await this.updateComplete;
    (this.listbox ?? this.renderRoot.querySelector<HTMLElement>('h1'))?.focus();
  };

  readonly #again = ({ detail }: CustomEvent<{ providerId: string; draft: Draft }>): void => {
    this.start = detail.draft;
    void this.#show(`${kNew}/${detail.providerId}`, true);
  };

  #clearFilters(): void {
    this.words = '';
    this.providerId = '';
    this.scope = '';
  }

  get #offered(): ProviderInfo[] {
    const { compare } = collator();
    return [...this.providers.values()]
      .filter(({ registered }) => registered)
      .sort((one, other) => compare(one.displayName, other.displayName));
  }

  protected override render(): TemplateResult {
    const empty = this.phase === 'ready' && this.items.length === 0;
    return html`
      <div class="head ${this.item === '' || empty ? '' : 'chosen'}">
        <div>
          <h1 tabindex="-1">${t('page.connections')}</h1>
          <p>${t('connections.intro')}</p>
        </div>
        ${
          empty || this.phase === 'loading' || this.phase === 'failed'
            ? nothing
            : html`<button
                type="button"
                class="primary add"
                @click=${() => {
                  this.start = undefined;
                  void this.#show(kNew, true);
                }}
              >
                ${icon('plus')}${t('connections.add')}
              </button>`
        }
      </div>
      ${
        this.damaged === 0
          ? nothing
          : html`<div class="note danger damaged">${icon('warning')}<div>${tn('connections.damaged', this.damaged)}</div></div>`
      }
      ${this.#renderBody(empty)}
    `;
  }

  #renderBody(empty: boolean): TemplateResult {
    if (this.phase === 'loading') {
      return html`<div class="card state" role="status"><p>${t('connections.loading')}</p></div>`;
    }
    if (this.phase === 'failed') {
      return html`<div class="card state" role="alert">
        ${icon('warning')}
        <h2>${t('connections.failed')}</h2>
        <p>${this.failure}</p>
        <button type="button" @click=${() => void this.#load()}>${t('banner.retry')}</button>
      </div>`;
    }
    const shown = this.#renderShown(empty);
    // One template for both: what is typed about a connection stays when it was the last one, and was removed elsewhere.
    return html`<div class="panes ${empty ? 'alone' : this.item === '' ? '' : 'chosen'}">
      ${empty ? nothing : this.#renderList()}
      <div class="shown">
        <button type="button" class="link back" @click=${() => void this.#show('', true)}>${icon('chevron')}${t('connections.back')}</button>
        ${shown}
      </div>
    </div>`;
  }

  #renderShown(empty: boolean): TemplateResult {
    const { item } = this;
    if (item.startsWith(`${kNew}/`)) return this.#renderNew(item.slice(kNew.length + 1));
    if (empty && (item === '' || item === kNew)) return this.#renderWelcome();
    if (item === kNew) return this.#renderPicking(html`<h2 tabindex="-1">${t('providers.title')}</h2>`);
    if (item === '') {
      return html`<div class="card state pick">${icon('connection')}<p>${t('connections.pick')}</p></div>`;
    }
    const connection = this.items.find(({ id }) => id === item);
    const override = connection === undefined ? undefined : this.#overrides.get(connection.providerId);
    return html`<strongroom-connection-details
      .client=${this.client}
      .online=${this.online}
      .provider=${this.providers.get(connection?.providerId ?? this.details?.provider?.id ?? '')}
      .workspace=${this.workspace}
      .connection=${connection}
      .connectionId=${item}
      .edited=${this.#edited}
      .overriddenBy=${connection?.scope === 'user' ? override : undefined}
      .overridden=${connection !== undefined && connection.id === override?.id ? this.#usersOwn(connection.providerId)[0] : undefined}
      @strongroom-changed=${({ detail }: CustomEvent<Connection>) => this.#put(detail)}
      @strongroom-removed=${this.#removed}
      @strongroom-again=${this.#again}
      @strongroom-unsaved=${({ detail }: CustomEvent<ReadonlySet<string>>) => {
        this.unsaved = detail;
      }}
      @strongroom-message=${({ detail }: CustomEvent<string>) => this.#say(detail)}
    ></strongroom-connection-details>`;
  }

  #usersOwn(providerId: string): Connection[] {
    return this.items
      .filter((other) => other.providerId === providerId && other.scope === 'user')
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  #renderNew(providerId: string): TemplateResult {
    const provider = this.providers.get(providerId);
    if (provider?.registered !== true) return this.#renderPicking(html`<h2 tabindex="-1">${t('providers.title')}</h2>`);
    return html`<strongroom-connection-new
      .client=${this.client}
      .online=${this.online}
      .provider=${provider}
      .workspace=${this.workspace}
      .others=${this.#usersOwn(providerId)}
      .start=${this.start}
      @strongroom-created=${this.#created}
      @strongroom-cancel=${() => {
        this.start = undefined;
        void this.#show(this.items.length === 0 ? '' : this.#narrow.matches ? '' : this.active, true);
      }}
    ></strongroom-connection-new>`;
  }

  #renderWelcome(): TemplateResult {
    if (this.#offered.length === 0) {
      return html`<div class="card state">
        ${icon('connection')}
        <h2>${t('providers.empty')}</h2>
        <p>${t('providers.empty.text')}</p>
      </div>`;
    }
    return this.#renderPicking(
      html`<h2 tabindex="-1">${t('connections.empty')}</h2><p class="muted">${t('connections.empty.text')}</p>`,
    );
  }

  #renderPicking(heading: TemplateResult): TemplateResult {
    const offered = this.#offered;
    return html`<section class="picking">
      <div>${heading}</div>
      ${
        offered.length === 0
          ? html`<p class="muted">${t('providers.empty.text')}</p>`
          : html`<strongroom-provider-cards
              .providers=${offered}
              @strongroom-provider=${({ detail }: CustomEvent<string>) => void this.#show(`${kNew}/${detail}`, true)}
            ></strongroom-provider-cards>`
      }
    </section>`;
  }

  #renderList(): TemplateResult {
    const list = this.#matching;
    const used = new Set(this.items.map(({ providerId }) => providerId));
    return html`<div class="card list">
      <div class="tools" role="search">
        <div class="search">
          ${icon('search')}<input
            type="search"
            autocomplete="off"
            spellcheck="false"
            aria-label=${t('connections.search')}
            placeholder=${t('connections.search.hint')}
            .value=${this.words}
            @input=${(event: InputEvent) => {
              this.words = (event.target as HTMLInputElement).value;
            }}
            @keydown=${(event: KeyboardEvent) => {
              if (event.key === 'ArrowDown' && list.length > 0) {
                event.preventDefault();
                this.listbox?.focus();
              }
            }}
          />
        </div>
        <select
          aria-label=${t('connections.provider.filter')}
          @change=${(event: Event) => {
            this.providerId = (event.target as HTMLSelectElement).value;
          }}
        >
          <option value="" .selected=${this.providerId === ''}>${t('connections.provider.all')}</option>
          ${[...used]
            .map((id) => ({ id, name: this.providers.get(id)?.displayName ?? id }))
            .sort((one, other) => one.name.localeCompare(other.name))
            .map(({ id, name }) => html`<option value=${id} .selected=${id === this.providerId}>${name}</option>`)}
        </select>
        <select
          aria-label=${t('connections.scope.filter')}
          @change=${(event: Event) => {
            this.scope = (event.target as HTMLSelectElement).value;
          }}
        >
          <option value="" .selected=${this.scope === ''}>${t('connections.scope.all')}</option>
          <option value="user" .selected=${this.scope === 'user'}>${t('scope.user')}</option>
          <option value="workspace" .selected=${this.scope === 'workspace'}>
            ${this.workspace === undefined ? t('scope.workspace') : t('scope.workspace.only', { workspace: this.workspace.name })}
          </option>
        </select>
      </div>
      ${
        list.length === 0
          ? html`<div class="state none">
              <p>${t('connections.none')}</p>
              <button type="button" @click=${() => this.#clearFilters()}>${t('connections.none.clear')}</button>
            </div>`
          : html`<div
              class="rows"
              role="listbox"
              tabindex="0"
              aria-label=${t('connections.list')}
              aria-activedescendant=${this.active !== '' && list.some(({ id }) => id === this.active) ? this.active : nothing}
              @keydown=${this.#key}
              @focus=${() => {
                if (this.active === '' || !list.some(({ id }) => id === this.active)) this.active = list[0]?.id ?? '';
              }}
            >
              ${virtual<Connection>({
                items: list,
                key: ({ id }) => id,
                row: (connection, index) => this.#renderRow(connection, index, list.length),
                size: kRowPixels,
                keep: [this.active],
                reveal: this.active,
              })}
            </div>`
      }
      <p class="count" role="status">
        ${
          list.length === this.items.length
            ? tn('connections.count', this.items.length)
            : t('connections.shown', { shown: number(list.length), count: tn('connections.count', this.items.length) })
        }${this.phase === 'more' ? html`, ${t('connections.loading.more')}` : nothing}
      </p>
    </div>`;
  }

  #renderRow(connection: Connection, index: number, count: number): TemplateResult {
    const { id, displayName, providerId, scope, workspaceId } = connection;
    const provider = this.providers.get(providerId);
    const overridden = scope === 'user' && this.#overrides.has(providerId);
    const mark = this.unsaved.has(id)
      ? (['edit', 'unsaved', t('connections.unsaved')] as const)
      : connection.needsAttention !== null
        ? (['warning', 'attention', t('connections.attention')] as const)
        : connection.lastTest?.ok === false
          ? (['warning', 'failed', t('connections.test.failed')] as const)
          : undefined;
    return html`<div
      id=${id}
      class="row ${id === this.active ? 'active' : ''}"
      role="option"
      data-index=${index}
      aria-selected=${id === this.item}
      aria-posinset=${index + 1}
      aria-setsize=${count}
      @click=${() => this.#choose(id)}
    >
      ${providerIcon(provider, displayName)}
      <div class="text">
        <span class="name" title=${displayName}><bdi>${displayName}</bdi></span>
        <span class="under">
          <bdi>${provider?.displayName ?? providerId}</bdi>
          ${
            scope === 'user'
              ? nothing
              : html`<span class="badge">${icon('workspace')}<bdi>${workspaceId === this.workspace?.id ? this.workspace?.name : workspaceId}</bdi></span>`
          }
          ${overridden ? html`<span class="badge overridden">${t('connections.overridden')}</span>` : nothing}
        </span>
      </div>
      ${mark === undefined ? nothing : html`<span class="mark ${mark[1]}" title=${mark[2]}>${icon(mark[0])}<span class="hidden">${mark[2]}</span></span>`}
    </div>`;
  }
}

/** Two sorted lists as one. */
function merged(
  one: readonly Connection[],
  other: readonly Connection[],
  compare: (one: Connection, other: Connection) => number,
): Connection[] {
  const result: Connection[] = [];
  let from = 0;
  for (const item of other) {
    let [low, high] = [from, one.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(one[middle] as Connection, item) < 0) low = middle + 1;
      else high = middle;
    }
    for (; from < low; from += 1) result.push(one[from] as Connection);
    result.push(item);
  }
  for (; from < one.length; from += 1) result.push(one[from] as Connection);
  return result;
}
