/** The Audit page: who used which secret, when and why, and whether the log was touched. */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
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
import { kDayMs, kDays } from './audit-chart.js';
import './audit-export.js';
import type { AuditExport } from './audit-export.js';
import { auditStyles } from './audit-styles.js';
import { ClientError, type SettingsClient } from './client.js';
import {
  actionText,
  breakable,
  errorText,
  exactly,
  number,
  outcomeText,
  plainly,
  roleText,
  shortId,
} from './format.js';
import { icon, outcomeIcon } from './icons.js';
import { LivePage } from './live-page.js';
import { t, tn, words } from './messages.js';
import { readAll } from './paging.js';
import { button, facts, field, note, options, stateCard, tableHead, textIn } from './parts.js';
import { controls } from './styles.js';

const kPageSize = 100;
const kTypingMs = 250;
const kGatherMs = 150;

type Filter = Omit<RequestOf<'audit.list'>, 'cursor' | 'limit'>;

@customElement('strongroom-audit-page')
export class AuditPage extends LivePage {
  static override readonly styles = [controls, auditStyles];

  /** Shows only what concerns this secret or connection; empty for everything. */
  @property({ attribute: false }) item = '';

  @state() private entries: readonly AuditEntry[] = [];
  /** Where the log goes on after the entries that are shown. */
  @state() private cursor: string | undefined;
  @state() private loadingMore = false;
  @state() private moreFailure: ClientError | undefined;
  @state() private filter: Filter = {};
  /** The day that was picked in the chart; `filter` then begins and ends with it. */
  @state() private day = '';
  @state() private days: readonly AuditDay[] = [];
  @state() private daysFailure: ClientError | undefined;
  @state() private names = new Names();
  @state() private secrets: ReadonlyMap<string, SecretInfo> = new Map();
  @state() private opened: ReadonlySet<number> = new Set();
  @state() private outdated = false;
  @state() private verifying = false;
  @state() private progress: ProgressEvent | undefined;
  /** What the last verification found, or why it failed. */
  @state() private verdict: AuditVerdict | ClientError | undefined;

  @query('strongroom-audit-export') private exporter!: AuditExport;

