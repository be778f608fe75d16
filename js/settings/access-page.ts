/** The Access page: what was decided, by whoever may use it or by connection; who waits, and who is silenced. */

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { ConsentRequest, GrantInfo, Silence } from '../../contracts/index.js';
import { Names } from './access-names.js';
import { accessStyles } from './access-styles.js';
import { ClientError, type SettingsClient } from './client.js';
import './confirm-dialog.js';
import type { ConfirmDialog } from './confirm-dialog.js';
import { ago, clock, exactly, plainly, roleText, wordsOf } from './format.js';
import { icon } from './icons.js';
import { every, ListPage } from './list-page.js';
import { collator, locales, t, tn } from './messages.js';
import { readAll } from './paging.js';
import { button, problem, search, stateCard } from './parts.js';
import { goTo } from './place.js';
import { providerIcon } from './provider-icon.js';
import { controls } from './styles.js';

/** A row of the table: the heading of a group, or a decision. */
type Row =
  | { readonly key: string; readonly name: string; readonly grants: readonly GrantInfo[]; readonly first: GrantInfo }
  | { readonly key: string; readonly grant: GrantInfo };

/** Fires `strongroom-answer` (the id of a request to be shown). */
@customElement('strongroom-access-page')
export class AccessPage extends ListPage<GrantInfo> {
  static override readonly styles = [controls, accessStyles];

  @state() private requests: readonly ConsentRequest[] = [];
  @state() private silences: readonly Silence[] = [];
  @state() private names = new Names();
  @state() private problem: ClientError | undefined;
  @state() private grouping: 'principal' | 'connection' = 'principal';
  @state() private revoking: ReadonlySet<string> = new Set();
  @query('strongroom-confirm-dialog') private confirm!: ConfirmDialog;

  protected override listen(client: SettingsClient): readonly (() => void)[] {
    const changed = (): void => this.follow('');
    return [
      ...super.listen(client),
      // The time that is left is shown to the second.
      every(1000, () => {
        if (this.requests.length > 0) this.requestUpdate();
      }),
      client.on('changed', ({ entity }) => {
        if (entity !== 'secret' && entity !== 'audit') changed();
      }),
      client.on('consent', changed),
    ];
  }

  protected override async read(client: SettingsClient, overtaken: () => boolean): Promise<() => void> {
    const [grants, requests, silences, names] = await Promise.all([
      readAll(client, 'grants.list', { once: true }, overtaken),
      client.invoke('consent.list', {}),
      client.invoke('consent.silenced', {}),
      Names.load(client),
    ]);
    return () => {
      this.items = grants.items;
      this.damaged = grants.damaged;
      this.requests = requests.items;
      this.silences = silences.items;
      this.names = names;
    };
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
    const found = this.finder();
    return this.items.filter((grant) => {
      const provider = this.names.providerOf(grant.connectionId)?.displayName ?? '';
      return found([...Object.values(this.#wordsOf(grant)), provider, decisionText(grant), grant.reason].join('\n'));
    });
  }

  get #rows(): readonly Row[] {
    return this.remember([this.items, this.names, this.words, this.grouping, locales()], () => this.#grouped());
  }

  #grouped(): readonly Row[] {
    const names = collator();
    const byPrincipal = this.grouping === 'principal';
    const groups = new Map<string, [GrantInfo, ...GrantInfo[]]>();
    const orders = new Map<GrantInfo, string>();
    for (const grant of this.#matching()) {
      const { who, field, connection } = this.#wordsOf(grant);
      orders.set(grant, `${byPrincipal ? connection : who}\n${field}`);
      const key = byPrincipal ? `${grant.role} ${grant.principalId}` : grant.connectionId;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [grant]);
      else group.push(grant);
    }
    const compare = (one: GrantInfo, other: GrantInfo): number =>
      names.compare(orders.get(one) ?? '', orders.get(other) ?? '') || (one.id < other.id ? -1 : 1);
    return [...groups]
      .map(([key, grants]) => {
        const { who, connection } = this.#wordsOf(grants[0]);
        return { key: `group ${key}`, name: byPrincipal ? who : connection, grants, first: grants[0] };
      })
      .sort((one, other) => names.compare(one.name, other.name))
      .flatMap((group): Row[] => [group, ...group.grants.sort(compare).map((grant) => ({ key: grant.id, grant }))]);
  }

  /** Ends something, and returns whether it is over: what is gone already is. */
  async #end(run: (client: SettingsClient) => Promise<unknown>): Promise<boolean> {
    this.problem = undefined;
    try {
      if (this.client !== undefined) await run(this.client);
    } catch (thrown) {
      const error = ClientError.from(thrown);
      if (error.code !== 'NOT_FOUND') this.problem = error;
    }
    return this.problem === undefined;
  }

