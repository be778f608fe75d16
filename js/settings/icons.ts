/** Icons: 16 px line drawings in the text's colour, decoration only (every use has a text or a label beside it). */

import { html, type SVGTemplateResult, svg, type TemplateResult } from 'lit';

const terminal = svg`<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="m4.7 6.2 2 1.8-2 1.8M8.5 10h2.7"/>`;

const paths = {
  api_key: svg`<path d="M9.8 9.3a3.4 3.4 0 1 0-3-3L2.5 10.6V13.5h3v-1.7h1.7v-1.6h1.6z"/><path d="M11 5h.01"/>`,
  service_token: svg`<rect x="2" y="4.5" width="12" height="7" rx="2"/><path d="M5 8h.01M8 8h.01M11 8h.01"/>`,
  ssh_key: terminal,
  acme_account_key: svg`<path d="M8 2 3 3.8v3.9c0 3 2 5.2 5 6.3 3-1.1 5-3.3 5-6.3V3.8z"/><path d="m5.9 7.9 1.5 1.5 2.8-2.9"/>`,
  managed_private_key: svg`<rect x="3" y="7" width="10" height="6.5" rx="1.5"/><path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2M8 9.6v1.4"/>`,
  dns_credential: svg`<circle cx="8" cy="8" r="6"/><path d="M2 8h12M8 2c4 4 4 8 0 12-4-4-4-8 0-12"/>`,
  custom: svg`<path d="M8 1.8 13.5 5v6L8 14.2 2.5 11V5z"/><path d="M8 8 2.7 5.1M8 8v6M8 8l5.3-2.9"/>`,
  connection: svg`<path d="M6.5 9.5 9.5 6.5M7 4.5l1.2-1.2a3.2 3.2 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.2 1.2a3.2 3.2 0 0 1-4.5-4.5L4.5 7"/>`,
  audit: svg`<rect x="3" y="2" width="10" height="12" rx="1.5"/><path d="M5.7 5.5h4.6M5.7 8h4.6M5.7 10.5h2.6"/>`,
  access: svg`<circle cx="6.2" cy="5" r="2.6"/><path d="M1.8 13.5c.3-2.7 2-4.2 4.4-4.2 1 0 1.8.2 2.5.7"/><path d="m9.3 12.2 1.7 1.7 3.2-3.7"/>`,
  extension: svg`<path d="M6.2 3.8a1.7 1.7 0 0 1 3.4 0v.7h2.9v3h-.6a1.7 1.7 0 0 0 0 3.4h.6v2.6H3.5v-9h2.7z"/>`,
  tool: terminal,
  copy: svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M10.5 5.5V4A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 4 10.5h1.5"/>`,
  download: svg`<path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10"/>`,
  workspace: svg`<path d="M2 4.2c0-.6.5-1.2 1.2-1.2h2.9l1.6 1.8h5.1c.7 0 1.2.6 1.2 1.2v5.8c0 .7-.5 1.2-1.2 1.2H3.2c-.7 0-1.2-.5-1.2-1.2z"/>`,
  test: svg`<path d="M1.8 8.5h2.7L6.3 4l3 8.5 2-4h2.9"/>`,
  external: svg`<path d="M6.5 3.5H3v9.5h9.5V9.5M9 2.8h4.2V7M13 3 7.5 8.5"/>`,
  plus: svg`<path d="M8 3v10M3 8h10"/>`,
  search: svg`<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/>`,
  replace: svg`<path d="M13 6.5A5.2 5.2 0 0 0 3.6 5M3 9.5A5.2 5.2 0 0 0 12.4 11"/><path d="M3.3 2.3V5H6M12.7 13.7V11H10"/>`,
  edit: svg`<path d="m9.8 3.7 2.5 2.5M3 13l.6-3L10.7 2.9a1.3 1.3 0 0 1 1.8 0l.6.6a1.3 1.3 0 0 1 0 1.8L6 12.4z"/>`,
  remove: svg`<path d="M2.8 4.5h10.4M6.3 4.5V3h3.4v1.5M4.2 4.5l.6 9h6.4l.6-9M6.8 7v4M9.2 7v4"/>`,
  close: svg`<path d="m4 4 8 8M12 4l-8 8"/>`,
  chevron: svg`<path d="m6 3.5 4.5 4.5L6 12.5"/>`,
  ok: svg`<circle cx="8" cy="8" r="6"/><path d="m5.3 8.2 1.9 1.9 3.6-4"/>`,
  warning: svg`<path d="M8 2.2 14.5 13.5h-13zM8 6.5v3M8 11.6v.01"/>`,
  info: svg`<circle cx="8" cy="8" r="6"/><path d="M8 7.3v3.5M8 5v.01"/>`,
  offline: svg`<path d="M2 5.8a9 9 0 0 1 3-1.9M14 5.8a9 9 0 0 0-5.5-2.6M4.3 8.5A5.5 5.5 0 0 1 7 7.1M6.5 11a2.3 2.3 0 0 1 3 0M2.5 2.5l11 11"/>`,
} satisfies Record<string, SVGTemplateResult>;

/** The name of an icon; every kind of secret has one. */
export type IconName = keyof typeof paths;

/** An icon, hidden from assistive technology. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon ${name}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${paths[name]}</svg>`;
}

/** The icon of a kind of secret. */
export function kindIcon(kind: string): TemplateResult {
  return icon(Object.hasOwn(paths, kind) ? (kind as IconName) : 'custom');
}

/** The icon of how something ended. */
export function outcomeIcon(outcome: string): TemplateResult {
  return icon(outcome === 'allowed' ? 'ok' : outcome === 'denied' ? 'close' : 'warning');
}

/** The product's mark: the door of a strongroom. */
export const mark = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
  <rect width="32" height="32" rx="8" />
  <circle cx="16" cy="16" r="9" />
  <path d="M16 2.5v3M16 26.5v3M2.5 16h3M26.5 16h3" />
  <path fill="currentColor" stroke="none" d="M16 11.2a3 3 0 0 0-1.5 5.6L13.7 21h4.6l-.8-4.2a3 3 0 0 0-1.5-5.6z" />
</svg>`;
