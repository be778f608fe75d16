/** The picture of a service, which comes from an extension: an image has no scripts and loads nothing, whatever is in it. */

import { html, type TemplateResult } from 'lit';
import type { ProviderInfo } from '../../contracts/index.js';

/** The icon in a tile; a service without one gets its first letter. The name stands beside it, so it is decoration. */
export function providerIcon(provider: ProviderInfo | undefined, otherwise = '?'): TemplateResult {
  const letter = ([...(provider?.displayName ?? otherwise)][0] ?? '?').toLocaleUpperCase();
  return html`<span class="tile" aria-hidden="true">${
    provider?.icon === undefined
      ? letter
      : html`<img src=${provider.icon} alt="" width="20" height="20" decoding="async" draggable="false" />`
  }</span>`;
}