  async #revoke(grant: GrantInfo): Promise<void> {
    const { id } = grant;
    if (this.revoking.has(id)) return;
    this.revoking = new Set([...this.revoking, id]);
    const revoked = await this.#end((client) => client.invoke('grants.revoke', { id }));
    this.revoking = new Set([...this.revoking].filter((other) => other !== id));
    if (!revoked) return;
    const rows = this.#rows;
    const index = rows.findIndex(({ key }) => key === id);
    const next = [rows[index + 1], rows[index - 1]].find((row) => row !== undefined && 'grant' in row);
    this.drop([id]);
    this.say(t('access.revoked', this.#wordsOf(grant)));
    await this.focusRow(next?.key, '.revoke');
  }

  async #revokeAll(grants: readonly GrantInfo[]): Promise<void> {
    const items = grants.map((grant) => {
      const { who, field, connection } = this.#wordsOf(grant);
      return { id: grant.id, name: `${who}: ${connection} · ${field}` };
    });
    this.say('');
    const done = await this.confirm.open({
      words: () => ({
        title: tn('bulk.grants.title', items.length),
        text: html`<p>${t('bulk.grants.text')}</p>
          ${items.length === 1 ? html`<p><bdi>${items[0]?.name}</bdi></p>` : nothing}`,
        confirm: t('access.revoke'),
      }),
      items,
      run: async (id) => await this.client?.invoke('grants.revoke', { id }),
    });
    if (done.length === 0) return;
    this.drop(done);
    this.say(tn('bulk.grants.done', done.length));
    await this.focusRow();
  }

