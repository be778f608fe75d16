/** The Secrets page: the list, and the ways to change it. */

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { AuditEntry, SecretInfo } from '../../contracts/index.js';
import { Names } from './access-names.js';
import { ClientError, type SettingsClient } from './client.js';
import './confirm-dialog.js';
import type { ConfirmDialog } from './confirm-dialog.js';
import { ago, breakable, errorText, exactly, kindText, plainly, roleText } from './format.js';
import { icon, kindIcon } from './icons.js';
import { ListPage } from './list-page.js';
import { collator, t, tn, words } from './messages.js';
import { readAll } from './paging.js';
import { button, choice, facts, search, stateCard } from './parts.js';
import { goTo } from './place.js';
import './secret-dialog.js';
import type { SavedDetail, SecretDialog, SecretTask } from './secret-dialog.js';
import { secretsStyles } from './secrets-styles.js';
import { controls } from './styles.js';

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

/** The newest use of a secret by each of its users, or why that is not known; nothing until one of them is. */
type Users = readonly AuditEntry[] | ClientError | undefined;

@customElement('strongroom-secrets-page')
export class SecretsPage extends ListPage<SecretInfo> {
  static override readonly styles = [controls, secretsStyles];

  @state() private kind = '';
  /** The secrets whose details are shown, with their users. */
  @state() private opened: ReadonlyMap<string, Users> = new Map();
  @state() private selected: ReadonlySet<string> = new Set();
  @state() private names = new Names();

  /** The kind for which the list was read. */
  #readKind = '';

  @query('strongroom-secret-dialog') private editor!: SecretDialog;
  @query('strongroom-confirm-dialog') private confirm!: ConfirmDialog;

  protected override listen(client: SettingsClient): readonly (() => void)[] {
    return [
      ...super.listen(client),
      client.on('changed', ({ entity, id }) => {
        // A connection's secret has its name from there: both are asked for anew.
        if (entity === 'secret') this.follow(this.kind === kOfConnections ? '' : id);
      }),
    ];
  }

  protected override async read(client: SettingsClient, overtaken: () => boolean): Promise<() => void> {
    const { kind } = this;
    const kinds = kind === kOfConnections ? [{}, { kind: kOfConnections } as const] : [{}];
    const [names, ...lists] = await Promise.all([
      kinds.length === 1 ? this.names : Names.load(client),
      ...kinds.map((only) => readAll(client, 'secrets.list', only, overtaken)),
    ]);
    return () => {
      this.#readKind = kind;
      this.names = names;
      this.items = this.#sorted(lists.flatMap(({ items }) => items));
      this.damaged = lists[0]?.damaged ?? 0;
      for (const id of this.opened.keys()) void this.#loadUsers(id);
    };
  }

  protected override async readOne(client: SettingsClient, id: string): Promise<SecretInfo> {
    if (this.opened.has(id)) void this.#loadUsers(id);
    return client.invoke('secrets.get', { id });
  }

  protected override put(info: SecretInfo): void {
    super.put(info);
    this.items = this.#sorted(this.items);
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

  /** Either those of connections or all others. */
  get #listed(): readonly SecretInfo[] {
    return this.items.filter(({ kind }) => (kind === kOfConnections) === (this.kind === kOfConnections));
  }

  get #matching(): readonly SecretInfo[] {
    return this.remember([this.items, this.names, this.kind, this.words], () => {
      const found = this.finder();
      return this.#listed.filter(
        (info) =>
          ['', info.kind].includes(this.kind) &&
          found([this.#nameOf(info), info.envKey ?? '', ...Object.entries(info.metadata).flat()].join('\n')),
      );
    });
  }

