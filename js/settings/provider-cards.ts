/** The services one can connect to, as cards to start from. */

import { html, type TemplateResult } from 'lit';
import type { ProviderInfo } from '../../contracts/index.js';
import { fieldsOf } from './connection-model.js';
import { locales, t } from './messages.js';
import { button } from './parts.js';
import { providerIcon } from './provider-icon.js';

/** The cards; `choose` is called with the id of the one that is chosen. */
export function providerCards(providers: readonly ProviderInfo[], choose: (id: string) => void): TemplateResult {
  return html`<ul class="offers" role="list" aria-label=${t('providers.list')}>
    ${providers.map((provider) => html`<li>${button(cardOf(provider), () => choose(provider.id), { class: 'offer' })}</li>`)}
  </ul>`;
}

function cardOf(provider: ProviderInfo): TemplateResult {
  const needed = [...fieldsOf(provider, false), ...fieldsOf(provider, true)].filter(({ required }) => required);
  const fields = new Intl.ListFormat(locales(), { type: 'unit' }).format(needed.map(({ label }) => label));
  return html`<span class="line">${providerIcon(provider)}<bdi>${provider.displayName}</bdi></span>
    <span class="about">
      <span class="description" dir="auto">${provider.description}</span>
      <span class="small muted">${needed.length === 0 ? t('providers.needs.nothing') : t('providers.needs', { fields })}</span>
      <span class="small muted">${t('providers.from', { owner: provider.owner })}</span>
    </span>`;
}
