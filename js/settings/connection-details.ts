/**
 * One connection: its settings to edit in place, its secrets to set, replace and remove, its test, its use, its end.
 *
 * What a person has typed and not saved is kept for each connection while others are looked at; secrets are not.
 */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Connection, ConnectionTest, ProviderInfo, ResponseOf } from '../../contracts/index.js';
import { ClientError, type SettingsEvents } from './client.js';
import { ConnectionForm, shown } from './connection-form.js';
import {
  type Draft,
  draftOf,
  type Field,
  fieldsOf,
  labelOf,
  sameDraft,
  sameText,
  valuesOf,
} from './connection-model.js';
import { renderDocumentation } from './connection-new.js';
import { connectionStyles } from './connection-styles.js';
import { actionText, ago, errorText, exactly, number, plainly, roleText, sentence } from './format.js';
import { icon } from './icons.js';
import { t, tn, tOr } from './messages.js';
import { goTo, type SettingsWorkspace } from './place.js';
import { providerIcon } from './provider-icon.js';
import { controls } from './styles.js';

type Usage = ResponseOf<'connections.usage'>;

/** By the id of a connection: what is typed about it, and the state of it that it was typed on. */
export type EditedConnections = Map<string, { readonly base: Connection; readonly draft: Draft }>;

/** A question in the dialog. */
type Question =
  | { readonly kind: 'remove' }
  | { readonly kind: 'remove-secret'; readonly field: string }
  | { readonly kind: 'compare'; readonly theirs: Connection };

const kAccessesShown = 5;
/** Entries of the log come in bursts; the use is looked up once for each. */
const kGatherMs = 250;

/**
 * Fires `strongroom-changed` (the connection as it is now), `strongroom-removed` (its id), `strongroom-unsaved` (ids of
 * connections with changes that are not saved), `strongroom-again` (a draft to make a new connection of) and
 * `strongroom-message`.
 */
@customElement('strongroom-connection-details')
export class ConnectionDetails extends ConnectionForm {
  static override readonly styles = [controls, connectionStyles];

  /** The connection as it is stored; undefined when there is none of this id. */
  @property({ attribute: false }) connection: Connection | undefined;
  @property({ attribute: false }) connectionId = '';
  /** What is typed about connections and not saved yet; this one's is put into it. */
  @property({ attribute: false }) edited: EditedConnections = new Map();
  @property({ attribute: false }) workspace: SettingsWorkspace | undefined;
  /** What is used instead of it in the workspace, and what it is used instead of. */
  @property({ attribute: false }) overriddenBy: Connection | undefined;
  @property({ attribute: false }) overridden: Connection | undefined;

  @state() private base: Connection | undefined;
  @state() private theirs: Connection | undefined;
  @state() private entering: ReadonlySet<string> = new Set();
  @state() private savingSecret = '';
  @state() private testing: ReadonlySet<string> = new Set();
  @state() private testFailures: ReadonlyMap<string, string> = new Map();
  @state() private usage: Usage | undefined;
  @state() private usageFailure = '';
  @state() private allAccesses = false;
  @state() private question: Question | undefined;
  @state() private working = false;
  @state() private questionFailure = '';
  @query('dialog') private dialog!: HTMLDialogElement;

