/** The Connections page: the list beside one connection, or the way to a new one. */

import { html, type LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Connection, ProviderInfo } from '../../contracts/index.js';
import type { SettingsClient } from './client.js';
import './connection-details.js';
import type { ConnectionDetails, EditedConnections } from './connection-details.js';
import { byName, type Draft, overrides } from './connection-model.js';
import './connection-new.js';
import { connectionsStyles } from './connections-styles.js';
import { icon } from './icons.js';
import { countText, ListPage } from './list-page.js';
import { collator, t, warmUp } from './messages.js';
import { pagesOf } from './paging.js';
import { button, choice, search, stateCard } from './parts.js';
import type { SettingsWorkspace } from './place.js';
import { providerCards } from './provider-cards.js';
import { providerIcon } from './provider-icon.js';
import { controls } from './styles.js';
import { virtual } from './virtual-list.js';

/** While a long list is being read, how often what has come is shown. */
const kShowMs = 200;
/** About the height of a row. */
const kRowPixels = 55;
/** As in the styles: below this width either the list is shown or what was chosen from it. */
const kNarrow = '(max-width: 64rem)';
/** What `item` says of a new connection: `new`, or `new/` and the id of the service. */
const kNew = 'new';
const kListbox = '[role=listbox]';
/** What a row shows of a connection. */
type Listed = Pick<
  Connection,
  'id' | 'providerId' | 'scope' | 'workspaceId' | 'displayName' | 'needsAttention' | 'lastTest'
>;
/**
 * Stand for connections while these are on their way, without a word. What draws the rows has been used by the time
 * they come, and is known by its height: the first use of a template and of a formatter costs more than all others.
 */
const kWaiting: readonly Listed[] = Array.from({ length: 9 }, (_, index) => ({
  id: `waiting-${index}`,
  providerId: '',
  scope: 'user',
  workspaceId: null,
  displayName: ' ',
  needsAttention: null,
  lastTest: null,
}));

/** Fires `strongroom-item` (what is shown now: the id of a connection, `new`, `new/<provider>` or nothing). */
@customElement('strongroom-connections-page')
export class ConnectionsPage extends ListPage<Connection> {
  static override readonly styles = [controls, connectionsStyles];

  @property({ attribute: false }) workspace: SettingsWorkspace | undefined;
  @property({ attribute: false }) item = '';

  @state() private providers: ReadonlyMap<string, ProviderInfo> = new Map();
  @state() private providerId = '';
  @state() private scope = '';
  @state() private active = '';
  @state() private unsaved: ReadonlySet<string> = new Set();
  @state() private start: Draft | undefined;

  @query(kListbox) private listbox!: HTMLElement | null;
  @query('strongroom-connection-details') private details!: ConnectionDetails | null;