  #typing: ReturnType<typeof setTimeout> | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    const filtered = changed.has('item') && (this.filter.secretId ?? this.filter.connectionId ?? '') !== this.item;
    if (filtered) {
      this.day = '';
      this.filter = this.item === '' ? {} : { [targetOf(this.item)]: this.item };
    }
    super.willUpdate(changed);
    if (filtered) void this.#loadEntries();
  }

  protected override listen(client: SettingsClient): readonly (() => void)[] {
    return [
      client.on('changed', () => this.gather(() => this.#changed(), kGatherMs)),
      client.on('progress', (event) => {
        if (this.verifying && event.operation === 'audit.verify') this.progress = event;
      }),
      () => clearTimeout(this.#typing),
    ];
  }

  protected override load(): Promise<void> {
    this.#loadAround();
    return super.load();
  }

  #loadEntries(): Promise<void> {
    return super.load();
  }

  #loadAround(): void {
    const { client } = this;
    if (client === undefined) return;
    void this.#loadNames(client);
    void this.#loadDays(client);
  }

  /** New entries come in by themselves unless someone is reading further down or has a row open. */
  #changed(): void {
    this.#loadAround();
    if (this.#atTop) void this.#loadEntries();
    else this.outdated = true;
  }

  get #atTop(): boolean {
    return this.phase === 'ready' && this.entries.length <= kPageSize && this.opened.size === 0;
  }

  /** What another process has written is looked for before anyone is told of it. */
  protected override async reload(): Promise<void> {
    const { client } = this;
    if (client === undefined || this.phase !== 'ready') return super.reload();
    this.#loadAround();
    if (this.#atTop) return this.#loadEntries();
    try {
      const { items } = await client.invoke('audit.list', { ...this.filter, limit: 1 });
      this.outdated ||= items[0]?.seq !== this.entries[0]?.seq;
    } catch (thrown) {
      const error = ClientError.from(thrown);
      if (error.code !== 'DISCONNECTED') this.reason = error;
    }
  }

  protected override async read(client: SettingsClient): Promise<() => void> {
    this.outdated = false;
    const page = await client.invoke('audit.list', { ...this.filter, limit: kPageSize });
    return () => {
      this.entries = page.items;
      this.cursor = page.nextCursor;
      this.moreFailure = undefined;
      this.opened = new Set();
    };
  }

  async #loadMore(): Promise<void> {
    const { client, cursor, entries } = this;
    if (client === undefined || cursor === undefined || this.loadingMore) return;
    const overtaken = this.overtaken();
    this.loadingMore = true;
    this.moreFailure = undefined;
    try {
      const page = await client.invoke('audit.list', { ...this.filter, limit: kPageSize, cursor });
      if (overtaken()) return;
      this.entries = [...entries, ...page.items];
      this.cursor = page.nextCursor;
      await this.updateComplete;
      this.renderRoot.querySelectorAll<HTMLElement>('tr.row button')[entries.length]?.focus();
    } catch (thrown) {
      if (!overtaken()) this.moreFailure = ClientError.from(thrown);
    } finally {
      this.loadingMore = false;
    }
  }

  /** Names for the ids in the log. Without them the log is still readable. */
  async #loadNames(client: SettingsClient): Promise<void> {
    void Names.load(client).then((names) => {
      this.names = names;
    });
    try {
      const { items } = await readAll(client, 'secrets.list', {});
      this.secrets = new Map(items.map((info) => [info.id, info]));
    } catch {
      // The ids stand in for the names.
    }
  }

  async #loadDays(client: SettingsClient): Promise<void> {
    const since = new Date((Math.floor(Date.now() / kDayMs) - kDays + 1) * kDayMs).toISOString();
    try {
      this.days = (await client.invoke('audit.days', { since })).days;
      this.daysFailure = undefined;
    } catch (thrown) {
      const error = ClientError.from(thrown);
      if (error.code !== 'DISCONNECTED') this.daysFailure = error;
    }
  }

  async #verify(): Promise<void> {
    const { client } = this;
    if (client === undefined || this.verifying) return;
    this.verifying = true;
    this.progress = undefined;
    try {
      this.verdict = await client.invoke('audit.verify', {});
    } catch (thrown) {
      this.verdict = ClientError.from(thrown);
    } finally {
      this.verifying = false;
    }
  }

  #choose(part: { readonly [K in keyof Filter]?: Filter[K] | undefined }): void {
    const filter = Object.entries({ ...this.filter, ...part }).filter(
      ([, value]) => value !== undefined && value !== '',
    );
    this.filter = Object.fromEntries(filter) as Filter;
    // What is on show is not what was asked for, should the reading fail.
    this.phase = 'more';
    void this.#loadEntries();
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
    const { verifying } = this;
    const actions = html`<div class="buttons">
      ${button([icon('download'), t('audit.export')], () => this.exporter.open())}
      ${button([icon('acme_account_key'), t(verifying ? 'audit.verifying' : 'audit.verify')], () => this.#verify(), {
        class: 'primary',
        disabled: verifying,
      })}
    </div>`;
    return html`
      ${this.renderHead('audit', actions)}
      <div class="verdict" role="status">${verifying ? this.#renderProgress() : this.#renderVerdict()}</div>
      ${this.#renderChart()} ${this.#renderFilters()} ${this.renderWaiting('audit') ?? this.#renderEntries()}
      <strongroom-audit-export
        .client=${this.client}
      ></strongroom-audit-export>
    `;
  }

  #renderChart(): TemplateResult | typeof nothing {
    if (this.daysFailure !== undefined) {
      const text = html`<strong>${t('audit.chart.failed')}</strong> ${errorText(this.daysFailure)}`;
      return html`<div class="verdict">${note('warning', 'warning', text)}</div>`;
    }
    if (this.days.length === 0) return nothing;
    return html`<strongroom-audit-chart
      .days=${this.days}
      .picked=${this.day}
      @strongroom-day=${({ detail }: CustomEvent<string>) => this.#pick(detail)}
    ></strongroom-audit-chart>`;
  }

  #renderProgress(): TemplateResult {
    const { progress } = this;
    const label = t('audit.verifying');
    if (progress === undefined) return html`<progress aria-label=${label}></progress>`;
    const done = t('audit.verify.progress', { done: number(progress.done), total: number(progress.total) });
    return html`<progress max=${progress.total} value=${progress.done} aria-label=${label}></progress>
      <p class="muted number">${done}</p>`;
  }

  #renderVerdict(): TemplateResult | typeof nothing {
    const { verdict } = this;
    if (verdict === undefined) return nothing;
    if (verdict instanceof ClientError) {
      return note('danger', 'warning', html`<strong>${t('audit.verify.failed')}</strong> ${errorText(verdict)}`);
    }
    const dismiss = button(
      icon('close'),
      () => {
        this.verdict = undefined;
      },
      { class: 'quiet only-icon', label: t('audit.verdict.dismiss') },
    );
    const { ok, entries, sealChecked, sealedThrough, firstBad } = verdict;
    if (!ok) {
      const where = firstBad === undefined ? nothing : t(`audit.bad.${firstBad.problem}`, { seq: firstBad.seq });
      const text = html`<span data-verdict="bad"><strong>${t('audit.bad')}</strong> ${where} ${t('audit.bad.then')}</span>`;
      return note('danger', 'warning', text, dismiss);
    }
    const seal = !sealChecked
      ? t('audit.ok.unchecked')
      : sealedThrough === 0
        ? t('audit.ok.unsealed')
        : t('audit.ok.sealed', { seq: sealedThrough });
    const text = html`<span data-verdict="ok">
      <strong>${entries === 0 ? t('audit.ok.empty') : tn('audit.ok', entries)}</strong>
      ${entries === 0 ? nothing : seal}
    </span>`;
    return note(sealChecked ? 'success' : 'warning', 'ok', text, dismiss);
  }

  #renderFilters(): TemplateResult {
    const { filter, secrets } = this;
    const { connections } = this.names;
    const target = filter.secretId ?? filter.connectionId ?? '';
    const labelled = (id: string, label: string, control: TemplateResult): TemplateResult =>
      field(id, label, true, '', undefined, () => control);
    const select = (
      id: string,
      label: string,
      chosen: string,
      choices: unknown,
      choose: (value: string) => void,
    ): TemplateResult =>
      labelled(
        id,
        label,
        html`<select id=${id} @change=${(event: Event) => choose(textIn(event))}>
          ${options([['', t('audit.any')]], chosen)} ${choices}
        </select>`,
      );
    const group = (label: string, names: readonly (readonly [string, string])[]): TemplateResult | typeof nothing =>
      names.length === 0 ? nothing : html`<optgroup label=${label}>${options(names, target)}</optgroup>`;
    const part = (
      id: 'action' | 'outcome',
      label: string,
      all: Iterable<readonly [string, string]>,
    ): TemplateResult => {
      const chosen = filter[id] ?? '';
      return select(id, label, chosen, options(all, chosen), (value) => this.#choose({ [id]: value }));
    };
    const day = (id: 'since' | 'until', label: string, later: 0 | 1): TemplateResult =>
      labelled(
        id,
        label,
        html`<input
          id=${id}
          type="date"
          .value=${this.day === '' ? dayOf(filter[id], -later) : this.day}
          @change=${(event: Event) => {
            const value = textIn(event);
            // While a year is being typed it begins with zeros; drawing it would end the typing.
            if (value.startsWith('0')) return;
            const days = this.day === '' ? {} : { since: startOfDay(this.day, 0), until: startOfDay(this.day, 1) };
            this.day = '';
            this.#choose({ ...days, [id]: value === '' ? undefined : startOfDay(value, later) });
          }}
        />`,
      );
    const removed = target === '' || connections.has(target) || secrets.has(target);
    const targets = html`${group(
      t('kind.connection'),
      [...connections.values()].map((info) => [info.id, info.displayName]),
    )}
    ${group(
      t('audit.secret'),
      [...secrets.values()].map((info) => [info.id, info.name]),
    )}
    ${removed ? nothing : options([[target, t('audit.secret.removed', { id: target })]], target)}`;
    return html`<div class="filters" role="search" aria-label=${t('audit.filters')}>
      ${labelled(
        'actor',
        t('audit.actor'),
        html`<input
          id="actor"
          type="text"
          autocomplete="off"
          spellcheck="false"
          placeholder=${t('audit.actor.hint')}
          .value=${filter.actor ?? ''}
          @input=${(event: Event) => this.#type({ actor: textIn(event) })}
          @change=${(event: Event) => this.#type({ actor: textIn(event).trim() })}
        />`,
      )}
      ${part('action', t('audit.action'), words('action'))}
      ${part('outcome', t('audit.outcome'), words('audit.outcome'))}
      ${select('target', t('audit.target'), target, targets, (value) =>
        this.#choose({ secretId: undefined, connectionId: undefined, [targetOf(value)]: value }),
      )}
      ${day('since', t('audit.since'), 0)} ${day('until', t('audit.until'), 1)}
      ${button(
        [icon('close'), t('list.clear')],
        () => {
          clearTimeout(this.#typing);
          this.filter = {};
          this.day = '';
          void this.#loadEntries();
          void this.focusOn('#actor');
        },
        { class: 'quiet clear', hidden: Object.keys(filter).length === 0 },
      )}
    </div>`;
  }

  #renderEntries(): TemplateResult {
    const { entries, loadingMore } = this;
    if (entries.length === 0) {
      return Object.keys(this.filter).length > 0
        ? stateCard(nothing, '', t('list.none'), nothing, 'status')
        : stateCard('audit', t('audit.empty'), t('audit.empty.text'));
    }
    const columns = [
      t('audit.time'),
      t('audit.action'),
      t('audit.target'),
      t('audit.actor'),
      t('audit.outcome'),
      t('audit.reason'),
    ];
    return html`
      <div class="card">
        <table class="table" role="table" aria-label=${t('audit.table')}>
          ${tableHead(columns)}
          <tbody role="rowgroup">
            ${repeat(
              entries,
              ({ seq }) => seq,
              (entry) => this.#renderRow(entry),
            )}
          </tbody>
        </table>
      </div>
      <div class="foot">
        <span role="status">${tn('audit.shown', entries.length)}</span>
        ${this.moreFailure === undefined ? nothing : html`<span class="error" role="alert">${errorText(this.moreFailure)}</span>`}
        <span class="buttons">
          ${this.outdated ? button(t('audit.new'), () => this.#loadEntries()) : nothing}
          ${
            this.cursor === undefined
              ? nothing
              : button(t(loadingMore ? 'list.loading' : 'audit.more'), () => this.#loadMore(), {
                  disabled: loadingMore,
                })
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
        <td role="cell" class="action" data-label=${t('audit.action')}>${actionText(entry.action)}</td>
        <td role="cell" class=${target === nothing ? 'blank' : 'target'} data-label=${t('audit.target')}>${target}</td>
        <td role="cell" class="actor" data-label=${t('audit.actor')}>
          <span><span class="whole">${roleText(entry.role)}</span>${
            entry.principalId === null || entry.principalId === entry.role
              ? nothing
              : html` <span class="muted">· <bdi>${plainly(entry.principalId)}</bdi></span>`
          }</span>
        </td>
        <td role="cell" data-label=${t('audit.outcome')}>
          <span class="outcome ${entry.outcome}">
            <span class="whole">
              ${outcomeIcon(entry.outcome)}${outcomeText(entry.outcome)}
            </span>
            ${entry.code === null ? nothing : html`<code>${breakable(entry.code)}</code>`}
          </span>
        </td>
        <td role="cell" class=${entry.reason === null ? 'blank' : 'reason'} data-label=${t('audit.reason')}><bdi>${plainly(entry.reason ?? '')}</bdi></td>
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
    const text = (value: string | null): unknown => value && html`<bdi>${plainly(value)}</bdi>`;
    const code = (value: string | null): unknown => value && html`<code dir="ltr">${value}</code>`;
    return facts([
      [t('audit.entry'), text(String(entry.seq))],
      [t('audit.action'), code(entry.action)],
      [t('audit.role'), code(entry.role)],
      [t('audit.actor'), text(entry.principalId)],
      [t('audit.secret'), code(entry.secretId)],
      [t('kind.connection'), code(entry.connectionId)],
      [t('conflict.field'), text(entry.field)],
      [t('audit.reason'), text(entry.reason)],
      [t('audit.code'), code(entry.code)],
      [t('audit.detail'), text(entry.detail)],
      [t('audit.hash'), code(entry.hash)],
      [t('audit.prevHash'), code(entry.prevHash)],
    ]);
  }
}

/** The part of the filter for the id of a secret or connection. */
function targetOf(id: string): 'connectionId' | 'secretId' {
  return id.startsWith('con_') ? 'connectionId' : 'secretId';
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
