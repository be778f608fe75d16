/** The Audit page: who used which secret, when and why, and whether the log was touched. */

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type {
  AuditDay,
  AuditEntry,
  AuditVerdict,
  ProgressEvent,
  RequestOf,
  SecretInfo,
} from '../../contracts/index.js';
import { Names } from './access-names.js';
import { kDays } from './audit-chart.js';
import './audit-export.js';
import type { AuditExport } from './audit-export.js';
import { auditStyles } from './audit-styles.js';
import { ClientError, type SettingsClient } from './client.js';
import { actionText, errorText, exactly, number, plainly, roleText, shortId } from './format.js';
import { type IconName, icon } from './icons.js';
import { t, tn, tOr } from './messages.js';
import { rules } from './rules.js';
import { controls } from './styles.js';

const kPageSize = 100;
const kTypingMs = 250;
const kGatherMs = 150;
const kDayMs = 86_400_000;

type Filter = Omit<RequestOf<'audit.list'>, 'cursor' | 'limit'>;

const kOutcomeIcons: Readonly<Record<string, IconName>> = { allowed: 'ok', denied: 'close', failed: 'warning' };

/** A code such as ALREADY_EXISTS, which may go on in the next line after an underscore and nowhere else. */
function breakable(code: string): unknown {
  return code.split('_').map((part, index) => (index === 0 ? part : html`_<wbr />${part}`));
}

@customElement('strongroom-audit-page')
export class AuditPage extends LitElement {
  static override readonly styles = [controls, auditStyles];

  @property({ attribute: false }) client: SettingsClient | undefined;
  @property({ attribute: false }) online = true;
  /** Shows only what concerns this secret or connection; empty for everything. */
  @property({ attribute: false }) item = '';

  @state() private phase: 'loading' | 'ready' | 'failed' = 'loading';
  @state() private entries: readonly AuditEntry[] = [];
  @state() private cursor: string | undefined;
  @state() private more: 'no' | 'loading' | 'failed' = 'no';
  @state() private failure = '';
  @state() private filter: Filter = {};
  /** The day that was picked in the chart; `filter` then begins and ends with it. */
  @state() private day = '';
  @state() private days: readonly AuditDay[] | undefined;
  @state() private daysFailure = '';
  @state() private names = new Names();
  @state() private secrets: ReadonlyMap<string, SecretInfo> = new Map();
  @state() private opened: ReadonlySet<number> = new Set();
  @state() private outdated = false;
  @state() private verifying = false;
  @state() private progress: ProgressEvent | undefined;
  @state() private verdict: AuditVerdict | undefined;
  @state() private verifyFailure = '';

  @query('strongroom-audit-export') private exporter!: AuditExport;

