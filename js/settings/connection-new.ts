/** The form that makes a connection to a service. */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Connection, ConnectionScope } from '../../contracts/index.js';
import { ClientError } from './client.js';
import { ConnectionForm } from './connection-form.js';
import { type Draft, fieldsOf, newDraft, valuesOf } from './connection-model.js';
import { connectionStyles } from './connection-styles.js';
import { icon } from './icons.js';
import { t } from './messages.js';
import type { SettingsWorkspace } from './place.js';
import { providerIcon } from './provider-icon.js';
import { controls } from './styles.js';

/** Fires `strongroom-created` (the connection) and `strongroom-cancel`. */
@customElement('strongroom-connection-new')
export class ConnectionNew extends ConnectionForm {
  static override readonly styles = [controls, connectionStyles];

  @property({ attribute: false }) workspace: SettingsWorkspace | undefined;
  /** The user's connection to the same service, which a workspace's own would stand in for. */
  @property({ attribute: false }) others: readonly Connection[] = [];
  /** What the form begins with, instead of the defaults. */
  @property({ attribute: false }) start: Draft | undefined;

  @state() private scope: ConnectionScope = 'user';

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const before = changed.get('provider');
    if (this.provider !== undefined && changed.has('provider') && before?.id !== this.provider.id) {
      this.fill(this.start ?? newDraft(this.provider));
    }
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    const { client, provider, draft, workspace } = this;
    if (this.saving || client === undefined || provider === undefined) return;
    const fields = fieldsOf(provider, true);
    if (!(await this.check(this.faults(fields)))) return;
    this.saving = true;
    try {
      const secrets = fields.map(({ name }) => [name, this.secretValue(name)]).filter(([, value]) => value !== '');
      const connection = await client.invoke('connections.create', {
        providerId: provider.id,
        scope: this.scope,
        ...(this.scope === 'workspace' && workspace !== undefined ? { workspaceId: workspace.id } : {}),
        displayName: draft.name,
        fields: valuesOf(draft, provider),
        secrets: Object.fromEntries(secrets) as Record<string, string>,
      });
      this.clearSecrets();
      this.dispatchEvent(new CustomEvent('strongroom-created', { detail: connection }));
    } catch (thrown) {
      // The connection is new: what was not found is the service.
      const error = ClientError.from(thrown);
      await this.explain(
        error.code === 'NOT_FOUND'
          ? new ClientError('INVALID_REQUEST', '', [{ path: '', code: error.code, message: t('providers.gone') }])
          : error,
      );
    } finally {
      this.saving = false;
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const { provider } = this;
    if (provider === undefined) return nothing;
    const secrets = fieldsOf(provider, true);
    return html`<form class="card" novalidate autocomplete="off" aria-labelledby="title" @submit=${this.#submit}>
      <header class="top">
        ${providerIcon(provider)}
        <div class="names">
          <h2 id="title" tabindex="-1">${t('connection.new', { provider: provider.displayName })}</h2>
          <p class="muted" dir="auto">${provider.description}</p>
        </div>
        ${renderDocumentation(provider)}
      </header>
      <div class="section">
        ${this.renderFailure()} ${this.renderName()} ${this.#renderScope()}
        ${fieldsOf(provider, false).map((field) => this.renderField(field))}
        ${secrets.map((field) => this.renderSecret(field))}
      </div>
      <footer>
        <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('strongroom-cancel'))}>${t('form.cancel')}</button>
        <button type="submit" class="primary" aria-disabled=${this.saving}>
          ${t(this.saving ? 'connection.creating' : 'connection.create')}
        </button>
      </footer>
    </form>`;
  }

  #renderScope(): TemplateResult | typeof nothing {
    const { workspace, provider } = this;
    if (workspace === undefined || provider === undefined) return nothing;
    const [other] = this.others;
    const hint =
      this.scope === 'user'
        ? t('scope.user.hint', { provider: provider.displayName })
        : other === undefined
          ? t('scope.workspace.hint', { workspace: workspace.name })
          : t('scope.overrides', { workspace: workspace.name, name: other.displayName });
    const option = (scope: ConnectionScope, label: string): TemplateResult => html`<label class="option">
      <input
        type="radio"
        name="scope"
        value=${scope}
        .checked=${this.scope === scope}
        @change=${() => {
          this.scope = scope;
        }}
      />
      ${icon(scope === 'user' ? 'dns_credential' : 'workspace')}<span>${label}</span>
    </label>`;
    return html`<fieldset class="field" aria-describedby="scope-hint">
      <legend>${t('scope.label')}</legend>
      <div class="options">
        ${option('user', t('scope.user'))} ${option('workspace', t('scope.workspace.only', { workspace: workspace.name }))}
      </div>
      <p class="hint" id="scope-hint" aria-live="polite">${hint}</p>
    </fieldset>`;
  }
}

/** The way to what the service says of itself; a window of the browser's or app's own. */
export function renderDocumentation(provider: {
  displayName: string;
  documentationUrl?: string | undefined;
}): TemplateResult | typeof nothing {
  if (provider.documentationUrl === undefined) return nothing;
  return html`<a
    class="outside"
    href=${provider.documentationUrl}
    target="_blank"
    rel="noopener noreferrer"
    aria-label=${t('providers.documentation.of', { provider: provider.displayName })}
    >${t('providers.documentation')}${icon('external')}</a
  >`;
}