  /** What is typed about connections and not saved yet. */
  readonly #edited: EditedConnections = new Map();
  readonly #narrow = matchMedia(kNarrow);
  /** The connections that match, for as long as nothing that decides about it has changed. */
  #matching: readonly Connection[] = [];
  #overrides = new Map<string, Connection>();
  /** The service that a new connection is being typed for; it may be gone for a while. */
  #making: ProviderInfo | undefined;

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed as PropertyValues<this>);
    const before = changed.get('workspace') as SettingsWorkspace | undefined;
    if (changed.has('workspace') && this.hasUpdated && this.workspace?.id !== before?.id) void this.load();
    if (changed.has('item') && !this.item.startsWith(kNew)) this.active = this.item;
    if (changed.has('items') || changed.has('workspace')) this.#overrides = overrides(this.items, this.workspace?.id);
    // A service that nothing is connected to any more is not offered to filter by.
    if (changed.has('items') && !this.items.some(({ providerId }) => providerId === this.providerId))
      this.providerId = '';
    if (['items', 'providers', 'words', 'providerId', 'scope'].some((name) => changed.has(name))) this.#match();
  }

  protected override listen(client: SettingsClient): readonly (() => void)[] {
    const redraw = (): void => this.requestUpdate();
    this.#narrow.addEventListener('change', redraw);
    return [
      ...super.listen(client),
      () => this.#narrow.removeEventListener('change', redraw),
      client.on('changed', ({ entity, id }) => {
        if (entity === 'connection') this.follow(id);
        // What a provider asks for decides what needs attention.
        else if (entity === 'provider') this.follow('');
      }),
    ];
  }

  protected override async readOne(client: SettingsClient, id: string): Promise<Connection | undefined> {
    const connection = await client.invoke('connections.get', { id });
    const elsewhere = this.workspace !== undefined && ![null, this.workspace.id].includes(connection.workspaceId);
    return elsewhere ? undefined : connection;
  }

  /** Reads every page of the list and shows it as it comes. */
  protected override async read(client: SettingsClient, overtaken: () => boolean): Promise<() => void> {
    const first = this.phase === 'loading';
    warmUp();
    const { items: providers } = await client.invoke('providers.list', {});
    if (overtaken()) return () => {};
    this.providers = new Map(providers.map((provider) => [provider.id, provider]));
    const compare = byName();
    const request = this.workspace === undefined ? {} : { workspaceId: this.workspace.id };
    let items: Connection[] = [];
    let damaged = 0;
    let shown = Number.NEGATIVE_INFINITY;
    for await (const page of pagesOf(client, 'connections.list', request)) {
      if (overtaken()) break;
      items = merged(items, [...page.items].sort(compare), compare);
      damaged += page.damaged ?? 0;
      if (!first || page.nextCursor === undefined || performance.now() - shown < kShowMs) continue;
      shown = performance.now();
      this.items = items;
      this.phase = 'more';
    }
    return () => {
      this.items = items;
      this.damaged = damaged;
    };
  }

  #match(): void {
    const { words, providerId, scope } = this;
    const found = this.finder();
    this.#matching =
      `${words}${providerId}${scope}` === ''
        ? this.items
        : this.items.filter((connection) => {
            if (providerId !== '' && connection.providerId !== providerId) return false;
            if (scope !== '' && connection.scope !== scope) return false;
            const provider = this.providers.get(connection.providerId)?.displayName ?? '';
            return found(`${connection.displayName}\n${provider}\n${connection.providerId}`);
          });
  }

  protected override put(connection: Connection): void {
    this.drop([connection.id]);
    this.items = merged(this.items, [connection], byName());
  }

  /** Shows a connection, the way to a new one, or (on a narrow window) the list. */
  async #show(item: string, focus: boolean): Promise<void> {
    this.item = item;
    this.tell('item', item);
    if (!focus) return;
    if (item === '') return this.focusOn(kListbox);
    await this.updateComplete;
    if (item.startsWith(kNew)) {
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

  readonly #outdated = (): Promise<void> => this.reload();

  readonly #created = async ({ detail, currentTarget }: CustomEvent<Connection>): Promise<void> => {
    this.put(detail);
    this.say(t('connections.created', { name: detail.displayName }));
    // Whoever has left the form meanwhile stays where they are.
    if (!this.renderRoot.contains(currentTarget as Element)) return;
    this.start = undefined;
    this.#clearFilters();
    await this.#show(detail.id, true);
  };

  readonly #removed = async ({ detail: id }: CustomEvent<string>): Promise<void> => {
    const index = this.#matching.findIndex((other) => other.id === id);
    const next = this.#matching[index + 1] ?? this.#matching[index - 1];
    this.drop([id]);
    this.active = next?.id ?? '';
    await this.#show(this.#narrow.matches ? '' : this.active, false);
    await this.focusOn(kListbox);
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
    const waiting = this.phase === 'loading';
    const failed = this.phase === 'failed';
    const empty = this.phase === 'ready' && this.items.length === 0;
    const add = button(
      [icon('plus'), t('connections.add')],
      () => {
        this.start = undefined;
        void this.#show(kNew, true);
      },
      { class: 'primary add', hidden: empty || waiting || failed },
    );
    return html`
      ${this.renderHead('connections', add, this.item === '' || empty ? '' : 'chosen')}
      ${this.renderDamaged()}
      ${failed ? this.renderWaiting('connections') : this.#renderPanes(empty, waiting)}
    `;
  }

  // One template for all: what is typed about a connection stays when it was the last one, and was removed elsewhere.
  #renderPanes(empty: boolean, waiting: boolean): TemplateResult {
    return html`<div class="panes ${empty ? 'alone' : this.item === '' ? '' : 'chosen'}">
      ${empty ? nothing : this.#renderList(waiting)}
      <div class="shown">
        ${button([icon('chevron'), t('connections.back')], () => this.#show('', true), { class: 'link back' })}
        ${waiting && this.item !== '' ? nothing : this.#renderShown(empty)}
      </div>
    </div>`;
  }

  #renderShown(empty: boolean): unknown {
    const { item } = this;
    if (item.startsWith(`${kNew}/`)) return this.#renderNew(item.slice(kNew.length + 1));
    if (empty && (item === '' || item === kNew)) return this.#renderWelcome();
    if (item === kNew) return this.#renderPicking(html`<h2 tabindex="-1">${t('providers.title')}</h2>`);
    if (item === '') {
      return html`<div class="card state pick">${icon('connection')}<p>${t('connections.pick')}</p></div>`;
    }
    const connection = this.items.find(({ id }) => id === item);
    const override = connection === undefined ? undefined : this.#overrides.get(connection.providerId);
    // One that was removed elsewhere is still of its service, as far as it was edited or is on show.
    const { details } = this;
    const shown = details?.connectionId === item ? details.provider?.id : undefined;
    const providerId = (connection ?? this.#edited.get(item)?.base)?.providerId ?? shown;
    return anew(
      item,
      html`<strongroom-connection-details
      .client=${this.client}
      .online=${this.online}
      .provider=${this.providers.get(providerId ?? '')}
      .workspace=${this.workspace}
      .connection=${connection}
      .connectionId=${item}
      .edited=${this.#edited}
      .overriddenBy=${connection?.scope === 'user' ? override : undefined}
      .overridden=${connection !== undefined && connection.id === override?.id ? this.#usersOwn(connection.providerId)[0] : undefined}
      @strongroom-outdated=${this.#outdated}
      @strongroom-changed=${({ detail }: CustomEvent<Connection>) => this.put(detail)}
      @strongroom-removed=${this.#removed}
      @strongroom-again=${this.#again}
      @strongroom-unsaved=${({ detail }: CustomEvent<ReadonlySet<string>>) => {
        this.unsaved = detail;
      }}
    ></strongroom-connection-details>`,
    );
  }

  #usersOwn(providerId: string): Connection[] {
    return this.items
      .filter((other) => other.providerId === providerId && other.scope === 'user')
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  #renderNew(providerId: string): unknown {
    const offered = this.providers.get(providerId);
    if (offered?.registered === true) this.#making = offered;
    const provider = this.#making;
    if (provider?.id !== providerId) return this.#renderPicking(html`<h2 tabindex="-1">${t('providers.title')}</h2>`);
    return anew(
      providerId,
      html`<strongroom-connection-new
      .client=${this.client}
      .online=${this.online}
      .provider=${provider}
      .workspace=${this.workspace}
      .others=${this.#usersOwn(providerId)}
      .start=${this.start}
      @strongroom-outdated=${this.#outdated}
      @strongroom-created=${this.#created}
      @strongroom-cancel=${() => {
        this.start = undefined;
        void this.#show(this.items.length === 0 || this.#narrow.matches ? '' : this.active, true);
      }}
    ></strongroom-connection-new>`,
    );
  }

  #renderWelcome(): TemplateResult {
    if (this.#offered.length === 0) {
      return stateCard('connection', t('providers.empty'), t('providers.empty.text'));
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
          : providerCards(offered, (id) => void this.#show(`${kNew}/${id}`, true))
      }
    </section>`;
  }

  #renderList(waiting: boolean): TemplateResult {
    const list = waiting ? kWaiting : this.#matching;
    const used = new Set(this.items.map(({ providerId }) => providerId));
    const { compare } = collator();
    const services = [...used]
      .map((id) => [id, this.providers.get(id)?.displayName ?? id] as const)
      .sort(([, one], [, other]) => compare(one, other));
    const here =
      this.workspace === undefined
        ? t('scope.workspace')
        : t('scope.workspace.only', { workspace: this.workspace.name });
    return html`<div class="card list" aria-busy=${waiting}>
      <div class="tools" role="search">
        ${search(
          t('connections.search'),
          t('connections.search.hint'),
          this.words,
          (words) => {
            this.words = words;
          },
          (event) => {
            if (event.key !== 'ArrowDown' || list.length === 0) return;
            event.preventDefault();
            this.listbox?.focus();
          },
        )}
        ${choice(
          t('connections.provider.filter'),
          [['', t('connections.provider.all')], ...services],
          this.providerId,
          (id) => {
            this.providerId = id;
          },
        )}
        ${choice(
          t('scope.label'),
          [
            ['', t('connections.scope.all')],
            ['user', t('scope.user')],
            ['workspace', here],
          ],
          this.scope,
          (scope) => {
            this.scope = scope;
          },
        )}
      </div>
      ${
        list.length === 0
          ? html`<div class="state none">
              <p>${t('list.none')}</p>
              ${button(t('list.clear'), () => this.#clearFilters())}
            </div>`
          : html`<div
              class="rows"
              role=${waiting ? nothing : 'listbox'}
              tabindex=${waiting ? nothing : 0}
              aria-hidden=${waiting || nothing}
              aria-label=${waiting ? nothing : t('page.connections')}
              aria-activedescendant=${this.active !== '' && list.some(({ id }) => id === this.active) ? this.active : nothing}
              @click=${(event: MouseEvent) => {
                const row = (event.target as HTMLElement).closest('.row');
                if (row !== null) this.#choose(row.id);
              }}
              @keydown=${this.#key}
              @focus=${() => {
                if (this.active === '' || !list.some(({ id }) => id === this.active)) this.active = list[0]?.id ?? '';
              }}
            >
              ${virtual<Listed>({
                items: list,
                key: ({ id }) => id,
                row: (connection, index) => this.#renderRow(connection, index, list.length),
                size: kRowPixels,
                keep: [this.active],
                reveal: this.active,
              })}
            </div>`
      }
      <p class="count" role="status">${waiting ? t('list.loading') : this.#renderCount()}</p>
    </div>`;
  }

  #renderCount(): string {
    const count = countText('connections', this.#matching.length, this.items.length);
    return this.phase === 'more' ? `${count}, ${t('connections.loading.more')}` : count;
  }

  #renderRow(connection: Listed, index: number, count: number): TemplateResult {
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

/** An element of its own for each key: what was typed into one, or goes wrong in it, is never another one's. */
function anew(key: string, element: TemplateResult): unknown {
  return repeat(
    [key],
    () => key,
    () => element,
  );
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