  async #unsilence({ principalId, role, connectionId }: Silence): Promise<void> {
    const silenced = { principalId, role, connectionId };
    if (!(await this.#end((client) => client.invoke('consent.unsilence', silenced)))) return;
    this.silences = this.silences.filter(
      (other) => other.principalId !== principalId || other.role !== role || other.connectionId !== connectionId,
    );
    this.say(t('access.unsilenced', { who: plainly(principalId) }));
    await this.focusRow();
  }

  protected override render(): TemplateResult {
    const all = button(html`${icon('remove')}${t('access.revoke.all')}`, () => this.#revokeAll(this.items), {
      hidden: this.items.length === 0,
    });
    return html`
      ${this.renderHead('access', all)} ${problem(this.problem)}
      ${this.renderWaiting('access') ?? html`${this.#renderRequests()} ${this.#renderSilences()} ${this.#renderDecisions()}`}
      <strongroom-confirm-dialog></strongroom-confirm-dialog>
    `;
  }

  #renderRequests(): unknown {
    const waiting = this.requests.filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now());
    return section(
      'waiting',
      nothing,
      waiting.map((request) => {
        const words = wordsOf(request);
        return item(
          request.role,
          html`<p>${t('access.waiting.text', words)}</p>
            <p class="muted small">
              <bdi><q>${plainly(request.reason)}</q></bdi>
              <span class="number">${t('consent.expires', { time: clock(Date.parse(request.expiresAt) - Date.now()) })}</span>
            </p>`,
          button(t('access.waiting.answer'), () => this.tell('answer', request.id), {
            class: 'primary',
            label: t('access.waiting.answer.of', words),
          }),
        );
      }),
    );
  }

  #renderSilences(): unknown {
    const silences = this.silences.filter(({ until }) => Date.parse(until) > Date.now());
    return section(
      'silenced',
      html`<p class="muted">${t('access.silenced.text')}</p>`,
      silences.map((silence) => {
        const who = plainly(silence.principalId);
        const connection = this.#nameOf(silence.connectionId);
        return item(
          silence.role,
          html`<p><strong><bdi>${who}</bdi></strong> · <bdi>${connection}</bdi></p>
            <p class="muted small">${t('access.until', { time: exactly(silence.until) })}</p>`,
          button(t('access.unsilence'), () => this.#unsilence(silence), {
            label: t('access.unsilence.of', { who, connection }),
          }),
        );
      }),
    );
  }

  #renderDecisions(): TemplateResult {
    const damaged = this.renderDamaged();
    if (this.items.length === 0) {
      return html`${damaged} ${stateCard('access', t('access.empty'), t('access.empty.text'))}`;
    }
    const rows = this.#rows;
    const shown = rows.filter((row) => 'grant' in row).length;
    return html`<section aria-labelledby="decisions">
      <h2 id="decisions">${t('access.decisions')}</h2>
      ${damaged}
      <div class="tools" role="search">
        ${search(t('access.search'), t('access.search.hint'), this.words, (words) => {
          this.words = words;
        })}
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
          ? this.renderNone('list.none', () => {
              this.words = '';
            })
          : this.renderTable(
              t('access.decisions'),
              [
                t(this.grouping === 'principal' ? 'access.column.what' : 'access.column.who'),
                t('access.column.decision'),
                t('access.column.reason'),
                t('access.column.created'),
                t('secrets.column.used'),
              ],
              rows,
              ({ key }) => key,
              (row, rowIndex) =>
                'grant' in row ? this.#renderGrant(row.grant, rowIndex) : this.#renderGroup(row, rowIndex),
            )
      }
      ${this.renderFoot('access', shown, this.items.length)}
    </section>`;
  }

  #renderGroup({ name, grants, first }: Extract<Row, { first: GrantInfo }>, rowIndex: number): TemplateResult {
    const byPrincipal = this.grouping === 'principal';
    const provider = this.names.providerOf(first.connectionId);
    const known = this.names.connections.has(first.connectionId);
    return html`<tr class="group" role="row" aria-rowindex=${rowIndex}>
      <th scope="rowgroup" role="rowheader" colspan="6">
        <div>
          ${byPrincipal ? html`<span class="tile">${icon(first.role)}</span>` : providerIcon(provider)}
          <span class="text">
            ${
              byPrincipal || !known
                ? html`<bdi>${name}</bdi>`
                : button(html`<bdi>${name}</bdi>`, () => goTo(this, 'connections', first.connectionId), {
                    class: 'link',
                  })
            }
            <span class="muted small">${byPrincipal ? roleText(first.role) : plainly(provider?.displayName ?? '')}</span>
          </span>
          ${
            grants.length < 2
              ? nothing
              : button(t('access.revoke.all'), () => this.#revokeAll(grants), {
                  class: 'quiet',
                  label: t('access.revoke.all.of', { name }),
                })
          }
        </div>
      </th>
    </tr>`;
  }

  #renderGrant(grant: GrantInfo, rowIndex: number): TemplateResult {
    const words = this.#wordsOf(grant);
    const byPrincipal = this.grouping === 'principal';
    const allowed = grant.decision === 'allow';
    return html`<tr class="row" role="row" aria-rowindex=${rowIndex}>
      <td role="cell" class="what">
        <bdi>${byPrincipal ? words.connection : words.who}</bdi>
        <div class="muted small"><bdi>${words.field}</bdi>${byPrincipal ? nothing : html` · ${roleText(grant.role)}`}</div>
      </td>
      <td role="cell" data-label=${t('access.column.decision')}>
        <span>
          <span class="decision ${grant.decision}">${icon(allowed ? 'ok' : 'close')}${decisionText(grant)}</span>
          ${grant.expiresAt === null ? nothing : html`<span class="until muted small">${t('access.until', { time: exactly(grant.expiresAt) })}</span>`}
        </span>
      </td>
      <td role="cell" class="reason" data-label=${t('access.column.reason')}><bdi><q>${plainly(grant.reason)}</q></bdi></td>
      <td role="cell" class="when" data-label=${t('access.column.created')}>${ago(grant.createdAt)}</td>
      <td role="cell" class="when" data-label=${t('secrets.column.used')}>${ago(grant.lastUsedAt)}</td>
      <td role="cell" class="actions end">
        ${button(t('access.revoke'), () => this.#revoke(grant), {
          class: 'quiet revoke',
          label: t('access.revoke.of', words),
          disabled: this.revoking.has(grant.id),
        })}
      </td>
    </tr>`;
  }
}

/** Those who wait or are silenced, or nothing when there are none. */
function section(name: 'waiting' | 'silenced', text: unknown, items: readonly TemplateResult[]): unknown {
  if (items.length === 0) return nothing;
  return html`<section aria-labelledby=${name}>
    <h2 id=${name}>${t(`access.${name}`)}</h2>
    ${text}
    <ul class="card items">${items}</ul>
  </section>`;
}

function item(role: ConsentRequest['role'], text: TemplateResult, action: TemplateResult): TemplateResult {
  return html`<li>
    <span class="tile">${icon(role)}</span>
    <div class="text">${text}</div>
    ${action}
  </li>`;
}

function decisionText(grant: GrantInfo): string {
  return t(`access.${grant.decision}.${grant.lifetime}`);
}