  #open(task: SecretTask, info?: SecretInfo): void {
    this.say('');
    void this.editor.open(task, info);
  }

  async #saved(event: CustomEvent<SavedDetail>): Promise<void> {
    const { task, info } = event.detail;
    this.put(info);
    this.say(t(`secrets.saved.${task}`, { name: info.name, version: info.version }));
    if (task === 'add') await this.focusRow(info.id);
  }

  /** Asks, and removes what stands in the list. */
  async #remove(items: readonly SecretInfo[]): Promise<void> {
    const one = items.length === 1 ? items[0] : undefined;
    const matching = this.#matching;
    const at = matching.findIndex(({ id }) => id === one?.id);
    const next = one === undefined ? undefined : (matching[at + 1] ?? matching[at - 1]);
    this.say('');
    const done = await this.confirm.open({
      words: () => ({
        title: one === undefined ? tn('bulk.secrets.title', items.length) : t('remove.title', { name: one.name }),
        text: html`<p>${t(one === undefined ? 'bulk.secrets.text' : 'remove.text')}</p>
          ${one?.envKey ? html`<p><code dir="ltr">${one.envKey}</code></p>` : nothing}`,
        confirm: t('secrets.remove'),
        running: t('remove.removing'),
      }),
      items,
      run: async (id) => await this.client?.invoke('secrets.delete', { id }),
    });
    if (done.length === 0) return;
    this.drop(done);
    this.say(one === undefined ? tn('bulk.secrets.done', done.length) : t('secrets.saved.remove', { name: one.name }));
    await this.focusRow(next?.id);
  }

  #select(items: readonly SecretInfo[], event: Event): void {
    const selected = new Set(this.selected);
    for (const { id } of items) (event.target as HTMLInputElement).checked ? selected.add(id) : selected.delete(id);
    this.selected = selected;
  }

  /** The name of the variable, never a value: the page has none. */
  async #copy(event: Event, envKey: string): Promise<void> {
    const code = (event.currentTarget as HTMLElement).parentElement?.querySelector('code');
    try {
      await navigator.clipboard.writeText(envKey);
      this.say(t('secrets.copied', { name: envKey }));
    } catch {
      if (code) getSelection()?.selectAllChildren(code);
      this.say(t('secrets.copied.not'));
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
      users = ClientError.from(thrown);
    }
    if (this.opened.has(id)) this.opened = new Map(this.opened).set(id, users);
  }

  #toggle(id: string): void {
    const opened = new Map(this.opened);
    const open = !opened.delete(id);
    this.opened = open ? opened.set(id, undefined) : opened;
    if (open) void this.#loadUsers(id);
  }

  protected override render(): TemplateResult {
    const add = button(html`${icon('plus')}${t('form.add')}`, () => this.#open('add'), { class: 'primary' });
    return html`
      ${this.renderHead('secrets', add)} ${this.renderWaiting('secrets') ?? this.#renderList()}
      <strongroom-secret-dialog .client=${this.client} .online=${this.online} @strongroom-saved=${this.#saved}></strongroom-secret-dialog>
      <strongroom-confirm-dialog></strongroom-confirm-dialog>
    `;
  }

  #renderList(): TemplateResult {
    const listed = this.#listed;
    const ofConnections = this.kind === kOfConnections;
    const damaged = this.renderDamaged();
    if (listed.length === 0 && !ofConnections) {
      const show = button(t('secrets.connection.show'), () => this.#chooseKind(kOfConnections), { class: 'link' });
      return html`${damaged} ${stateCard('managed_private_key', t('secrets.empty'), t('secrets.empty.text'), show)}`;
    }
    const matching = this.#matching;
    const chosen = listed.filter(({ id }) => this.selected.has(id));
    const all = matching.every(({ id }) => this.selected.has(id));
    return html`
      ${damaged}
      <div class="tools" role="search">
        ${search(t('secrets.search'), t('secrets.search.hint'), this.words, (words) => {
          this.words = words;
        })}
        ${choice(t('form.kind'), [['', t('secrets.kind.all')], ...words('kind')], this.kind, (kind) => this.#chooseKind(kind))}
        <label class="all" ?hidden=${ofConnections || matching.length === 0}>
          <input
            type="checkbox"
            .checked=${all}
            .indeterminate=${!all && chosen.length > 0}
            @change=${(event: Event) => this.#select(matching, event)}
          />
          ${t('secrets.select.all')}
        </label>
      </div>
      ${ofConnections ? html`<p class="muted explained">${t('secrets.connection.text')}</p>` : this.#renderSelection(chosen)}
      ${
        matching.length === 0
          ? this.renderNone(
              listed.length > 0
                ? 'list.none'
                : this.reading && this.#readKind !== this.kind
                  ? 'list.loading'
                  : 'secrets.connection.empty',
              () => {
                this.words = '';
                this.kind = '';
              },
            )
          : this.renderTable(
              t('page.secrets'),
              [
                t('form.name'),
                t('form.envKey'),
                t('secrets.column.version'),
                t('secrets.column.updated'),
                t('secrets.column.used'),
              ],
              matching,
              ({ id }) => id,
              (info, rowIndex) => this.#renderRow(info, rowIndex),
            )
      }
      ${this.renderFoot('secrets', matching.length, listed.length)}
    `;
  }

  #chooseKind(kind: string): void {
    this.kind = kind;
    this.selected = new Set();
    if (kind === kOfConnections) void this.load();
  }

  #renderSelection(chosen: readonly SecretInfo[]): TemplateResult {
    return html`<div class="selection" role="status" ?hidden=${chosen.length === 0}>
      <span>${tn('secrets.selected', chosen.length)}</span>
      ${button(html`${icon('remove')}${t('secrets.selected.remove')}`, () => this.#remove(chosen))}
      ${button(
        t('secrets.selected.clear'),
        () => {
          this.selected = new Set();
        },
        { class: 'quiet' },
      )}
    </div>`;
  }

  #renderRow(info: SecretInfo, rowIndex: number): TemplateResult {
    const ofConnection = info.kind === kOfConnections;
    const name = this.#nameOf(info);
    const open = this.opened.has(info.id);
    const action = (name: 'replace' | 'edit' | 'remove', run: () => unknown): TemplateResult =>
      button(icon(name), run, {
        class: `quiet only-icon ${name}`,
        label: t(`secrets.${name}.of`, { name: info.name }),
        title: t(`secrets.${name}`),
      });
    return html`<tr class="row" role="row" aria-rowindex=${rowIndex}>
        <td role="cell" class="title">
          ${
            ofConnection
              ? nothing
              : html`<input
                  type="checkbox"
                  aria-label=${t('secrets.select', { name })}
                  .checked=${this.selected.has(info.id)}
                  @change=${(event: Event) => this.#select([info], event)}
                />`
          }
          <span class="kind" title=${kindText(info.kind)}>${kindIcon(info.kind)}</span>
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
            <div class="muted small">${kindText(info.kind)}</div>
          </div>
        </td>
        <td role="cell" class="key" data-label=${t('form.envKey')}>
          ${info.envKey === null ? html`<span class="muted">${t('secrets.metadata.none')}</span>` : html`<span class="copyable"><code dir="ltr">${breakable(info.envKey)}</code>${this.#renderCopy(info.envKey)}</span>`}
        </td>
        <td role="cell" class="number" data-label=${t('secrets.column.version')}>${info.version}</td>
        <td role="cell" class="when" data-label=${t('secrets.column.updated')}>${ago(info.updatedAt)}</td>
        <td role="cell" class="when" data-label=${t('secrets.column.used')}>${ago(info.lastAccessedAt)}</td>
        <td role="cell" class="actions end">
          ${
            ofConnection
              ? nothing
              : html`${action('replace', () => this.#open('replace', info))} ${action('edit', () => this.#open('edit', info))}
                ${action('remove', () => this.#remove([info]))}`
          }
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

  #renderCopy(envKey: string): TemplateResult {
    const label = t('secrets.copy', { name: envKey });
    return button(icon('copy'), (event) => this.#copy(event, envKey), {
      class: 'quiet only-icon copy',
      label,
      title: label,
    });
  }

  #renderUsers(users: Users): unknown {
    if (users === undefined) return t('secrets.used.loading');
    if (users instanceof ClientError) return t('secrets.used.failed', { reason: errorText(users) });
    if (users.length === 0) return html`<span class="muted">${t('secrets.used.never')}</span>`;
    return users.map(
      (entry) => html`<div>
        ${roleText(entry.role)}${entry.principalId === null || entry.principalId === entry.role ? nothing : html` <bdi>${plainly(entry.principalId)}</bdi>`},
        ${ago(entry.at)}${entry.reason === null ? nothing : html`<span class="muted">: <bdi>${plainly(entry.reason)}</bdi></span>`}
      </div>`,
    );
  }

  #renderPlace(info: SecretInfo): TemplateResult {
    const connection = this.names.placeOf(info.id)?.connection;
    return connection === undefined
      ? html`<span class="muted">${t('secrets.place.gone')}</span>`
      : button(html`<bdi>${connection.displayName}</bdi>`, () => goTo(this, 'connections', connection.id), {
          class: 'link',
        });
  }

  #renderDetails(info: SecretInfo): TemplateResult {
    const metadata = Object.entries(info.metadata);
    return facts([
      [t('secrets.place'), info.kind === kOfConnections ? this.#renderPlace(info) : nothing],
      [t('secrets.used'), this.#renderUsers(this.opened.get(info.id))],
      [t('secrets.id'), html`<code dir="ltr">${info.id}</code>`],
      [t('secrets.created'), exactly(info.createdAt)],
      [t('secrets.column.updated'), exactly(info.updatedAt)],
      [
        t('form.metadata'),
        metadata.length === 0
          ? html`<span class="muted">${t('secrets.metadata.none')}</span>`
          : metadata.map(([key, value]) => html`<div><bdi class="muted">${key}</bdi>: <bdi>${value}</bdi></div>`),
      ],
      ['', button(t('secrets.history'), () => goTo(this, 'audit', info.id), { class: 'link' })],
    ]);
  }
}