  #stop: (() => void) | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #usageWanted = false;
  #round = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#stop?.();
  }

  #listen(): void {
    this.#stop?.();
    if (this.client === undefined || !this.isConnected) return;
    this.#stop = this.client.on('changed', (event) => this.#changed(event));
    this.#wantUsage();
  }

  #changed({ entity, id }: SettingsEvents['changed']): void {
    if (entity === 'secret' || entity === 'provider' || (entity === 'connection' && id !== this.connectionId)) return;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#wantUsage();
    }, kGatherMs);
  }

  /** Several things may ask at once, such as another connection and a new client; one answer serves them all. */
  #wantUsage(): void {
    if (this.#usageWanted) return;
    this.#usageWanted = true;
    queueMicrotask(() => {
      this.#usageWanted = false;
      void this.#loadUsage();
    });
  }

  async #loadUsage(): Promise<void> {
    const { client, connection } = this;
    if (client === undefined || connection === undefined) return;
    this.#round += 1;
    const round = this.#round;
    try {
      const usage = await client.invoke('connections.usage', { id: connection.id });
      if (round !== this.#round) return;
      this.usage = usage;
      this.usageFailure = '';
    } catch (thrown) {
      if (round !== this.#round || ClientError.from(thrown).code === 'DISCONNECTED') return;
      this.usageFailure = errorText(thrown);
    }
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('connectionId')) this.#turn();
    else if (changed.has('connection') || changed.has('provider')) this.#follow(changed.has('provider'));
    if (changed.has('client') || (changed.get('online') === false && this.online)) this.#listen();
  }

  /** Another connection is looked at. */
  #turn(): void {
    this.clearSecrets();
    this.entering = new Set();
    this.savingSecret = '';
    this.usage = undefined;
    this.usageFailure = '';
    this.allAccesses = false;
    this.theirs = undefined;
    if (this.question !== undefined) this.dialog.close();
    const edited = this.edited.get(this.connectionId);
    this.base = edited?.base ?? this.connection;
    this.fill(edited?.draft ?? this.#stored(this.connection));
    this.#follow(false);
    this.#wantUsage();
  }

  #stored(connection: Connection | undefined): Draft {
    return connection === undefined ? { name: '', raw: {} } : draftOf(connection, this.provider);
  }

  /** The connection was read anew: what is typed stays, and a change to the same things is told. */
  #follow(refill: boolean): void {
    const { connection, base } = this;
    if (connection === undefined) return;
    if (base === undefined || !this.dirty) {
      const same = base !== undefined && sameText(base, connection) && !refill;
      this.base = connection;
      this.theirs = undefined;
      if (!same) this.draft = this.#stored(connection);
      if (base === undefined) this.#wantUsage();
    } else if (connection.revision >= base.revision) {
      if (sameText(base, connection)) {
        this.base = connection;
        this.theirs = undefined;
      } else {
        this.theirs = connection;
      }
      this.#keep();
    }
  }

  private get dirty(): boolean {
    return this.base !== undefined && !sameDraft(this.draft, this.#stored(this.base));
  }

  protected override edit(path: string, part: Partial<Draft>): void {
    super.edit(path, part);
    this.#keep();
  }

  /** Keeps what is typed for when this connection is looked at again. */
  #keep(): void {
    const { base, draft } = this;
    if (base === undefined) return;
    const had = this.edited.has(base.id);
    if (this.dirty) this.edited.set(base.id, { base, draft });
    else this.edited.delete(base.id);
    if (had !== this.dirty) {
      this.dispatchEvent(new CustomEvent('strongroom-unsaved', { detail: new Set(this.edited.keys()) }));
    }
  }

  #take(connection: Connection): void {
    this.base = connection;
    this.theirs = undefined;
    this.connection = connection;
    this.fill(this.#stored(connection));
    this.#keep();
  }

  #say(message: string): void {
    this.dispatchEvent(new CustomEvent('strongroom-message', { detail: message }));
  }

  #tell(connection: Connection): void {
    this.dispatchEvent(new CustomEvent('strongroom-changed', { detail: connection }));
  }

  /** Moves the focus to the heading, for a person who came here. */
  override focus(): void {
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('h2')?.focus());
  }

  /** Saves what was changed; with `accept` also if nothing was: saving says that the provider's changes are known. */
  async #save(event?: Event, accept = false): Promise<void> {
    event?.preventDefault();
    const { client, base, provider, draft } = this;
    if (this.saving || client === undefined || base === undefined || provider === undefined) return;
    if (!this.dirty && !accept) return;
    if (!(await this.check(this.faults([])))) return;
    this.saving = true;
    try {
      const fields = valuesOf(draft, provider);
      const change = { id: base.id, displayName: draft.name, fields, revision: base.revision };
      const saved = await client.invoke('connections.update', change);
      if (this.connectionId === saved.id) this.#take(saved);
      this.#tell(saved);
      this.#say(t('connections.saved', { name: saved.displayName }));
    } catch (thrown) {
      if (this.connectionId !== base.id) return;
      if (ClientError.from(thrown).code === 'CONFLICT') await this.#conflict(base);
      else await this.explain(thrown);
    } finally {
      this.saving = false;
    }
  }

  /** Somebody was quicker. A change to something else than name and fields (a secret, say) is no conflict. */
  async #conflict(base: Connection): Promise<void> {
    try {
      const theirs = await this.client?.invoke('connections.get', { id: base.id });
      if (theirs === undefined || this.connectionId !== base.id) return;
      this.#tell(theirs);
      if (sameText(theirs, base)) {
        this.base = theirs;
        this.saving = false;
        await this.#save();
      } else {
        this.theirs = theirs;
        await this.#ask({ kind: 'compare', theirs });
      }
    } catch (thrown) {
      await this.explain(thrown);
    }
  }

  async #saveSecret(event: Event, field: Field): Promise<void> {
    event.preventDefault();
    const { client, connectionId: id } = this;
    if (this.savingSecret !== '' || client === undefined) return;
    const path = `/secrets/${field.name}`;
    const fault = this.secretFault({ ...field, required: true });
    if (fault !== undefined) {
      this.touch(path);
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>(`#secret-${field.name}`)?.focus();
      return;
    }
    this.savingSecret = field.name;
    this.failure = undefined;
    try {
      const value = this.secretValue(field.name);
      const saved = await client.invoke('connections.setSecret', { id, field: field.name, value });
      if (this.connectionId === id) this.#stopEntering(field.name);
      this.#tell(saved);
      this.#say(t('connection.secret.saved', { field: field.label }));
      await this.updateComplete;
      if (this.connectionId === id) this.#focusSecret(field.name);
    } catch (thrown) {
      if (this.connectionId === id) await this.explain(thrown, (place) => (place === '/value' ? path : place));
    } finally {
      this.savingSecret = '';
    }
  }

  #stopEntering(field: string): void {
    this.clearSecret(field);
    this.entering = new Set([...this.entering].filter((other) => other !== field));
  }

  #focusSecret(field: string): void {
    this.renderRoot.querySelector<HTMLElement>(`[data-field="${field}"] button`)?.focus();
  }

  async #enter(field: string): Promise<void> {
    this.entering = new Set([...this.entering, field]);
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`#secret-${field}`)?.focus();
  }

  async #test(): Promise<void> {
    const { client, connectionId: id } = this;
    if (client === undefined || this.testing.has(id)) return;
    this.testing = new Set([...this.testing, id]);
    this.testFailures = new Map([...this.testFailures].filter(([other]) => other !== id));
    try {
      const lastTest = await client.invoke('connections.test', { id });
      const tested = this.connection?.id === id ? this.connection : undefined;
      if (tested !== undefined) this.#tell({ ...tested, lastTest });
    } catch (thrown) {
      this.testFailures = new Map([...this.testFailures, [id, errorText(thrown)]]);
    } finally {
      this.testing = new Set([...this.testing].filter((other) => other !== id));
    }
  }

  async #ask(question: Question): Promise<void> {
    this.question = question;
    this.questionFailure = '';
    this.working = false;
    await this.updateComplete;
    this.dialog.showModal();
  }

  async #removeSecret(field: string): Promise<void> {
    const label = labelOf(this.provider, field);
    await this.#answer(async (client, id) => {
      this.#tell(await client.invoke('connections.clearSecret', { id, field }));
      this.#say(t('connection.secret.removed', { field: label }));
      return () => (this.#rowOf(field) === null ? this.focus() : this.#focusSecret(field));
    });
  }

  #rowOf(field: string): Element | null {
    return this.renderRoot.querySelector(`[data-field="${field}"]`);
  }

  async #remove(): Promise<void> {
    const { base } = this;
    if (base === undefined) return;
    await this.#answer(async (client, id) => {
      try {
        await client.invoke('connections.delete', { id });
      } catch (thrown) {
        if (ClientError.from(thrown).code !== 'NOT_FOUND') throw thrown;
      }
      this.#forget(id);
      this.#say(t('connections.removed', { name: base.displayName }));
      return () => this.dispatchEvent(new CustomEvent('strongroom-removed', { detail: id }));
    });
  }

  #forget(id: string): void {
    if (!this.edited.delete(id)) return;
    this.dispatchEvent(new CustomEvent('strongroom-unsaved', { detail: new Set(this.edited.keys()) }));
  }

  /** Does what the dialog asked about, and closes it; a failure is shown in it. */
  async #answer(run: (client: NonNullable<typeof this.client>, id: string) => Promise<() => void>): Promise<void> {
    const { client, connectionId } = this;
    if (client === undefined || this.working) return;
    this.working = true;
    this.questionFailure = '';
    try {
      const after = await run(client, connectionId);
      this.dialog.close();
      await this.updateComplete;
      after();
    } catch (thrown) {
      this.questionFailure = errorText(thrown);
    } finally {
      this.working = false;
    }
  }

  /** What would be saved with “Save mine”: their version, with what was changed here since both began. */
  #merged(theirs: Connection): Draft {
    const before = this.#stored(this.base);
    const now = this.#stored(theirs);
    const raw = { ...now.raw };
    for (const [name, value] of Object.entries(this.draft.raw)) if (value !== before.raw[name]) raw[name] = value;
    return { name: this.draft.name === before.name ? now.name : this.draft.name, raw };
  }

  #decide(theirs: Connection, draft: Draft): void {
    this.base = theirs;
    this.theirs = undefined;
    this.draft = draft;
    this.#keep();
    this.dialog.close();
  }

  protected override render(): TemplateResult {
    const { base } = this;
    if (base === undefined) {
      return html`<div class="card state" role="status">${icon('connection')}<p>${t('connection.gone.text')}</p></div>`;
    }
    return html`<article class="card" aria-labelledby="title">
        ${this.#renderTop(base)}
        <div class="notes">${this.#renderNotes(base)}</div>
        ${this.provider === undefined ? nothing : this.#renderSettings(this.provider, base)}
        ${this.#renderSecrets(base)} ${this.#renderUsage()} ${this.#renderFacts(base)}
      </article>
      ${this.#renderDialog(base)}`;
  }

  #renderTop(base: Connection): TemplateResult {
    const { provider } = this;
    const { name } = this.draft.name === '' ? { name: base.displayName } : this.draft;
    const running = this.testing.has(base.id);
    const place =
      base.scope === 'user'
        ? t('scope.user')
        : base.workspaceId === this.workspace?.id
          ? t('scope.workspace.only', { workspace: this.workspace?.name ?? '' })
          : t('scope.workspace.other', { workspace: base.workspaceId ?? '' });
    return html`<header class="top">
      ${providerIcon(provider, base.displayName)}
      <div class="names">
        <h2 id="title" tabindex="-1"><bdi>${name}</bdi></h2>
        <p class="muted">
          <bdi>${provider?.displayName ?? base.providerId}</bdi>
          <span class="badge">${icon(base.scope === 'user' ? 'dns_credential' : 'workspace')}<bdi>${place}</bdi></span>
        </p>
      </div>
      <div class="actions">
        ${
          provider?.testable === true && this.connection !== undefined
            ? html`<button type="button" class="test" aria-disabled=${running || !this.online} @click=${() => void this.#test()}>
                ${icon('test')}${t(running ? 'connection.testing' : 'connection.test')}
              </button>`
            : nothing
        }
        ${
          this.connection === undefined
            ? nothing
            : html`<button
                type="button"
                class="quiet only-icon remove"
                aria-label=${t('connection.remove.of', { name: base.displayName })}
                title=${t('secrets.remove')}
                @click=${() => void this.#ask({ kind: 'remove' })}
              >
                ${icon('remove')}
              </button>`
        }
      </div>
    </header>`;
  }

  #renderNotes(base: Connection): TemplateResult {
    const { provider, connection, theirs, overriddenBy, overridden } = this;
    const attention = connection?.needsAttention?.issues ?? [];
    const issues = attention.filter(({ path }) => path !== '');
    const providerName = provider?.displayName ?? base.providerId;
    const show = (
      other: Connection,
    ): TemplateResult => html`<button type="button" class="link" @click=${() => goTo(this, 'connections', other.id)}>
      ${t('scope.show')}
    </button>`;
    const workspace = this.workspace?.name ?? '';
    return html`
      ${
        connection === undefined
          ? html`<div class="note danger" role="alert">
              ${icon('warning')}
              <div>${t(this.dirty ? 'connection.gone' : 'connection.gone.text')}</div>
              ${
                this.dirty && provider?.registered === true
                  ? html`<button
                      type="button"
                      @click=${() => {
                        const detail = { providerId: base.providerId, draft: this.draft };
                        this.#forget(base.id);
                        this.dispatchEvent(new CustomEvent('strongroom-again', { detail }));
                      }}
                    >
                      ${t('connection.gone.again')}
                    </button>`
                  : nothing
              }
            </div>`
          : nothing
      }
      ${
        theirs === undefined || connection === undefined
          ? nothing
          : html`<div class="note warning changed" role="alert">
              ${icon('warning')}
              <div>${t('connection.changed')}</div>
              <button type="button" @click=${() => void this.#ask({ kind: 'compare', theirs })}>${t('connection.changed.compare')}</button>
            </div>`
      }
      ${
        provider?.registered === false || provider === undefined
          ? html`<div class="note warning">${icon('offline')}<div>${t('connection.unregistered', { provider: providerName })}</div></div>`
          : nothing
      }
      ${
        attention.some(({ code }) => code === 'terms_changed')
          ? html`<div class="note warning">
              ${icon('warning')}
              <div>${t('connection.terms', { provider: providerName, places: this.#places() })}</div>
              <button type="button" aria-disabled=${this.saving} @click=${() => void this.#save(undefined, true)}>
                ${t('connection.terms.accept')}
              </button>
            </div>`
          : nothing
      }
      ${
        issues.length === 0
          ? nothing
          : html`<div class="note warning attention">
              ${icon('warning')}
              <div>
                <strong>${t('connection.attention')}</strong>
                <p>${t('connection.attention.text', { provider: providerName })}</p>
                <ul role="list">
                  ${issues.map(({ path, message }) => this.#renderIssue(path, message))}
                </ul>
              </div>
            </div>`
      }
      ${
        overriddenBy === undefined
          ? nothing
          : html`<div class="note">
              ${icon('workspace')}
              <div>${t('scope.overridden', { workspace, name: overriddenBy.displayName })}</div>
              ${show(overriddenBy)}
            </div>`
      }
      ${
        overridden === undefined
          ? nothing
          : html`<div class="note">
              ${icon('workspace')}
              <div>${t('scope.overrides', { workspace, name: overridden.displayName })}</div>
              ${show(overridden)}
            </div>`
      }
      <div class="result" role="status">${this.#renderTest(base)}</div>
    `;
  }

  /** Where the provider lets the secret be sent. */
  #places(): string {
    const origins = this.provider?.origins ?? [];
    if (origins.length === 0) return t('connection.terms.nowhere');
    return origins
      .map((origin) => (typeof origin === 'string' ? origin : labelOf(this.provider, origin.fromField)))
      .join(', ');
  }

  #renderIssue(path: string, message: string): TemplateResult {
    const [, kind, name = ''] = path.split('/');
    const label = labelOf(this.provider, name);
    const go = async (): Promise<void> => {
      if (kind === 'secrets' && this.#rowOf(name)?.querySelector('input, textarea') === null) {
        this.#focusSecret(name);
        return;
      }
      this.renderRoot.querySelector<HTMLElement>(`#${kind === 'secrets' ? 'secret' : 'field'}-${name}`)?.focus();
    };
    const known = this.provider?.schema.properties[name] !== undefined;
    return html`<li>
      ${
        known
          ? html`<button type="button" class="link" @click=${go}><bdi>${label}</bdi></button>`
          : html`<b><bdi>${label}</bdi></b>`
      }: ${sentence(message)}
    </li>`;
  }

  #renderTest({ id }: Connection): TemplateResult | typeof nothing {
    const test = this.connection?.lastTest ?? null;
    if (this.testing.has(id)) {
      return html`<div class="note">
        <div><progress aria-label=${t('connection.testing')}></progress>${this.dirty ? html`<p>${t('connection.test.saved')}</p>` : nothing}</div>
      </div>`;
    }
    const failure = this.testFailures.get(id);
    if (failure !== undefined) {
      return html`<div class="note danger" data-test="error">${icon('warning')}
        <div><strong>${t('connection.test.error')}</strong> ${failure}</div>
      </div>`;
    }
    if (test === null) return nothing;
    return html`<div class="note ${test.ok ? 'success' : 'danger'}" data-test=${test.ok ? 'ok' : 'failed'}>${icon(test.ok ? 'ok' : 'warning')}
      <div>
        <strong>${t(test.ok ? 'connection.tested.ok' : 'connection.tested.failed')}</strong>
        ${test.message === '' ? nothing : html`<bdi>${sentence(test.message)}</bdi>`}
        <span class="muted">${ago(test.at, '')} · ${t('connection.tested.took', { time: duration(test) })}</span>
      </div>
    </div>`;
  }

  #renderSettings(provider: ProviderInfo, base: Connection): TemplateResult {
    const fields = fieldsOf(provider, false);
    const unknown = Object.keys(base.fields).filter((name) => !fields.some((field) => field.name === name));
    const { dirty } = this;
    return html`<form class="section" novalidate autocomplete="off" aria-labelledby="settings" @submit=${this.#save}>
      <div class="heading">
        <h3 id="settings">${t('connection.settings')}</h3>
        ${renderDocumentation(provider)}
      </div>
      ${this.renderFailure()} ${this.renderName()} ${fields.map((field) => this.renderField(field))}
      ${unknown.map(
        (name) => html`<p class="hint">
          <b><bdi>${name}</bdi></b>: <bdi>${shown(base.fields[name] ?? '')}</bdi>.
          ${t('connection.field.unknown', { provider: provider.displayName })}
        </p>`,
      )}
      <div class="bar" ?hidden=${!dirty}>
        <button
          type="button"
          @click=${() => {
            this.fill(this.#stored(this.base));
            this.#keep();
            this.focus();
          }}
        >
          ${t('connection.discard')}
        </button>
        <button type="submit" class="primary" aria-disabled=${this.saving}>${t(this.saving ? 'form.saving' : 'connection.save')}</button>
      </div>
    </form>`;
  }

  #renderSecrets(base: Connection): TemplateResult | typeof nothing {
    const fields = this.provider === undefined ? [] : fieldsOf(this.provider, true);
    const secrets = (this.connection ?? base).secrets;
    const unknown = Object.keys(secrets).filter(
      (name) => secrets[name]?.hasValue === true && !fields.some((field) => field.name === name),
    );
    if (fields.length + unknown.length === 0) return nothing;
    return html`<section class="section" aria-labelledby="secrets">
      <h3 id="secrets">${t('connection.secrets')}</h3>
      ${fields.map((field) => this.#renderSecretRow(field, secrets[field.name]))}
      ${unknown.map((name) =>
        this.#renderSecretRow({ name, schema: { type: 'string' }, label: name, required: false }, secrets[name], true),
      )}
    </section>`;
  }

  #renderSecretRow(field: Field, secret: Connection['secrets'][string] | undefined, unknown = false): TemplateResult {
    const { name, label } = field;
    const set = secret?.hasValue === true;
    if (this.entering.has(name)) {
      return html`<form class="secret" data-field=${name} novalidate autocomplete="off" @submit=${(event: Event) => void this.#saveSecret(event, field)}>
        ${this.renderSecret(field)}
        <div class="bar">
          <button
            type="button"
            @click=${async () => {
              this.#stopEntering(name);
              await this.updateComplete;
              this.#focusSecret(name);
            }}
          >
            ${t('form.cancel')}
          </button>
          <button type="submit" class="primary" aria-disabled=${this.savingSecret === name}>
            ${t(this.savingSecret === name ? 'form.saving' : 'form.save')}
          </button>
        </div>
      </form>`;
    }
    const gone = this.connection === undefined;
    const enter = set ? 'replace' : 'enter';
    return html`<div class="secret row" role="group" aria-labelledby="label-${name}" data-field=${name}>
      <div class="what">
        <span class="label" id="label-${name}"><bdi>${label}</bdi>${
          field.required || unknown ? nothing : html` <span class="optional">${t('form.optional')}</span>`
        }</span>
        <span class="muted small">
          ${
            set
              ? html`<span class="dots" aria-hidden="true">••••••••</span> ${t('connection.secret.set')} ${ago(secret.updatedAt, '')} ·
                  ${t('connection.secret.version', { version: number(secret.version) })}`
              : t('connection.secret.unset')
          }
          ${unknown ? t('connection.secret.unknown', { provider: this.provider?.displayName ?? '' }) : nothing}
        </span>
      </div>
      <div class="actions">
        ${
          unknown || gone
            ? nothing
            : html`<button type="button" aria-label=${t(`connection.secret.${enter}.of`, { field: label })} @click=${() => void this.#enter(name)}>
                ${t(`connection.secret.${enter}`)}
              </button>`
        }
        ${
          set && !gone
            ? html`<button
                type="button"
                class="quiet remove"
                aria-label=${t('connection.secret.remove.of', { field: label })}
                @click=${() => void this.#ask({ kind: 'remove-secret', field: name })}
              >
                ${t('secrets.remove')}
              </button>`
            : nothing
        }
      </div>
    </div>`;
  }

  #renderUsage(): TemplateResult | typeof nothing {
    const { usage } = this;
    if (this.connection === undefined) return nothing;
    const accesses = usage?.accesses ?? [];
    const some = this.allAccesses ? accesses : accesses.slice(0, kAccessesShown);
    return html`<section class="section usage" aria-labelledby="usage">
      <h3 id="usage">${t('connection.usage')}</h3>
      ${this.usageFailure === '' ? nothing : html`<p class="error" role="alert">${icon('warning')}<span>${t('connection.usage.failed')} ${this.usageFailure}</span></p>`}
      ${
        usage === undefined
          ? nothing
          : html`<div class="part">
              <h4>${t('connection.usage.who')}</h4>
              ${
                usage.grants.length + usage.silenced.length === 0
                  ? html`<p class="muted">${t('connection.usage.nobody')}</p>`
                  : html`<ul role="list">
                      ${usage.grants.map((grant) => this.#renderGrant(grant))}
                      ${usage.silenced.map(
                        ({ principalId, role, until }) => html`<li>
                          ${icon(role)}
                          <div><bdi class="who">${plainly(principalId)}</bdi> <span class="muted">${t('connection.usage.silenced', { when: exactly(until) })}</span></div>
                        </li>`,
                      )}
                    </ul>`
              }
              <button type="button" class="link" @click=${() => goTo(this, 'access', this.connectionId)}>${t('connection.usage.access')}</button>
            </div>
            <div class="part">
              <h4>${t('connection.usage.last')}</h4>
              ${
                accesses.length === 0
                  ? html`<p class="muted">${t('connection.usage.never')}</p>`
                  : html`<ul role="list">
                      ${some.map((entry) => this.#renderAccess(entry))}
                    </ul>`
              }
              <div class="links">
                ${
                  some.length < accesses.length
                    ? html`<button
                        type="button"
                        class="link"
                        @click=${() => {
                          this.allAccesses = true;
                        }}
                      >
                        ${t('connection.usage.more', { count: number(accesses.length) })}
                      </button>`
                    : nothing
                }
                <button type="button" class="link" @click=${() => goTo(this, 'audit', this.connectionId)}>${t('connection.usage.audit')}</button>
              </div>
            </div>`
      }
    </section>`;
  }

  #renderGrant(grant: Usage['grants'][number]): TemplateResult {
    const denied = grant.decision === 'deny';
    return html`<li>
      ${icon(grant.role)}
      <div>
        <bdi class="who">${plainly(grant.principalId)}</bdi>
        <span class="outcome ${denied ? 'denied' : 'allowed'}">
          ${icon(denied ? 'close' : 'ok')}${t(`connection.usage.${grant.decision}`)}, ${t(`connection.usage.${grant.lifetime}`)}
        </span>
        <div class="muted small">
          <bdi>${labelOf(this.provider, grant.field)}</bdi> ·
          ${grant.lastUsedAt === null ? t('connection.usage.unused') : html`${t('connection.usage.used', { when: '' })}${ago(grant.lastUsedAt, '')}`}
        </div>
      </div>
    </li>`;
  }

  #renderAccess(entry: Usage['accesses'][number]): TemplateResult {
    return html`<li>
      <span class="outcome ${entry.outcome}" title=${tOr(`audit.outcome.${entry.outcome}`, entry.outcome)}>
        ${icon(entry.outcome === 'allowed' ? 'ok' : entry.outcome === 'denied' ? 'close' : 'warning')}<span class="hidden">${tOr(`audit.outcome.${entry.outcome}`, entry.outcome)}</span>
      </span>
      <div>
        <bdi class="who">${entry.principalId === null ? roleText(entry.role) : plainly(entry.principalId)}</bdi>
        ${actionText(entry.action)} <span class="muted">${ago(entry.at, '')}</span>
        ${
          entry.reason === null && entry.code === null
            ? nothing
            : html`<div class="muted small">${entry.code === null ? nothing : html`<code>${entry.code}</code> `}<bdi>${plainly(entry.reason ?? '')}</bdi></div>`
        }
      </div>
    </li>`;
  }

  #renderFacts(base: Connection): TemplateResult {
    const stored = this.connection ?? base;
    return html`<section class="section" aria-labelledby="facts">
      <h3 id="facts">${t('connection.facts')}</h3>
      <dl class="facts">
        <dt>${t('connection.id')}</dt>
        <dd><code dir="ltr">${stored.id}</code></dd>
        <dt>${t('connection.created')}</dt>
        <dd>${exactly(stored.createdAt)}</dd>
        <dt>${t('connection.updated')}</dt>
        <dd>${exactly(stored.updatedAt)}</dd>
      </dl>
    </section>`;
  }

  #renderDialog(base: Connection): TemplateResult {
    const { question } = this;
    const compact = question?.kind !== 'compare';
    return html`<dialog
      class=${compact ? 'compact' : ''}
      role=${compact ? 'alertdialog' : nothing}
      aria-labelledby="question"
      aria-describedby=${compact ? 'question-text' : nothing}
      @close=${() => {
        this.question = undefined;
      }}
    >
      ${
        question === undefined
          ? nothing
          : question.kind === 'compare'
            ? this.#renderCompare(base, question.theirs)
            : this.#renderRemoval(base, question)
      }
    </dialog>`;
  }

  #renderRemoval(base: Connection, question: Exclude<Question, { kind: 'compare' }>): TemplateResult {
    const { usage, overridden } = this;
    const all = question.kind === 'remove';
    const values = Object.values((this.connection ?? base).secrets).filter(({ hasValue }) => hasValue).length;
    const grants = usage?.grants.length ?? 0;
    const label = all ? '' : labelOf(this.provider, question.field);
    return html`
      <header>
        <h2 id="question">
          ${all ? t('connection.remove.ask', { name: base.displayName }) : t('connection.secret.ask', { field: label })}
        </h2>
      </header>
      <div class="body">
        ${this.questionFailure === '' ? nothing : html`<div class="note danger" role="alert">${icon('warning')}<div>${this.questionFailure}</div></div>`}
        <div id="question-text" class="going">
          ${
            all
              ? html`<p>${t('connection.remove.text')}</p>
                  <ul>
                    ${values === 0 ? nothing : html`<li>${tn('connection.remove.secrets', values)}</li>`}
                    ${grants === 0 ? nothing : html`<li>${tn('connection.remove.grants', grants)}</li>`}
                  </ul>
                  ${
                    overridden === undefined
                      ? nothing
                      : html`<p>${t('connection.remove.back', { workspace: this.workspace?.name ?? '', name: overridden.displayName })}</p>`
                  }
                  <p class="muted">${t('connection.remove.log')}</p>`
              : html`<p>${t('connection.secret.ask.text', { name: base.displayName })}</p>`
          }
        </div>
      </div>
      <footer>
        <button type="button" autofocus @click=${() => this.dialog.close()}>${t('form.cancel')}</button>
        <button
          type="button"
          class="danger"
          aria-disabled=${this.working}
          @click=${() => void (all ? this.#remove() : this.#removeSecret(question.field))}
        >
          ${t(this.working ? 'remove.removing' : 'remove.confirm')}
        </button>
      </footer>
    `;
  }

  #renderCompare(base: Connection, theirs: Connection): TemplateResult {
    const mine = this.#merged(theirs);
    const before = this.#stored(base);
    const now = this.#stored(theirs);
    const names = new Set([...Object.keys(before.raw), ...Object.keys(now.raw), ...Object.keys(mine.raw)]);
    const rows: [string, string, string][] = [];
    if (mine.name !== now.name || before.name !== now.name) rows.push([t('connection.name'), mine.name, now.name]);
    for (const name of names) {
      const [own, other, old] = [mine, now, before].map(({ raw }) => raw[name] ?? '');
      if (own !== other || old !== other) rows.push([labelOf(this.provider, name), rawText(own), rawText(other)]);
    }
    return html`
      <header>
        <h2 id="question" tabindex="-1">${t('conflict.title')}</h2>
        <button type="button" class="quiet only-icon" aria-label=${t('form.close')} @click=${() => this.dialog.close()}>${icon('close')}</button>
      </header>
      <div class="body">
        <p>${t('conflict.text', { name: base.displayName })}</p>
        <div class="card">
          <table class="table plain" role="table">
            <thead role="rowgroup">
              <tr role="row">
                <th scope="col" role="columnheader">${t('conflict.field')}</th>
                <th scope="col" role="columnheader">${t('conflict.mine')}</th>
                <th scope="col" role="columnheader">${t('conflict.theirs')}</th>
              </tr>
            </thead>
            <tbody role="rowgroup">
              ${rows.map(
                ([label, own, other]) => html`<tr role="row">
                  <th scope="row" role="rowheader"><bdi>${label}</bdi></th>
                  <td role="cell" data-label=${t('conflict.mine')}><bdi>${own}</bdi></td>
                  <td role="cell" data-label=${t('conflict.theirs')}><bdi>${other}</bdi></td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </div>
      <footer>
        <button type="button" @click=${() => this.dialog.close()}>${t('form.cancel')}</button>
        <button
          type="button"
          @click=${() => {
            this.#decide(theirs, now);
            this.focus();
          }}
        >
          ${t('conflict.keepTheirs')}
        </button>
        <button
          type="button"
          class="primary"
          @click=${() => {
            this.#decide(theirs, mine);
            void this.#save();
          }}
        >
          ${t('conflict.keepMine')}
        </button>
      </footer>
    `;
  }
}

function rawText(raw: string | boolean | undefined): string {
  if (raw === undefined || raw === '') return t('conflict.empty');
  return typeof raw === 'boolean' ? shown(raw) : raw;
}

function duration({ durationMs }: ConnectionTest): string {
  return durationMs < 1000 ? `${number(durationMs)} ms` : `${number(Math.round(durationMs / 100) / 10)} s`;
}
