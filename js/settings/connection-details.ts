/**
 * One connection: its settings to edit in place, its secrets to set, replace and remove, its test, its use, its end.
 *
 * What a person has typed and not saved is kept for each connection while others are looked at; secrets are not.
 */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Connection, ConnectionTest, FieldValue, Issue, ProviderInfo, ResponseOf } from '../../contracts/index.js';
import { ClientError, type SettingsClient, type SettingsEvents } from './client.js';
import './confirm-dialog.js';
import type { ConfirmDialog, QuestionWords } from './confirm-dialog.js';
import { byField, ConnectionForm, secretOf, shown } from './connection-form.js';
import {
  type Draft,
  draftOf,
  type Field,
  fieldsOf,
  labelOf,
  originIn,
  own,
  placesOf,
  sameDraft,
  sameText,
  valuesOf,
} from './connection-model.js';
import { renderDocumentation } from './connection-new.js';
import { connectionStyles } from './connection-styles.js';
import { actionText, ago, errorText, exactly, number, outcomeText, plainly, roleText, sentence } from './format.js';
import { icon, outcomeIcon } from './icons.js';
import { t, tn } from './messages.js';
import { button, facts, note, optional, stateCard, submit } from './parts.js';
import { goTo, type SettingsWorkspace } from './place.js';
import { providerIcon } from './provider-icon.js';
import { idOf, inTurn, renderConflict, sending } from './secret-form.js';
import { controls } from './styles.js';

type Usage = ResponseOf<'connections.usage'>;

/** By the id of a connection: what is typed about it, and the state of it that it was typed on. */
export type EditedConnections = Map<string, { readonly base: Connection; readonly draft: Draft }>;

/** The form of name and fields; a secret that is entered has one of its own. */
const kSettingsForm = 'form.section';
const kAccessesShown = 5;
/** Entries of the log come in bursts; the use is looked up once for each. */
const kGatherMs = 250;

