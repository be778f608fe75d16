/** The Access page: what was decided, by whoever may use it or by connection; who waits, and who is silenced. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ConsentRequest, GrantInfo, Silence } from '../../contracts/index.js';
import { Names } from './access-names.js';
import { accessStyles } from './access-styles.js';
import './bulk-dialog.js';
import type { BulkDialog } from './bulk-dialog.js';
import { ClientError, type SettingsClient, type SettingsEvents } from './client.js';
import { ago, clock, errorText, plainly, roleText } from './format.js';
import { type IconName, icon } from './icons.js';
import { collator, locales, t, tn } from './messages.js';
import { goTo } from './place.js';
import { providerIcon } from './provider-icon.js';
import { controls } from './styles.js';
import { virtual } from './virtual-list.js';

const kPageSize = 500;
/** Changes that come closer together than this are fetched together. */
const kGatherMs = 80;

/** A row of the table: the heading of a group, or a decision. */
type Row =
  | { readonly key: string; readonly name: string; readonly grants: readonly GrantInfo[]; readonly first: GrantInfo }
  | { readonly key: string; readonly grant: GrantInfo };

/**
 * Fires `strongroom-message` (a sentence for the status line) and `strongroom-answer` (the id of a request to be shown).
 */
@customElement('strongroom-access-page')
export class AccessPage extends LitElement {
  static override readonly styles = [controls, accessStyles];

  @property({ attribute: false }) client: SettingsClient | undefined;
  @property({ attribute: false }) online = true;

  @state() private phase: 'loading' | 'ready' | 'failed' = 'loading';
  @state() private grants: readonly GrantInfo[] = [];
  @state() private damaged = 0;
  @state() private requests: readonly ConsentRequest[] = [];
  @state() private silences: readonly Silence[] = [];
  @state() private names = new Names();
  @state() private failure = '';
  @state() private problem = '';
  @state() private words = '';
  @state() private grouping: 'principal' | 'connection' = 'principal';
  /** The row that stays in the document because it has the focus, or is to get it. */
  @state() private kept = '';
  @state() private revoking: ReadonlySet<string> = new Set();
  @query('strongroom-bulk-dialog') private bulk!: BulkDialog;