  #stop: (() => void)[] = [];
  #typing: ReturnType<typeof setTimeout> | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #round = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#typing);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    for (const stop of this.#stop) stop();
    this.#stop = [];
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const filtered = changed.has('item') && (this.filter.secretId ?? this.filter.connectionId ?? '') !== this.item;
    if (filtered) {
      this.day = '';
      this.filter =
        this.item === '' ? {} : this.item.startsWith('con_') ? { connectionId: this.item } : { secretId: this.item };
    }
    if (changed.has('client')) this.#listen();
    else if (changed.get('online') === false && this.online) this.#loadAll();
    else if (filtered) void this.#load();
  }

  #listen(): void {
    for (const stop of this.#stop) stop();
    this.#stop = [];
    if (this.client === undefined || !this.isConnected) return;
    this.#stop = [
      this.client.on('changed', () => {
        this.#gathering ??= setTimeout(() => this.#changed(), kGatherMs);
      }),
      this.client.on('progress', (event) => {
        if (this.verifying && event.operation === 'audit.verify') this.progress = event;
      }),
    ];
    this.#loadAll();
  }

  #loadAll(): void {
    void this.#load();
    void this.#loadNames();
    void this.#loadDays();
  }

  /** New entries come in by themselves unless someone is reading further down or has a row open. */
  #changed(): void {
    this.#gathering = undefined;
    void this.#loadNames();
    void this.#loadDays();
    if (this.phase === 'ready' && this.entries.length <= kPageSize && this.opened.size === 0) void this.#load();
    else this.outdated = true;
  }

  async #load(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    this.#round += 1;
    const round = this.#round;
    this.outdated = false;
    if (this.phase === 'failed') this.phase = 'loading';
    try {
      const page = await client.invoke('audit.list', { ...this.filter, limit: kPageSize });
      if (round !== this.#round) return;
      this.entries = page.items;
      this.cursor = page.nextCursor;
      this.more = 'no';
      this.opened = new Set();
      this.phase = 'ready';
    } catch (thrown) {
      if (round !== this.#round) return;
      if (this.phase === 'ready' && ClientError.from(thrown).code === 'DISCONNECTED') return;
      this.failure = errorText(thrown);
      this.phase = 'failed';
    }
  }

  async #loadMore(): Promise<void> {
    const { client, cursor } = this;
    if (client === undefined || cursor === undefined || this.more === 'loading') return;
    const round = this.#round;
    const first = this.entries.length;
    this.more = 'loading';
    try {
      const page = await client.invoke('audit.list', { ...this.filter, limit: kPageSize, cursor });
      if (round !== this.#round) return;
      this.entries = [...this.entries, ...page.items];
      this.cursor = page.nextCursor;
      this.more = 'no';
      await this.updateComplete;
      this.renderRoot.querySelectorAll<HTMLElement>('tr.row button')[first]?.focus();
    } catch (thrown) {
      if (round !== this.#round) return;
      this.failure = errorText(thrown);
      this.more = 'failed';
    }
  }

  /** Names for the ids in the log. Without them the log is still readable. */
  async #loadNames(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    void Names.load(client).then((names) => {
      this.names = names;
    });
    try {
      const secrets = new Map<string, SecretInfo>();
      let cursor: string | undefined;
      do {
        const page = await client.invoke('secrets.list', { limit: 500, ...(cursor === undefined ? {} : { cursor }) });
        for (const info of page.items) secrets.set(info.id, info);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      this.secrets = secrets;
    } catch {
      // The ids stand in for the names.
    }
  }

  async #loadDays(): Promise<void> {
    const since = new Date((Math.floor(Date.now() / kDayMs) - kDays + 1) * kDayMs).toISOString();
    try {
      this.days = (await this.client?.invoke('audit.days', { since }))?.days;
      this.daysFailure = '';
    } catch (thrown) {
      if (ClientError.from(thrown).code !== 'DISCONNECTED') this.daysFailure = errorText(thrown);
    }
  }

  async #verify(): Promise<void> {
    const { client } = this;
    if (client === undefined || this.verifying) return;
    this.verifying = true;
    this.progress = undefined;
    this.verdict = undefined;
    this.verifyFailure = '';
    try {
      this.verdict = await client.invoke('audit.verify', {});
    } catch (thrown) {
      this.verifyFailure = errorText(thrown);
    } finally {
      this.verifying = false;
    }
  }

  #choose(part: { readonly [K in keyof Filter]?: Filter[K] | undefined }): void {
    const filter = Object.entries({ ...this.filter, ...part }).filter(
      ([, value]) => value !== undefined && value !== '',
    );
    this.filter = Object.fromEntries(filter) as Filter;
    void this.#load();
  }

  #pick(day: string): void {
    this.day = day;
    this.#choose({ since: `${day}T00:00:00.000Z`, until: `${day}T23:59:59.999Z` });
  }

  #type(part: Partial<Filter>): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#choose(part), kTypingMs);
  }

  #toggle(seq: number): void {
    const opened = new Set(this.opened);
    if (!opened.delete(seq)) opened.add(seq);
    this.opened = opened;
  }

  protected override render(): TemplateResult {
    return html`
      <div class="head">
        <div>
          <h1 tabindex="-1">${t('page.audit')}</h1>
          <p>${t('audit.intro')}</p>
        </div>
        <div class="buttons">
          <button type="button" @click=${() => void this.exporter.open()}>${icon('download')}${t('audit.export')}</button>
          <button type="button" class="primary verify" aria-disabled=${this.verifying} @click=${() => void this.#verify()}>
            ${icon('acme_account_key')}${t(this.verifying ? 'audit.verifying' : 'audit.verify')}
          </button>
        </div>
      </div>
      <div class="verdict" role="status">${this.#renderVerdict()}</div>
      ${this.#renderChart()} ${this.#renderFilters()} ${this.#renderBody()}
      <strongroom-audit-export
        .client=${this.client}
        @strongroom-message=${(event: CustomEvent<string>) => this.dispatchEvent(new CustomEvent('strongroom-message', { detail: event.detail }))}
      ></strongroom-audit-export>
    `;
  }

  #renderChart(): TemplateResult | typeof nothing {
    if (this.daysFailure !== '') {
      return html`<div class="verdict"><div class="note warning">${icon('warning')}<div><strong>${t('audit.chart.failed')}</strong> ${this.daysFailure}</div></div></div>`;
    }
    if (this.days === undefined || this.days.length === 0) return nothing;
    return html`<strongroom-audit-chart
      .days=${this.days}
      .picked=${this.day}
      @strongroom-day=${(event: CustomEvent<string>) => this.#pick(event.detail)}
    ></strongroom-audit-chart>`;
  }

  #renderProgress(): TemplateResult {
    const { progress } = this;
    if (progress === undefined) return html`<progress aria-label=${t('audit.verifying')}></progress>`;
    const done = t('audit.verify.progress', { done: number(progress.done), total: number(progress.total) });
    return html`<progress max=${progress.total} value=${progress.done} aria-label=${t('audit.verifying')}></progress>
      <p class="muted">${done}</p>`;
  }

  #renderVerdict(): TemplateResult | typeof nothing {
    if (this.verifying) return this.#renderProgress();
    if (this.verifyFailure !== '') {
      return html`<div class="note danger">${icon('warning')}
        <div><strong>${t('audit.verify.failed')}</strong> ${this.verifyFailure}</div>
      </div>`;
    }
    const { verdict } = this;
    if (verdict === undefined) return nothing;
    const dismiss = html`<button
      type="button"
      class="quiet only-icon"
      aria-label=${t('audit.verdict.dismiss')}
      @click=${() => {
        this.verdict = undefined;
      }}
    >
      ${icon('close')}
    </button>`;
    if (!verdict.ok) {
      const bad = verdict.firstBad;
      return html`<div class="note danger" data-verdict="bad">${icon('warning')}
        <div>
          <strong>${t('audit.bad')}</strong>
          ${bad === undefined ? nothing : t(`audit.bad.${bad.problem}`, { seq: bad.seq })} ${t('audit.bad.then')}
        </div>
        ${dismiss}
      </div>`;
    }
    const intact = verdict.entries === 0 ? t('audit.ok.empty') : tn('audit.ok', verdict.entries);
    const seal = !verdict.sealChecked
      ? t('audit.ok.unchecked')
      : verdict.sealedThrough === 0
        ? t('audit.ok.unsealed')
        : t('audit.ok.sealed', { seq: verdict.sealedThrough });
    return html`<div class="note ${verdict.sealChecked ? 'success' : 'warning'}" data-verdict="ok">${icon('ok')}
      <div><strong>${intact}</strong> ${verdict.entries === 0 ? nothing : seal}</div>
      ${dismiss}
    </div>`;
  }

  #renderFilters(): TemplateResult {
    const { filter } = this;
    const target = filter.secretId ?? filter.connectionId;
    const { connections } = this.names;
    const group = (label: string, options: readonly (readonly [string, string])[]): TemplateResult | typeof nothing =>
      options.length === 0
        ? nothing
        : html`<optgroup label=${label}>
            ${options.map(([id, name]) => html`<option value=${id} .selected=${id === target}>${name}</option>`)}
          </optgroup>`;
    const select = (
      name: 'action' | 'outcome',
      label: string,
      options: TemplateResult | readonly TemplateResult[],
    ): TemplateResult => html`<div class="field">
      <label for=${name}>${label}</label>
      <select id=${name} @change=${(event: Event) => this.#choose({ [name]: (event.target as HTMLSelectElement).value })}>
        <option value="" .selected=${filter[name] === undefined}>${t('audit.any')}</option>
        ${options}
      </select>
    </div>`;
    const day = (name: 'since' | 'until', label: string): TemplateResult => html`<div class="field">
      <label for=${name}>${label}</label>
      <input
        id=${name}
        type="date"
        .value=${this.day === '' ? (name === 'since' ? dayOf(filter.since, 0) : dayOf(filter.until, -1)) : this.day}
        @change=${(event: Event) => {
          const { value } = event.target as HTMLInputElement;
          const days = this.day === '' ? {} : { since: startOfDay(this.day, 0), until: startOfDay(this.day, 1) };
          this.day = '';
          this.#choose({ ...days, [name]: value === '' ? undefined : startOfDay(value, name === 'since' ? 0 : 1) });
        }}
      />
    </div>`;
    return html`<div class="filters" role="search" aria-label=${t('audit.filters')}>
      <div class="field">
        <label for="actor">${t('audit.actor')}</label>
        <input
          id="actor"
          type="text"
          autocomplete="off"
          spellcheck="false"
          placeholder=${t('audit.actor.hint')}
          .value=${filter.actor ?? ''}
          @input=${(event: InputEvent) => this.#type({ actor: (event.target as HTMLInputElement).value.trim() })}
        />
      </div>
      ${select(
        'action',
        t('audit.action'),
        rules.actions.map(
          (action) =>
            html`<option value=${action} .selected=${action === filter.action}>${actionText(action)}</option>`,
        ),
      )}
      ${select(
        'outcome',
        t('audit.outcome'),
        rules.outcomes.map(
          (outcome) =>
            html`<option value=${outcome} .selected=${outcome === filter.outcome}>${tOr(`audit.outcome.${outcome}`, outcome)}</option>`,
        ),
      )}
      <div class="field">
        <label for="target">${t('audit.column.target')}</label>
        <select
          id="target"
          @change=${(event: Event) => {
            const { value } = event.target as HTMLSelectElement;
            const of = value.startsWith('con_') ? 'connectionId' : 'secretId';
            this.#choose({ secretId: undefined, connectionId: undefined, [of]: value });
          }}
        >
          <option value="" .selected=${target === undefined}>${t('audit.any')}</option>
          ${group(
            t('audit.connection'),
            [...connections.values()].map((info) => [info.id, info.displayName]),
          )}
          ${group(
            t('audit.secret'),
            [...this.secrets.values()].map((info) => [info.id, info.name]),
          )}
          ${
            target === undefined || connections.has(target) || this.secrets.has(target)
              ? nothing
              : html`<option value=${target} .selected=${true}>${t('audit.secret.removed', { id: target })}</option>`
          }
        </select>
      </div>
      ${day('since', t('audit.since'))} ${day('until', t('audit.until'))}
      <button
        type="button"
        class="quiet clear"
        ?hidden=${Object.keys(filter).length === 0}
        @click=${() => {
          clearTimeout(this.#typing);
          this.filter = {};
          this.day = '';
          void this.#load();
          this.renderRoot.querySelector<HTMLElement>('#actor')?.focus();
        }}
      >
        ${icon('close')}${t('audit.clear')}
      </button>
    </div>`;
  }

  #renderBody(): TemplateResult {
    if (this.phase === 'loading') {
      return html`<div class="card state" role="status"><p>${t('audit.loading')}</p></div>`;
    }
    if (this.phase === 'failed') {
      return html`<div class="card state" role="alert">
        ${icon('warning')}
        <h2>${t('audit.failed')}</h2>
        <p>${this.failure}</p>
        <button type="button" @click=${() => void this.#load()}>${t('banner.retry')}</button>
      </div>`;
    }
    if (this.entries.length === 0) {
      return Object.keys(this.filter).length > 0
        ? html`<div class="card state" role="status"><p>${t('audit.none')}</p></div>`
        : html`<div class="card state">${icon('audit')}<h2>${t('audit.empty')}</h2><p>${t('audit.empty.text')}</p></div>`;
    }
    return html`
      <div class="card">
        <table class="table" role="table" aria-label=${t('audit.table')}>
          <thead role="rowgroup">
            <tr role="row">
              <th scope="col" role="columnheader">${t('audit.column.time')}</th>
              <th scope="col" role="columnheader">${t('audit.column.action')}</th>
              <th scope="col" role="columnheader">${t('audit.column.target')}</th>
              <th scope="col" role="columnheader">${t('audit.column.actor')}</th>
              <th scope="col" role="columnheader">${t('audit.column.outcome')}</th>
              <th scope="col" role="columnheader">${t('audit.column.reason')}</th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${repeat(
              this.entries,
              (entry) => entry.seq,
              (entry) => this.#renderRow(entry),
            )}
          </tbody>
        </table>
      </div>
      <div class="foot">
        <span role="status">${tn('audit.shown', this.entries.length)}</span>
        ${this.more === 'failed' ? html`<span class="error" role="alert">${this.failure}</span>` : nothing}
        <span class="buttons">
          ${this.outdated ? html`<button type="button" @click=${() => void this.#load()}>${t('audit.new')}</button>` : nothing}
          ${
            this.cursor === undefined
              ? nothing
              : html`<button type="button" aria-disabled=${this.more === 'loading'} @click=${() => void this.#loadMore()}>
                  ${t(this.more === 'loading' ? 'audit.loading.more' : 'audit.more')}
                </button>`
          }
        </span>
      </div>
    `;
  }

  #renderRow(entry: AuditEntry): TemplateResult {
    const open = this.opened.has(entry.seq);
    const target = this.#renderTarget(entry);
    return html`<tr class="row" role="row" data-seq=${entry.seq}>
        <td role="cell" class="when">
          <button
            type="button"
            class="disclose"
            aria-expanded=${open}
            aria-label="${exactly(entry.at)}: ${t('audit.details', { seq: entry.seq })}"
            @click=${() => this.#toggle(entry.seq)}
          >
            ${icon('chevron')}<time datetime=${entry.at}>${exactly(entry.at)}</time>
          </button>
        </td>
        <td role="cell" class="action" data-label=${t('audit.column.action')}>${actionText(entry.action)}</td>
        <td role="cell" class=${target === nothing ? 'blank' : 'target'} data-label=${t('audit.column.target')}>${target}</td>
        <td role="cell" class="actor" data-label=${t('audit.column.actor')}>
          <span><span class="whole">${roleText(entry.role)}</span>${
            entry.principalId === null || entry.principalId === entry.role
              ? nothing
              : html` <span class="muted">· <bdi>${plainly(entry.principalId)}</bdi></span>`
          }</span>
        </td>
        <td role="cell" data-label=${t('audit.column.outcome')}>
          <span class="outcome ${entry.outcome}">
            <span class="whole">
              ${icon(kOutcomeIcons[entry.outcome] ?? 'info')}${tOr(`audit.outcome.${entry.outcome}`, entry.outcome)}
            </span>
            ${entry.code === null ? nothing : html`<code>${breakable(entry.code)}</code>`}
          </span>
        </td>
        <td role="cell" class=${entry.reason === null ? 'blank' : 'reason'} data-label=${t('audit.column.reason')}><bdi>${plainly(entry.reason ?? '')}</bdi></td>
      </tr>
      ${
        open
          ? html`<tr class="details" role="row">
              <td role="cell" colspan="6">${this.#renderDetails(entry)}</td>
            </tr>`
          : nothing
      }`;
  }

  /** A connection's secrets have no names of their own: the connection and field stand for them. */
  #renderTarget({ secretId, connectionId, field }: AuditEntry): TemplateResult | typeof nothing {
    if (connectionId === null) {
      const name = secretId === null ? undefined : this.secrets.get(secretId)?.name;
      return name === undefined ? shortId(secretId) : html`<bdi>${name}</bdi>`;
    }
    const name = this.names.connections.get(connectionId)?.displayName;
    return html`<span>${name === undefined ? shortId(connectionId) : html`<bdi>${name}</bdi>`}${
      field === null
        ? nothing
        : html` <span class="muted">· <bdi>${plainly(this.names.fieldOf(connectionId, field))}</bdi></span>`
    }</span>`;
  }

  #renderDetails(entry: AuditEntry): TemplateResult {
    const facts: readonly [string, string | null, boolean?][] = [
      [t('audit.entry'), String(entry.seq)],
      [t('audit.action'), entry.action, true],
      [t('audit.role'), entry.role, true],
      [t('audit.actor'), entry.principalId],
      [t('audit.secret'), entry.secretId, true],
      [t('audit.connection'), entry.connectionId, true],
      [t('audit.field'), entry.field],
      [t('audit.column.reason'), entry.reason],
      [t('audit.code'), entry.code, true],
      [t('audit.detail'), entry.detail],
      [t('audit.hash'), entry.hash, true],
      [t('audit.prevHash'), entry.prevHash, true],
    ];
    return html`<dl class="facts">
      ${facts
        .filter(([, value]) => value !== null)
        .map(
          ([label, value, code]) =>
            html`<dt>${label}</dt><dd>${code ? html`<code dir="ltr">${value}</code>` : html`<bdi>${plainly(value ?? '')}</bdi>`}</dd>`,
        )}
    </dl>`;
  }
}

/** Midnight at the start of a day of the person's calendar (`2026-11-21`), or so many days later. */
function startOfDay(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

/** The day of such a midnight, as the input for dates writes it. */
function dayOf(midnight: string | undefined, later: number): string {
  if (midnight === undefined) return '';
  const moment = new Date(midnight);
  moment.setDate(moment.getDate() + later);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${String(moment.getFullYear()).padStart(4, '0')}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}