/**
 * Fires `strongroom-changed` (the connection as it is now), `strongroom-removed` (its id), `strongroom-unsaved` (ids of
 * connections with changes that are not saved) and `strongroom-again` (a draft to make a new connection of).
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

  /** What is stored of it, as far as what is typed takes it into account. */
  @state() private base: Connection | undefined;
  /** What somebody else has made of it since. */
  @state() private theirs: Connection | undefined;
  /** The secrets that have a field open. */
  @state() private entering: ReadonlySet<string> = new Set();
  @state() private testing = false;
  /** Why the last test could not be done. */
  @state() private testFailure: ClientError | undefined;
  @state() private usage: Usage | undefined;
  @state() private usageFailure: ClientError | undefined;
  @state() private allAccesses = false;
  @query('strongroom-confirm-dialog') private confirm!: ConfirmDialog;

  #round = 0;

  protected override listen(client: SettingsClient): readonly (() => void)[] {
    return [client.on('changed', (event) => this.#changed(event))];
  }

  #changed({ entity, id }: SettingsEvents['changed']): void {
    if (entity === 'secret' || entity === 'provider' || (entity === 'connection' && id !== this.connectionId)) return;
    this.gather(() => void this.load(), kGatherMs);
  }

  /** Reads its use. */
  protected override async load(): Promise<void> {
    const { client, connection } = this;
    if (client === undefined || connection === undefined) return;
    this.#round += 1;
    const round = this.#round;
    try {
      const usage = await client.invoke('connections.usage', { id: connection.id });
      if (round !== this.#round) return;
      this.usage = usage;
      this.usageFailure = undefined;
    } catch (thrown) {
      const error = ClientError.from(thrown);
      if (round === this.#round && error.code !== 'DISCONNECTED') this.usageFailure = error;
    }
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (!this.hasUpdated) this.#begin();
    else if (changed.has('connection') || changed.has('provider')) this.#follow(changed.has('provider'));
    if (this.hasUpdated && changed.has('connection') && changed.get('connection') === undefined) void this.load();
  }

  #begin(): void {
    const edited = this.edited.get(this.connectionId);
    this.base = edited?.base ?? this.connection;
    this.fill(edited?.draft ?? this.#stored(this.base));
    this.#follow(false);
  }

  #stored(connection: Connection | undefined): Draft {
    return connection === undefined ? { name: '', raw: {} } : draftOf(connection, this.provider);
  }

  /** The connection was read anew: what is typed stays, and a change to the same things is told. */
  #follow(refill: boolean): void {
    const { connection } = this;
    if (connection === undefined) return;
    // What was being saved when one looked at another may have been saved since.
    const base = this.edited.get(this.connectionId)?.base ?? this.base;
    const same = base !== undefined && sameText(base, connection);
    const stored = this.#stored(connection);
    this.base = base;
    if (base === undefined || !this.dirty || sameDraft(this.draft, stored)) {
      this.base = connection;
      this.#differ(undefined);
      if (!same || refill) this.draft = stored;
    } else if (connection.revision >= base.revision) {
      if (same) this.base = connection;
      this.#differ(same ? undefined : connection);
    }
    this.#keep();
  }

  /** Whoever was comparing goes on at the heading when there is nothing to compare any more. */
  #differ(theirs: Connection | undefined): void {
    if (theirs === undefined && this.theirs !== undefined && this.dialog?.open) this.focus();
    this.theirs = theirs;
  }

  private get dirty(): boolean {
    return this.base !== undefined && !sameDraft(this.draft, this.#stored(this.base));
  }

  protected override edit(part: Partial<Draft>, ...paths: readonly string[]): void {
    super.edit(part, ...paths);
    this.#keep();
  }

  /** Keeps what is typed for when this connection is looked at again. */
  #keep(): void {
    const { base, draft, dirty } = this;
    if (base === undefined) return;
    const had = this.edited.has(base.id);
    if (dirty) this.edited.set(base.id, { base, draft });
    else this.edited.delete(base.id);
    if (had !== dirty) this.#tellUnsaved();
  }

  #forget(id: string): void {
    if (this.edited.delete(id)) this.#tellUnsaved();
  }

  #tellUnsaved(): void {
    this.tell('unsaved', new Set(this.edited.keys()));
  }

  /** Goes on from what is stored, with `draft` in the form. */
  #take(connection: Connection, draft = this.#stored(connection)): void {
    this.base = connection;
    this.theirs = undefined;
    this.fill(draft);
    this.#keep();
  }

  /** Moves the focus to the heading, for a person who came here. */
  override focus(): void {
    void this.focusOn('h2');
  }

  /** Saves what was changed. */
  async #save(): Promise<void> {
    const { base, provider, draft, connection } = this;
    if (base === undefined || provider === undefined || !this.dirty) return;
    const change = { displayName: draft.name, fields: valuesOf(draft, provider), termsDigest: connection?.termsDigest };
    await this.send(
      this.faults(draft, provider),
      (client) => inTurn(base, (newest) => this.#update(client, newest, change, draft)),
      kSettingsForm,
    );
  }

  /** Says that the provider's new terms are known, as every saving does; what is typed stays typed. */
  async #accept(shown: Connection): Promise<void> {
    const { termsDigest } = shown;
    await this.send(
      [],
      (client) => inTurn(shown, (newest) => this.#update(client, newest, { termsDigest })),
      kSettingsForm,
    );
  }

  /**
   * Saves the change that a draft makes, or none. A change that somebody made to something else than name and fields
   * meanwhile (a secret, say) is no conflict; that the provider's terms are others than `termsDigest`, which was shown,
   * is one, and they are shown first. Resolves with what is stored then, as far as it is by us.
   */
  async #update(
    client: SettingsClient,
    base: Connection,
    change: {
      readonly displayName?: string;
      readonly fields?: Record<string, FieldValue>;
      readonly termsDigest: string | undefined;
    },
    draft?: Draft,
  ): Promise<Connection> {
    const { id, revision } = base;
    try {
      const saved = await this.asShown(client.invoke('connections.update', { id, ...change, revision }));
      this.connection = saved;
      if (draft !== undefined) {
        // What was typed while it was being saved stays, also where it is looked at anew by now.
        const typed = this.isConnected ? this.draft : this.edited.get(id)?.draft;
        this.#take(saved, typed === draft ? undefined : typed);
      }
      this.tell('changed', saved);
      this.say(t('secrets.saved.add', { name: saved.displayName }));
      return saved;
    } catch (thrown) {
      const { code, detail } = ClientError.from(thrown);
      if (code !== 'CONFLICT' || detail) throw thrown;
      const theirs = await client.invoke('connections.get', { id });
      this.tell('changed', theirs);
      if (sameText(theirs, base)) return this.#update(client, theirs, change, draft);
      // Where the secret may go may depend on what was changed: the person decides anew.
      if (draft === undefined || !this.isConnected) throw thrown;
      this.theirs = theirs;
      await this.#compare();
      return base;
    }
  }

  async #compare(): Promise<void> {
    await this.updateComplete;
    this.dialog?.showModal();
  }

  async #saveSecret(field: Field): Promise<void> {
    // What somebody else has made of it since is not shown yet: nothing is sent by its terms.
    const { connectionId: id, base } = this;
    const { name, label } = field;
    const secret = secretOf(field, true);
    const { path } = secret;
    const save = async (client: SettingsClient): Promise<void> => {
      const value = this.secretValue(path);
      const { termsDigest } = base ?? {};
      const saved = await this.asShown(client.invoke('connections.setSecret', { id, field: name, value, termsDigest }));
      this.#stopEntering(name);
      this.tell('changed', saved);
      this.say(t('connection.secret.saved', { field: label }));
    };
    const faults = [[path, this.secretFault(secret)]] as const;
    const placeOf = (place: string): string => (place === '/value' ? path : place);
    const text = { field: label, connection: this.draft.name };
    await this.send(faults, save, secretForm(name), placeOf, t('secrets.place.text', text));
  }

  #enter(field: string): void {
    this.entering = new Set([...this.entering, field]);
    void this.#focusField(`/secrets/${field}`);
  }

  #stopEntering(field: string): void {
    this.clearSecrets(`/secrets/${field}`);
    this.entering = new Set([...this.entering].filter((other) => other !== field));
    void this.#focusSecret(field);
  }

  /** Moves the focus to what is done about a secret, or to the heading when the provider does not know it any more. */
  #focusSecret(field: string): Promise<void> {
    return this.focusOn(`[data-field="${field}"] button`);
  }

  #focusField(path: string): Promise<void> {
    return this.focusOn(`#${idOf(path)}`);
  }

  async #test(): Promise<void> {
    const { client, connectionId: id } = this;
    if (client === undefined || this.testing) return;
    this.testing = true;
    this.testFailure = undefined;
    try {
      const lastTest = await client.invoke('connections.test', { id });
      if (this.connection !== undefined) this.tell('changed', { ...this.connection, lastTest });
    } catch (thrown) {
      this.testFailure = ClientError.from(thrown);
    } finally {
      this.testing = false;
    }
  }

  /** Asks, and removes a connection or one of its secrets; whether it was done. */
  async #askRemoval(
    words: () => Pick<QuestionWords, 'title' | 'text'>,
    run: (client: SettingsClient) => Promise<unknown>,
  ): Promise<boolean> {
    const { client, connectionId: id } = this;
    if (client === undefined) return false;
    const done = await this.confirm.open({
      words: () => ({ ...words(), confirm: t('secrets.remove'), running: t('remove.removing') }),
      items: [{ id }],
      run: () => run(client),
    });
    return done.length > 0;
  }

  async #removeSecret(field: string, { id, displayName: name }: Connection): Promise<void> {
    const label = labelOf(this.provider, field);
    const words = (): Pick<QuestionWords, 'title' | 'text'> => ({
      title: t('connection.secret.ask', { field: label }),
      text: html`<p>${t('connection.secret.ask.text', { name })}</p>`,
    });
    const remove = async (client: SettingsClient): Promise<void> =>
      this.tell('changed', await client.invoke('connections.clearSecret', { id, field }));
    if (!(await this.#askRemoval(words, remove))) return;
    this.say(t('connection.secret.removed', { field: label }));
    await this.#focusSecret(field);
  }

  async #remove({ id, displayName: name, secrets }: Connection): Promise<void> {
    const { overridden } = this;
    const values = Object.values(secrets).filter(({ hasValue }) => hasValue).length;
    const grants = this.usage?.grants.length ?? 0;
    const words = (): Pick<QuestionWords, 'title' | 'text'> => ({
      title: t('remove.title', { name }),
      text: html`<p>${t('connection.remove.text')}</p>
        <ul>
          ${values === 0 ? nothing : html`<li>${tn('connection.remove.secrets', values)}</li>`}
          ${grants === 0 ? nothing : html`<li>${tn('connection.remove.grants', grants)}</li>`}
        </ul>
        ${
          overridden === undefined
            ? nothing
            : html`<p>${t('connection.remove.back', { workspace: this.workspace?.name ?? '', name: overridden.displayName })}</p>`
        }
        <p class="muted">${t('connection.remove.log')}</p>`,
    });
    const remove = (client: SettingsClient): Promise<unknown> => client.invoke('connections.delete', { id });
    if (!(await this.#askRemoval(words, remove))) return;
    this.#forget(id);
    this.say(t('secrets.saved.remove', { name }));
    this.tell('removed', id);
  }

  /** What would be saved with “Save mine”: their version, with what was changed here since both began. */
  #merged(before: Draft, now: Draft): Draft {
    const { name, raw } = this.draft;
    const changed = Object.entries(raw).filter(([field, value]) => value !== own(before.raw, field));
    return { name: name === before.name ? now.name : name, raw: { ...now.raw, ...Object.fromEntries(changed) } };
  }

  protected override render(): TemplateResult {
    const { base } = this;
    if (base === undefined) {
      return stateCard('connection', '', t('connection.gone.text'), nothing, 'status');
    }
    return html`<article class="card" aria-labelledby="heading">
        ${this.#renderTop(base)}
        <div class="notes">${this.#renderNotes(base)}</div>
        ${this.provider === undefined ? nothing : this.#renderSettings(this.provider, base)}
        ${this.#renderSecrets(base)} ${this.#renderUsage()} ${this.#renderFacts(base)}
      </article>
      ${this.theirs === undefined ? nothing : this.#renderConflict(base, this.theirs)}
      <strongroom-confirm-dialog></strongroom-confirm-dialog>`;
  }

  #renderTop(base: Connection): TemplateResult {
    const { provider, connection } = this;
    const running = this.testing;
    const place =
      base.scope === 'user'
        ? t('scope.user')
        : base.workspaceId === this.workspace?.id
          ? t('scope.workspace.only', { workspace: this.workspace?.name ?? '' })
          : t('scope.workspace.other', { workspace: base.workspaceId ?? '' });
    return html`<header class="top">
      ${providerIcon(provider, base.displayName)}
      <div class="names">
        <h2 id="heading" tabindex="-1"><bdi>${this.draft.name || base.displayName}</bdi></h2>
        <p class="muted">
          <bdi>${provider?.displayName ?? base.providerId}</bdi>
          <span class="badge">${icon(base.scope === 'user' ? 'dns_credential' : 'workspace')}<bdi>${place}</bdi></span>
        </p>
      </div>
      <div class="actions">
        ${
          provider?.testable === true && connection !== undefined
            ? button(
                html`${icon('test')}${t(running ? 'connection.testing' : 'connection.test')}`,
                () => this.#test(),
                {
                  disabled: running || !this.online,
                },
              )
            : nothing
        }
        ${
          connection === undefined
            ? nothing
            : button(icon('remove'), () => this.#remove(connection), {
                class: 'quiet only-icon remove',
                label: t('secrets.remove.of', { name: base.displayName }),
                title: t('secrets.remove'),
              })
        }
      </div>
    </header>`;
  }

  #renderNotes(base: Connection): TemplateResult {
    const { provider, connection, theirs, dirty } = this;
    const attention = connection?.needsAttention?.issues ?? [];
    const issues = attention.filter(({ path }) => path !== '');
    const providerName = provider?.displayName ?? base.providerId;
    const again = (): void => {
      this.#forget(base.id);
      this.tell('again', { providerId: base.providerId, draft: this.draft });
    };
    return html`
      ${
        connection === undefined
          ? note(
              'danger',
              'warning',
              t(dirty ? 'connection.gone' : 'connection.gone.text'),
              dirty && provider?.registered === true ? button(t('connection.gone.again'), again) : nothing,
              'alert',
            )
          : theirs === undefined
            ? nothing
            : note(
                'warning',
                'warning',
                t('connection.changed'),
                button(t('connection.changed.compare'), () => this.#compare()),
                'alert',
              )
      }
      ${provider?.registered ? nothing : note('warning', 'offline', t('connection.unregistered', { provider: providerName }))}
      ${
        attention.some(({ code }) => code === 'terms_changed')
          ? note(
              'warning',
              'warning',
              [
                t('connection.terms', { provider: providerName, places: this.#places() }),
                ' ',
                t('connection.terms.until'),
              ],
              button(t('connection.terms.accept'), () => this.#accept(connection ?? base), { disabled: this.saving }),
            )
          : nothing
      }
      ${
        issues.length === 0
          ? nothing
          : note(
              'warning attention',
              'warning',
              html`<strong>${t('connection.attention')}</strong>
                <p>${t('connection.attention.text', { provider: providerName })}</p>
                <ul role="list">
                  ${issues.map((issue) => this.#renderIssue(issue))}
                </ul>`,
            )
      }
      ${this.#renderOther('scope.overridden', this.overriddenBy)} ${this.#renderOther('scope.overrides', this.overridden)}
      <div class="result" role="status">${this.#renderTest()}</div>
    `;
  }

  /** Another connection to the same service that is used instead, or that this one is used instead of. */
  #renderOther(key: 'scope.overridden' | 'scope.overrides', other: Connection | undefined): unknown {
    if (other === undefined) return nothing;
    return note(
      '',
      'workspace',
      t(key, { workspace: this.workspace?.name ?? '', name: other.displayName }),
      button(t('scope.show'), () => goTo(this, 'connections', other.id), { class: 'link' }),
    );
  }

  /** Where the secret may be sent by the terms that would be accepted: of the same moment as their digest. */
  #places(): string {
    return this.connection?.needsAttention?.origins?.join(', ') || t('connection.terms.nowhere');
  }

  /** Where it may be sent once it is entered again; of a secret that the core does not send, only the addresses are known. */
  #newPlaces(): string {
    const places = this.connection?.needsAttention?.origins?.length ? [] : Object.values(this.connection?.fields ?? {});
    return [...new Set(places.flatMap(originIn))].join(', ') || this.#places();
  }

  #renderIssue({ path, code, message }: Issue): TemplateResult {
    const [, kind, name = ''] = path.split('/');
    const label = html`<bdi>${labelOf(this.provider, name)}</bdi>`;
    const go = (): Promise<void> =>
      kind === 'secrets' && !this.entering.has(name) ? this.#focusSecret(name) : this.#focusField(path);
    const known = own(this.provider?.schema.properties ?? {}, name) !== undefined;
    const text = code === 'place_changed' ? t('connection.place', { places: this.#newPlaces() }) : sentence(message);
    return html`<li>${known ? button(label, go, { class: 'link' }) : html`<b>${label}</b>`}: ${text}</li>`;
  }

  #renderTest(): unknown {
    if (this.testing) {
      return note(
        '',
        'test',
        html`<progress aria-label=${t('connection.testing')}></progress>${this.dirty ? t('connection.test.saved') : nothing}`,
      );
    }
    if (this.testFailure !== undefined) {
      return note(
        'danger',
        'warning',
        html`<strong>${t('connection.test.error')}</strong> ${errorText(this.testFailure)}`,
      );
    }
    const test = this.connection?.lastTest ?? null;
    if (test === null) return nothing;
    return note(
      test.ok ? 'success' : 'danger',
      test.ok ? 'ok' : 'warning',
      html`<strong>${t(test.ok ? 'connection.tested.ok' : 'connection.tested.failed')}</strong>
        ${test.message === '' ? nothing : html`<bdi>${sentence(test.message)}</bdi>`}
        <span class="muted">${ago(test.at)} · ${t('connection.tested.took', { time: duration(test) })}</span>`,
    );
  }

  #renderSettings(provider: ProviderInfo, base: Connection): TemplateResult {
    const fields = fieldsOf(provider, false);
    const unknown = Object.keys(base.fields).filter((name) => !fields.some((field) => field.name === name));
    return html`<form class="section" novalidate autocomplete="off" aria-labelledby="settings" @submit=${sending(() => this.#save())}>
      <div class="heading">
        <h3 id="settings">${t('connection.settings')}</h3>
        ${renderDocumentation(provider)}
      </div>
      ${this.renderFailure(t('connection.gone.text'), kSettingsForm)} ${this.renderName()} ${byField(fields, (field) => this.renderField(field))}
      ${unknown.map(
        (name) => html`<p class="hint">
          <b><bdi>${name}</bdi></b>: <bdi>${shown(base.fields[name] ?? '')}</bdi>.
          ${t('connection.field.unknown', { provider: provider.displayName })}
        </p>`,
      )}
      <div class="bar" ?hidden=${!this.dirty}>
        ${button(t('connection.discard'), () => {
          this.#take(this.connection ?? base);
          this.focus();
        })}
        ${submit(t(this.saving ? 'form.saving' : 'connection.save'), this.saving)}
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
    const { provider } = this;
    return html`<section class="section" aria-labelledby="secrets">
      <h3 id="secrets">${t('connection.secrets')}</h3>
      ${provider === undefined ? nothing : this.renderPlaces(base.needsAttention?.origins?.join(', ') || placesOf(provider, base.fields))}
      ${byField(fields, (field) => this.#renderSecretRow(field, own(secrets, field.name)))}
      ${unknown.map((name) =>
        this.#renderSecretRow({ name, schema: { type: 'string' }, label: name, required: false }, secrets[name], true),
      )}
    </section>`;
  }

  #renderSecretRow(field: Field, secret: Connection['secrets'][string] | undefined, unknown = false): TemplateResult {
    const { connection } = this;
    const { name, label, required } = field;
    const set = secret?.hasValue === true;
    if (this.entering.has(name)) {
      return html`<form class="secret" data-field=${name} novalidate autocomplete="off" @submit=${sending(() => this.#saveSecret(field))}>
        ${this.renderFailure(t('connection.gone.text'), secretForm(name))} ${this.renderSecret(secretOf(field, true))}
        <div class="bar">
          ${button(t('form.cancel'), () => this.#stopEntering(name))}
          ${submit(t(this.saving ? 'form.saving' : 'form.save'), this.saving)}
        </div>
      </form>`;
    }
    const enter = set ? 'replace' : 'enter';
    return html`<div class="secret row" role="group" aria-labelledby="label-${name}" data-field=${name}>
      <div class="what">
        <span class="label" id="label-${name}"><bdi>${label}</bdi>${required || unknown ? nothing : optional()}</span>
        <span class="muted small">
          ${
            set
              ? html`<span class="dots" aria-hidden="true">••••••••</span> ${t('connection.secret.set')} ${ago(secret.updatedAt)} ·
                  ${t('connection.secret.version', { version: number(secret.version) })}`
              : t('connection.secret.unset')
          }
          ${unknown ? t('connection.secret.unknown', { provider: this.provider?.displayName ?? '' }) : nothing}
        </span>
      </div>
      <div class="actions">
        ${
          unknown || connection === undefined
            ? nothing
            : button(t(`connection.secret.${enter}`), () => this.#enter(name), {
                label: t(`connection.secret.${enter}.of`, { field: label }),
              })
        }
        ${
          set && connection !== undefined
            ? button(t('secrets.remove'), () => this.#removeSecret(name, connection), {
                class: 'quiet remove',
                label: t('connection.secret.remove.of', { field: label }),
              })
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
      ${
        this.usageFailure === undefined
          ? nothing
          : note(
              'danger',
              'warning',
              html`<strong>${t('connection.usage.failed')}</strong> ${errorText(this.usageFailure)}`,
              button(t('banner.retry'), () => this.load()),
              'alert',
            )
      }
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
              ${button(t('connection.usage.access'), () => goTo(this, 'access', this.connectionId), { class: 'link' })}
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
                    ? button(
                        t('connection.usage.more', { count: number(accesses.length) }),
                        () => {
                          this.allAccesses = true;
                        },
                        { class: 'link' },
                      )
                    : nothing
                }
                ${button(t('secrets.history'), () => goTo(this, 'audit', this.connectionId), { class: 'link' })}
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
          ${outcomeIcon(denied ? 'denied' : 'allowed')}${t(`connection.usage.${grant.decision}`)}, ${t(`connection.usage.${grant.lifetime}`)}
        </span>
        <div class="muted small">
          <bdi>${labelOf(this.provider, grant.field)}</bdi> ·
          ${grant.lastUsedAt === null ? t('connection.usage.unused') : html`${t('connection.usage.used', { when: '' })}${ago(grant.lastUsedAt)}`}
        </div>
      </div>
    </li>`;
  }

  #renderAccess(entry: Usage['accesses'][number]): TemplateResult {
    return html`<li>
      <span class="outcome ${entry.outcome}" title=${outcomeText(entry.outcome)}>
        ${outcomeIcon(entry.outcome)}<span class="hidden">${outcomeText(entry.outcome)}</span>
      </span>
      <div>
        <bdi class="who">${entry.principalId === null ? roleText(entry.role) : plainly(entry.principalId)}</bdi>
        ${actionText(entry.action)} <span class="muted">${ago(entry.at)}</span>
        ${
          entry.reason === null && entry.code === null
            ? nothing
            : html`<div class="muted small">${entry.code === null ? nothing : html`<code>${entry.code}</code> `}<bdi>${plainly(entry.reason ?? '')}</bdi></div>`
        }
      </div>
    </li>`;
  }

  #renderFacts(base: Connection): TemplateResult {
    const { id, createdAt, updatedAt } = this.connection ?? base;
    return html`<section class="section" aria-labelledby="facts">
      <h3 id="facts">${t('connection.facts')}</h3>
      ${facts([
        [t('secrets.id'), html`<code dir="ltr">${id}</code>`],
        [t('secrets.created'), exactly(createdAt)],
        [t('connection.updated'), exactly(updatedAt)],
      ])}
    </section>`;
  }

  #renderConflict(base: Connection, theirs: Connection): TemplateResult {
    const before = this.#stored(base);
    const now = this.#stored(theirs);
    const mine = this.#merged(before, now);
    const drafts = [mine, now, before] as const;
    const names = new Set(drafts.flatMap(({ raw }) => Object.keys(raw)));
    const row = (label: string, of: (draft: Draft) => string) => [label, of(mine), of(now), of(before)] as const;
    const decide = (draft: Draft): void => {
      this.dialog.close();
      this.#take(theirs, draft);
    };
    return html`<dialog aria-labelledby="title">
      ${renderConflict(
        base.displayName,
        [
          row(t('form.name'), ({ name }) => name),
          ...[...names].map((name) => row(labelOf(this.provider, name), ({ raw }) => shown(own(raw, name) ?? ''))),
        ],
        () => this.dialog.close(),
        () => {
          decide(now);
          this.focus();
        },
        () => {
          decide(mine);
          void this.#save();
        },
      )}
    </dialog>`;
  }
}

/** The form in which a secret is entered. */
function secretForm(field: string): string {
  return `form[data-field="${field}"]`;
}

function duration({ durationMs }: ConnectionTest): string {
  return durationMs < 1000 ? `${number(durationMs)} ms` : `${number(Math.round(durationMs / 100) / 10)} s`;
}
