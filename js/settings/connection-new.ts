/** The form that makes a connection to a service. */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Connection, ConnectionScope, ProviderInfo } from '../../contracts/index.js';
import { byField, ConnectionForm, secretOf } from './connection-form.js';
import { type Draft, fieldsOf, newDraft, placesOf, valuesOf } from './connection-model.js';
import { connectionStyles } from './connection-styles.js';
import { plainly } from './format.js';
import { icon } from './icons.js';
import { t } from './messages.js';
import { button, note, submit } from './parts.js';
import type { SettingsWorkspace } from './place.js';
import { providerIcon } from './provider-icon.js';
import { sending } from './secret-form.js';
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
  /** The terms of the provider that the person was shown first, or has accepted since. */
  @state() private agreed = '';

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.hasUpdated || this.provider === undefined) return;
    this.agreed = this.provider.termsDigest;
    this.fill(this.start ?? newDraft(this.provider));
  }

  async #submit(provider: ProviderInfo): Promise<void> {
    const { draft, workspace, scope, agreed: termsDigest } = this;
    if (provider.termsDigest !== termsDigest) return this.focusOn('.terms');
    const secrets = fieldsOf(provider, true).map((field) => [field.name, secretOf(field)] as const);
    const faults = secrets.map(([, secret]) => [secret.path, this.secretFault(secret)] as const);
    await this.send([...this.faults(draft, provider), ...faults], async (client) => {
      const values = secrets
        .map(([name, { path }]) => [name, this.secretValue(path)])
        .filter(([, value]) => value !== '');
      const request = client.invoke('connections.create', {
        providerId: provider.id,
        scope,
        ...(scope === 'workspace' && workspace !== undefined ? { workspaceId: workspace.id } : {}),
        displayName: draft.name,
        fields: valuesOf(draft, provider),
        secrets: Object.fromEntries(values) as Record<string, string>,
        termsDigest,
      });
      const connection = await this.asShown(request);
      this.clearSecrets();
      this.tell('created', connection);
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { provider } = this;
    if (provider === undefined) return nothing;
    return html`<form class="card" novalidate autocomplete="off" aria-labelledby="title" @submit=${sending(() => this.#submit(provider))}>
      <header class="top">
        ${providerIcon(provider)}
        <div class="names">
          <h2 id="title" tabindex="-1">${t('connection.new', { provider: provider.displayName })}</h2>
          <p class="muted" dir="auto">${provider.description}</p>
          <p class="muted small">${t('providers.from', { owner: plainly(provider.owner) })}</p>
        </div>
        ${renderDocumentation(provider)}
      </header>
      <div class="section">
        ${/* The connection is new: what was not found is the service. */ this.renderFailure(t('providers.gone'))} ${this.renderName()} ${this.#renderScope()}
        ${byField(fieldsOf(provider, false), (field) => this.renderField(field))}
        ${this.renderPlaces(placesOf(provider))} ${this.#renderTerms(provider)}
        ${byField(fieldsOf(provider, true), (field) => this.renderSecret(secretOf(field)))}
      </div>
      <footer>
        ${button(t('form.cancel'), () => this.tell('cancel'))}
        ${submit(t(this.saving ? 'connection.creating' : 'connection.create'), this.saving)}
      </footer>
    </form>`;
  }

  /** The terms have changed under what was being typed: it is not sent by them until the person has accepted them. */
  #renderTerms(provider: ProviderInfo): unknown {
    if (provider.termsDigest === this.agreed) return nothing;
    const accept = async (): Promise<void> => {
      this.agreed = provider.termsDigest;
      this.failure = undefined;
      await this.focusOn('[type=submit]');
    };
    // Not the button gets the focus: a key that is held down, or pressed twice, accepts nothing.
    return html`<div class="terms" tabindex="-1">
      ${note(
        'warning',
        'warning',
        t('connection.terms', { provider: provider.displayName, places: placesOf(provider) }),
        button(t('connection.terms.accept'), accept),
        'alert',
      )}
    </div>`;
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
