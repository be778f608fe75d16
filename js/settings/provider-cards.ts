/** The services one can connect to, as cards to start from. */

import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ProviderInfo } from '../../contracts/index.js';
import { fieldsOf } from './connection-model.js';
import { locales, t } from './messages.js';
import { providerIcon } from './provider-icon.js';
import { providerStyles } from './provider-styles.js';
import { controls } from './styles.js';

/** Fires `strongroom-provider` (the id of the one that was chosen). */
@customElement('strongroom-provider-cards')
export class ProviderCards extends LitElement {
  static override readonly styles = [controls, providerStyles];

  @property({ attribute: false }) providers: readonly ProviderInfo[] = [];

  protected override render(): TemplateResult {
    return html`<ul role="list" aria-label=${t('providers.list')}>
        ${repeat(
          this.providers,
          ({ id }) => id,
          (provider) => this.#renderCard(provider),
        )}
      </ul>`;
  }

  #renderCard(provider: ProviderInfo): TemplateResult {
    const needed = [...fieldsOf(provider, false), ...fieldsOf(provider, true)].filter(({ required }) => required);
    const fields = new Intl.ListFormat(locales(), { type: 'unit' }).format(needed.map(({ label }) => label));
    return html`<li>
      <button
        type="button"
        @click=${() => this.dispatchEvent(new CustomEvent('strongroom-provider', { detail: provider.id }))}
      >
        <span class="line">${providerIcon(provider)}<bdi class="name">${provider.displayName}</bdi></span>
        <span class="about">
          <span class="description" dir="auto">${provider.description}</span>
          <span class="needs">${needed.length === 0 ? t('providers.needs.nothing') : t('providers.needs', { fields })}</span>
          <span class="needs">${t('providers.from', { owner: provider.owner })}</span>
        </span>
      </button>
    </li>`;
  }
}