  #stop: (() => void)[] = [];
  #clock: ReturnType<typeof setInterval> | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #namesChanged = false;
  #round = 0;
  #seconds = 0;
  #rows: readonly Row[] = [];
  #rowsOf: readonly unknown[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => this.#tick(), 1000);
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#clock);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    for (const stop of this.#stop) stop();
    this.#stop = [];
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('client')) this.#listen();
    else if (changed.get('online') === false && this.online) void this.#load(true);
  }

  /** The time that is left is shown to the second, how long ago something was to the minute. */
  #tick(): void {
    this.#seconds += 1;
    if (this.requests.length > 0 || this.#seconds % 60 === 0) this.requestUpdate();
  }

  #listen(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
    if (this.client === undefined || !this.isConnected) return;
    this.#stop = [
      this.client.on('changed', ({ entity }) => this.#changed(entity)),
      this.client.on('consent', () => this.#changed('consent')),
    ];
    void this.#load(true);
  }

  #changed(entity: SettingsEvents['changed']['entity']): void {
    if (entity === 'secret' || entity === 'audit') return;
    if (entity === 'connection' || entity === 'provider') this.#namesChanged = true;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      const names = this.#namesChanged;
      this.#namesChanged = false;
      void this.#load(names);
    }, kGatherMs);
  }

  async #load(withNames: boolean): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.#round += 1;
    const round = this.#round;
    if (this.phase === 'failed') this.phase = 'loading';
    if (withNames) {
      void Names.load(client).then((names) => {
        this.names = names;
      });
    }
    try {
      const [grants, requests, silences] = await Promise.all([
        this.#loadGrants(client),
        client.invoke('consent.list', {}),
        client.invoke('consent.silenced', {}),
      ]);
      if (round !== this.#round) return;
      this.grants = grants.items;
      this.damaged = grants.damaged;
      this.requests = requests.items;
      this.silences = silences.items;
      this.phase = 'ready';
    } catch (thrown) {
      if (round !== this.#round) return;
      // What is on show stays on show; the banner above says that the connection is lost.
      if (this.phase === 'ready' && ClientError.from(thrown).code === 'DISCONNECTED') return;
      this.failure = errorText(thrown);
      this.phase = 'failed';
    }
  }

  async #loadGrants(client: SettingsClient): Promise<{ items: readonly GrantInfo[]; damaged: number }> {
    const items: GrantInfo[] = [];
    let damaged = 0;
    let cursor: string | undefined;
    do {
      const page = await client.invoke('grants.list', {
        once: true,
        limit: kPageSize,
        ...(cursor === undefined ? {} : { cursor }),
      });
      items.push(...page.items);
      damaged += page.damaged ?? 0;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { items, damaged };
  }

  #nameOf(connectionId: string): string {
    return plainly(this.names.connections.get(connectionId)?.displayName ?? t('access.connection.gone'));
  }

  #wordsOf(grant: GrantInfo): { who: string; field: string; connection: string } {
    return {
      who: plainly(grant.principalId),
      field: plainly(this.names.fieldOf(grant.connectionId, grant.field)),
      connection: this.#nameOf(grant.connectionId),
    };
  }

  #matching(): readonly GrantInfo[] {
    const words = this.words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return this.grants;
    return this.grants.filter((grant) => {
      const provider = this.names.providerOf(grant.connectionId)?.displayName ?? '';
      const text = [...Object.values(this.#wordsOf(grant)), provider, decisionText(grant), grant.reason]
        .join('\n')
        .toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  /** The same array until what it is made of changes, so that the list can tell. */
  #grouped(): readonly Row[] {
    const of = [this.grants, this.names, this.words, this.grouping, locales()[0]];
    if (of.every((part, index) => part === this.#rowsOf[index])) return this.#rows;
    const names = collator();
    const byPrincipal = this.grouping === 'principal';
    const groups = new Map<string, [GrantInfo, ...GrantInfo[]]>();
    for (const grant of this.#matching()) {
      const key = byPrincipal ? `${grant.role} ${grant.principalId}` : grant.connectionId;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [grant]);
      else group.push(grant);
    }
    const nameOf = (grant: GrantInfo): string =>
      byPrincipal ? plainly(grant.principalId) : this.#nameOf(grant.connectionId);
    const orders = new Map(
      [...groups.values()].flat().map((grant) => {
        const { who, field, connection } = this.#wordsOf(grant);
        return [grant, `${byPrincipal ? connection : who}\n${field}`];
      }),
    );
    const compare = (one: GrantInfo, other: GrantInfo): number =>
      names.compare(orders.get(one) ?? '', orders.get(other) ?? '') || (one.id < other.id ? -1 : 1);
    this.#rowsOf = of;
    this.#rows = [...groups]
      .map(([key, grants]) => ({ key: `group ${key}`, name: nameOf(grants[0]), grants, first: grants[0] }))
      .sort((one, other) => names.compare(one.name, other.name))
      .flatMap((group): Row[] => [group, ...group.grants.sort(compare).map((grant) => ({ key: grant.id, grant }))]);
    return this.#rows;
  }

  #say(message: string): void {
    this.dispatchEvent(new CustomEvent('strongroom-message', { detail: message }));
  }

  async #revoke(grant: GrantInfo): Promise<void> {
    const { client } = this;
    if (client === undefined || this.revoking.has(grant.id)) return;
    this.problem = '';
    this.revoking = new Set([...this.revoking, grant.id]);
    try {
      await client.invoke('grants.revoke', { id: grant.id });
    } catch (thrown) {
      const error = ClientError.from(thrown);
      if (error.code !== 'NOT_FOUND') {
        this.problem = errorText(error);
        return;
      }
    } finally {
      this.revoking = new Set([...this.revoking].filter((id) => id !== grant.id));
    }
    const rows = this.#grouped();
    const index = rows.findIndex(({ key }) => key === grant.id);
    const next = [rows[index + 1], rows[index - 1]].find((row) => row !== undefined && 'grant' in row);
    this.#forget([grant.id]);
    this.#say(t('access.revoked', this.#wordsOf(grant)));
    await this.#focusAfter(next?.key);
  }

  #forget(ids: readonly string[]): void {
    const gone = new Set(ids);
    this.grants = this.grants.filter(({ id }) => !gone.has(id));
  }

  async #focusAfter(key: string | undefined): Promise<void> {
    this.kept = key ?? '';
    await this.updateComplete;
    const row =
      key === undefined ? null : this.renderRoot.querySelector<HTMLElement>(`[data-id="${CSS.escape(key)}"] .revoke`);
    (row ?? this.renderRoot.querySelector<HTMLElement>('h1'))?.focus();
  }

  #revokeAll(grants: readonly GrantInfo[]): void {
    this.#say('');
    void this.bulk.open({
      stem: 'grants',
      items: grants.map((grant) => {
        const { who, field, connection } = this.#wordsOf(grant);
        return { id: grant.id, name: `${who}: ${connection} · ${field}` };
      }),
      run: async (id) => await this.client?.invoke('grants.revoke', { id }),
    });
  }

  async #revokedAll({ detail }: CustomEvent<readonly string[]>): Promise<void> {
    this.#forget(detail);
    this.#say(tn('bulk.grants.done', detail.length));
    await this.#focusAfter(undefined);
  }

  async #unsilence({ principalId, role, connectionId }: Silence): Promise<void> {
    this.problem = '';
    try {
      await this.client?.invoke('consent.unsilence', { principalId, role, connectionId });
    } catch (thrown) {
      const error = ClientError.from(thrown);
      if (error.code !== 'NOT_FOUND') {
        this.problem = errorText(error);
        return;
      }
    }
    this.silences = this.silences.filter(
      (other) => other.principalId !== principalId || other.role !== role || other.connectionId !== connectionId,
    );
    this.#say(t('access.unsilenced', { who: plainly(principalId) }));
    await this.#focusAfter(undefined);
  }

  protected override render(): TemplateResult {
    return html`
      <div class="head">
        <div>
          <h1 tabindex="-1">${t('page.access')}</h1>
          <p>${t('access.intro')}</p>
        </div>
        <button type="button" ?hidden=${this.grants.length === 0} @click=${() => this.#revokeAll(this.grants)}>
          ${icon('remove')}${t('access.revoke.all')}
        </button>
      </div>
      ${this.problem === '' ? nothing : html`<div class="note danger" role="alert">${icon('warning')}<div>${this.problem}</div></div>`}
      ${this.#renderBody()}
      <strongroom-bulk-dialog @strongroom-bulk=${this.#revokedAll}></strongroom-bulk-dialog>
    `;
  }

  #renderBody(): TemplateResult {
    if (this.phase === 'loading') {
      return html`<div class="card state" role="status"><p>${t('access.loading')}</p></div>`;
    }
    if (this.phase === 'failed') {
      return html`<div class="card state" role="alert">
        ${icon('warning')}
        <h2>${t('access.failed')}</h2>
        <p>${this.failure}</p>
        <button type="button" @click=${() => void this.#load(true)}>${t('banner.retry')}</button>
      </div>`;
    }
    return html`${this.#renderRequests()} ${this.#renderSilences()} ${this.#renderDecisions()}`;
  }

  #renderRequests(): TemplateResult | typeof nothing {
    const waiting = this.requests.filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now());
    if (waiting.length === 0) return nothing;
    return html`<section aria-labelledby="waiting">
      <h2 id="waiting">${t('access.waiting')}</h2>
      <ul class="card items">
        ${waiting.map((request) => {
          const who = plainly(request.principalId);
          return html`<li>
            <span class="badge">${icon(roleIcon(request.role))}</span>
            <div class="text">
              <p>${t('access.waiting.text', { who, field: plainly(request.fieldTitle), connection: plainly(request.connectionName) })}</p>
              <p class="muted small">
                <bdi><q>${plainly(request.reason)}</q></bdi>
                <span class="number">${t('consent.expires', { time: clock(Date.parse(request.expiresAt) - Date.now()) })}</span>
              </p>
            </div>
            <button
              type="button"
              class="primary"
              aria-label=${t('access.waiting.answer.of', { who })}
              @click=${() => this.dispatchEvent(new CustomEvent('strongroom-answer', { detail: request.id }))}
            >
              ${t('access.waiting.answer')}
            </button>
          </li>`;
        })}
      </ul>
    </section>`;
  }

  #renderSilences(): TemplateResult | typeof nothing {
    const silences = this.silences.filter(({ until }) => Date.parse(until) > Date.now());
    if (silences.length === 0) return nothing;
    return html`<section aria-labelledby="silenced">
      <h2 id="silenced">${t('access.silenced')}</h2>
      <p class="muted">${t('access.silenced.text')}</p>
      <ul class="card items">
        ${silences.map((silence) => {
          const who = plainly(silence.principalId);
          const connection = this.#nameOf(silence.connectionId);
          return html`<li>
            <span class="badge">${icon(roleIcon(silence.role))}</span>
            <div class="text">
              <p><strong><bdi>${who}</bdi></strong> · <bdi>${connection}</bdi></p>
              <p class="muted small">${t('access.silenced.until', { time: moment(silence.until) })}</p>
            </div>
            <button
              type="button"
              aria-label=${t('access.unsilence.of', { who, connection })}
              @click=${() => void this.#unsilence(silence)}
            >
              ${t('access.unsilence')}
            </button>
          </li>`;
        })}
      </ul>
    </section>`;
  }

  #renderDecisions(): TemplateResult {
    const damaged =
      this.damaged === 0
        ? nothing
        : html`<div class="note danger damaged">${icon('warning')}<div>${tn('access.damaged', this.damaged)}</div></div>`;
    if (this.grants.length === 0) {
      return html`${damaged}
        <div class="card state">
          ${icon('access')}
          <h2>${t('access.empty')}</h2>
          <p>${t('access.empty.text')}</p>
        </div>`;
    }
    const rows = this.#grouped();
    const shown = rows.filter((row) => 'grant' in row).length;
    return html`<section aria-labelledby="decisions">
      <h2 id="decisions">${t('access.decisions')}</h2>
      ${damaged}
      <div class="tools" role="search">
        <div class="search">
          ${icon('search')}
          <input
            type="search"
            autocomplete="off"
            spellcheck="false"
            aria-label=${t('access.search')}
            placeholder=${t('access.search.hint')}
            .value=${this.words}
            @input=${(event: InputEvent) => {
              this.words = (event.target as HTMLInputElement).value;
            }}
          />
        </div>
        <fieldset class="toggle">
          <legend>${t('access.group')}</legend>
          ${(['principal', 'connection'] as const).map(
            (grouping) => html`<label>
              <input
                type="radio"
                name="grouping"
                .checked=${this.grouping === grouping}
                @change=${() => {
                  this.grouping = grouping;
                }}
              />
              <span>${t(`access.group.${grouping}`)}</span>
            </label>`,
          )}
        </fieldset>
      </div>
      ${
        shown === 0
          ? html`<div class="card state">
              <p>${t('access.none')}</p>
              <button
                type="button"
                @click=${() => {
                  this.words = '';
                }}
              >
                ${t('access.none.clear')}
              </button>
            </div>`
          : this.#renderTable(rows)
      }
      <div class="foot">
        <span role="status">
          ${
            shown === this.grants.length
              ? tn('access.count', shown)
              : t('secrets.shown', { shown, count: tn('access.count', this.grants.length) })
          }
        </span>
      </div>
    </section>`;
  }

  // The roles are those that the elements have anyway; a narrow window lays the table out as cards, and takes them away.
  #renderTable(rows: readonly Row[]): TemplateResult {
    const byPrincipal = this.grouping === 'principal';
    return html`<div class="card">
      <table class="table long" role="table" aria-label=${t('access.decisions')} aria-rowcount=${rows.length + 1} @focusin=${(
        event: FocusEvent,
      ) => {
        this.kept = (event.target as HTMLElement).closest<HTMLElement>('[data-index]')?.dataset.key ?? '';
      }}>
        <thead role="rowgroup">
          <tr role="row">
            <th scope="col" role="columnheader">${t(byPrincipal ? 'access.column.what' : 'access.column.who')}</th>
            <th scope="col" role="columnheader">${t('access.column.decision')}</th>
            <th scope="col" role="columnheader">${t('access.column.reason')}</th>
            <th scope="col" role="columnheader">${t('access.column.created')}</th>
            <th scope="col" role="columnheader">${t('access.column.used')}</th>
            <th scope="col" role="columnheader"><span class="hidden">${t('access.column.actions')}</span></th>
          </tr>
        </thead>
        ${virtual<Row>({
          items: rows,
          key: ({ key }) => key,
          row: (row, index) => html`<tbody role="rowgroup" data-index=${index} data-key=${row.key}>
            ${'grant' in row ? this.#renderGrant(row.grant, index) : this.#renderGroup(row, index)}
          </tbody>`,
          size: 52,
          keep: this.kept === '' ? [] : [this.kept],
          spacer: (pixels) =>
            html`<tbody aria-hidden="true"><tr><td class="spacer" colspan="6" .style=${`block-size:${pixels}px`}></td></tr></tbody>`,
        })}
      </table>
    </div>`;
  }

  #renderGroup({ name, grants, first }: Extract<Row, { first: GrantInfo }>, index: number): TemplateResult {
    const byPrincipal = this.grouping === 'principal';
    const provider = this.names.providerOf(first.connectionId);
    const known = this.names.connections.has(first.connectionId);
    return html`<tr class="group" role="row" aria-rowindex=${index + 2}>
      <th scope="rowgroup" role="rowheader" colspan="6">
        <div>
          ${byPrincipal ? html`<span class="badge">${icon(roleIcon(first.role))}</span>` : providerIcon(provider)}
          <span class="text">
            ${
              byPrincipal || !known
                ? html`<bdi>${name}</bdi>`
                : html`<button type="button" class="link" @click=${() => goTo(this, 'connections', first.connectionId)}><bdi>${name}</bdi></button>`
            }
            <span class="muted small">${byPrincipal ? roleText(first.role) : plainly(provider?.displayName ?? '')}</span>
          </span>
          ${
            grants.length < 2
              ? nothing
              : html`<button
                  type="button"
                  class="quiet"
                  aria-label=${t('access.revoke.all.of', { name })}
                  @click=${() => this.#revokeAll(grants)}
                >
                  ${t('access.revoke.all')}
                </button>`
          }
        </div>
      </th>
    </tr>`;
  }

  #renderGrant(grant: GrantInfo, index: number): TemplateResult {
    const words = this.#wordsOf(grant);
    const byPrincipal = this.grouping === 'principal';
    const allowed = grant.decision === 'allow';
    return html`<tr class="row" role="row" aria-rowindex=${index + 2} data-id=${grant.id}>
      <td role="cell" class="what">
        <bdi>${byPrincipal ? words.connection : words.who}</bdi>
        <div class="muted small"><bdi>${words.field}</bdi>${byPrincipal ? nothing : html` · ${roleText(grant.role)}`}</div>
      </td>
      <td role="cell" data-label=${t('access.column.decision')}>
        <span>
          <span class="decision ${grant.decision}">${icon(allowed ? 'ok' : 'close')}${decisionText(grant)}</span>
          ${grant.expiresAt === null ? nothing : html`<span class="until muted small">${t('access.until', { time: moment(grant.expiresAt) })}</span>`}
        </span>
      </td>
      <td role="cell" class="reason" data-label=${t('access.column.reason')}><bdi><q>${plainly(grant.reason)}</q></bdi></td>
      <td role="cell" class="when" data-label=${t('access.column.created')}>${ago(grant.createdAt, '')}</td>
      <td role="cell" class="when" data-label=${t('access.column.used')}>${ago(grant.lastUsedAt, t('access.never'))}</td>
      <td role="cell" class="actions end">
        <button
          type="button"
          class="quiet revoke"
          aria-label=${t('access.revoke.of', words)}
          aria-disabled=${this.revoking.has(grant.id)}
          @click=${() => void this.#revoke(grant)}
        >
          ${t('access.revoke')}
        </button>
      </td>
    </tr>`;
  }
}

function decisionText(grant: GrantInfo): string {
  return t(`access.${grant.decision}.${grant.lifetime}`);
}

function roleIcon(role: string): IconName {
  return role === 'tool' ? 'tool' : 'extension';
}

/** The time of a moment today, with its date on other days. */
function moment(iso: string): string {
  const when = new Date(iso);
  const today = when.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(locales(), {
    timeStyle: 'short',
    ...(today ? {} : { dateStyle: 'medium' }),
  }).format(when);
}
