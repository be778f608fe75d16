/**
 * The look, in two sheets: colours and measures as custom properties, and the controls that every page shares.
 *
 * Each colour can be set from outside as `--strongroom-…`, falls back to the theme of a VS Code webview, then to our own.
 */

import { css } from 'lit';

export const tokens = css`
  :host {
    --own-bg: #f5f5f1;
    --own-surface: #ffffff;
    --own-text: #1c1f1b;
    --own-muted: #5a5e56;
    --own-border: #dddcd4;
    --own-edge: #858a80;
    --own-accent: #1f5c48;
    --own-on-accent: #ffffff;
    --own-danger: #a3261d;
    --own-on-danger: #ffffff;
    --own-warning: #835300;
    --own-success: #1d6a3c;
    --own-shadow: 0 1px 2px rgb(28 31 27 / 6%), 0 12px 40px rgb(28 31 27 / 18%);

    --bg: var(--strongroom-background, var(--vscode-editor-background, var(--own-bg)));
    --surface: var(--strongroom-surface, var(--vscode-editorWidget-background, var(--own-surface)));
    --input: var(--strongroom-input, var(--vscode-input-background, var(--own-surface)));
    --text: var(--strongroom-foreground, var(--vscode-foreground, var(--own-text)));
    --muted: var(--strongroom-muted, var(--vscode-descriptionForeground, var(--own-muted)));
    --border: var(--strongroom-border, var(--vscode-panel-border, var(--own-border)));
    --edge: var(--strongroom-edge, var(--vscode-input-border, var(--own-edge)));
    --accent: var(--strongroom-accent, var(--vscode-button-background, var(--own-accent)));
    --on-accent: var(--strongroom-on-accent, var(--vscode-button-foreground, var(--own-on-accent)));
    --focus: var(--strongroom-focus, var(--vscode-focusBorder, var(--own-accent)));
    --danger: var(--strongroom-danger, var(--vscode-errorForeground, var(--own-danger)));
    --on-danger: var(--strongroom-on-danger, var(--own-on-danger));
    --warning: var(--strongroom-warning, var(--vscode-editorWarning-foreground, var(--own-warning)));
    --success: var(--strongroom-success, var(--vscode-testing-iconPassed, var(--own-success)));
    --hover: color-mix(in srgb, var(--text) 4%, transparent);
    --mono: var(--vscode-editor-font-family, ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace);
    --shadow: var(--own-shadow);
    --radius: 8px;

    color: var(--text);
    font: 400 0.875rem/1.45 var(--strongroom-font, var(--vscode-font-family, system-ui, 'Segoe UI', 'Liberation Sans', sans-serif));
    accent-color: var(--accent);
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --own-bg: #131613;
      --own-surface: #1a1e1b;
      --own-text: #e6e9e3;
      --own-muted: #a2a9a0;
      --own-border: #2c322d;
      --own-edge: #717a72;
      --own-accent: #7fcaa9;
      --own-on-accent: #0b2018;
      --own-danger: #f39a8f;
      --own-on-danger: #2c0d09;
      --own-warning: #e8c26e;
      --own-success: #86d3a3;
      --own-shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 16px 48px rgb(0 0 0 / 55%);
    }
  }
`;

export const controls = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  dl,
  dd,
  fieldset {
    margin: 0;
    padding: 0;
    border: 0;
    min-inline-size: 0;
  }
  h1 {
    font-size: 1.375rem;
    line-height: 1.25;
    font-weight: 650;
    letter-spacing: -0.01em;
  }
  h1:focus {
    outline: none;
  }
  h2 {
    font-size: 1.0625rem;
    line-height: 1.3;
    font-weight: 650;
    overflow-wrap: anywhere;
  }
  .muted {
    color: var(--muted);
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  code,
  .mono {
    font-family: var(--mono);
    font-size: 0.9286em;
    overflow-wrap: anywhere;
  }
  .icon {
    inline-size: 1rem;
    block-size: 1rem;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }

  button {
    font: inherit;
    font-weight: 550;
    color: var(--text);
    background: var(--surface);
    border: 1px solid var(--edge);
    border-radius: 6px;
    padding: 0.3125rem 0.75rem;
    min-block-size: 2rem;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.4375rem;
    cursor: pointer;
    text-align: start;
  }
  button:hover {
    background: color-mix(in srgb, var(--text) 6%, var(--surface));
  }
  button.primary {
    color: var(--on-accent);
    background: var(--accent);
    border-color: var(--accent);
  }
  button.primary:hover {
    background: color-mix(in srgb, var(--accent) 88%, var(--text));
  }
  button.danger {
    color: var(--on-danger);
    background: var(--danger);
    border-color: var(--danger);
  }
  button.danger:hover {
    background: color-mix(in srgb, var(--danger) 88%, var(--text));
  }
  button.quiet {
    border-color: transparent;
    background: transparent;
    color: var(--muted);
  }
  button.quiet:hover {
    background: color-mix(in srgb, var(--text) 8%, transparent);
    color: var(--text);
  }
  button.link {
    border: 0;
    background: none;
    padding: 0;
    min-block-size: 1.5rem;
    color: var(--accent);
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }
  button.only-icon {
    inline-size: 2rem;
    padding: 0;
  }
  button[aria-disabled='true'] {
    cursor: default;
    opacity: 0.65;
  }

  input,
  select,
  textarea {
    font: inherit;
    color: var(--text);
    background: var(--input);
    border: 1px solid var(--edge);
    border-radius: 6px;
    padding: 0.3125rem 0.5625rem;
    block-size: 2rem;
    inline-size: 100%;
    min-inline-size: 0;
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  input:focus-visible,
  select:focus-visible,
  textarea:focus-visible {
    outline-offset: -1px;
  }
  [aria-invalid='true'] {
    border-color: var(--danger);
    box-shadow: 0 0 0 1px var(--danger);
  }
  textarea {
    resize: vertical;
    block-size: 7rem;
    min-block-size: 4rem;
  }
  textarea.masked {
    -webkit-text-security: disc;
    font-family: var(--mono);
  }

  progress {
    display: block;
    inline-size: 100%;
    block-size: 0.375rem;
  }

  .card {
    background: var(--surface);
    border: 1px solid var(--border);
    border-radius: var(--radius);
    overflow: clip;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem 1rem;
    align-items: flex-start;
    justify-content: space-between;
    margin-block-end: 1.125rem;
  }
  .head > div:first-child {
    flex: 1 1 16rem;
  }
  .head p {
    color: var(--muted);
    margin-block-start: 0.1875rem;
    max-inline-size: 62ch;
    text-wrap: pretty;
  }

  .table {
    inline-size: 100%;
    border-collapse: collapse;
  }
  .table th {
    font-size: 0.75rem;
    font-weight: 600;
    color: var(--muted);
    text-align: start;
    padding: 0.5625rem 0.75rem;
    border-block-end: 1px solid var(--border);
    background: color-mix(in srgb, var(--text) 2.5%, var(--surface));
    white-space: nowrap;
  }
  .table td {
    padding: 0.5rem 0.75rem;
    border-block-start: 1px solid var(--border);
    vertical-align: middle;
    overflow-wrap: anywhere;
  }
  .table tbody tr:first-child td {
    border-block-start: 0;
  }
  .table tbody tr.row:hover td {
    background: var(--hover);
  }
  .table th:first-child,
  .table td:first-child {
    padding-inline-start: 1rem;
  }
  .table th:last-child,
  .table td:last-child {
    padding-inline-end: 1rem;
  }
  .table.long {
    overflow-anchor: none;
  }
  .table.long tbody tr:first-child td {
    border-block-start: 1px solid var(--border);
  }
  .table.long thead + tbody tr:first-child td {
    border-block-start: 0;
  }
  .table.long td.spacer {
    padding: 0;
    border: 0;
  }
  .table .when {
    white-space: nowrap;
  }
  .table .end {
    text-align: end;
  }
  .table tr.details > td {
    border-block-start: 0;
    padding-block: 0 0.875rem;
  }
  dl.facts {
    display: grid;
    grid-template-columns: minmax(6rem, max-content) minmax(0, 1fr);
    gap: 0.3125rem 1.25rem;
    font-size: 0.8125rem;
    padding: 0.75rem 0.875rem;
    border-radius: 6px;
    background: color-mix(in srgb, var(--text) 3.5%, transparent);
  }
  dl.facts dt {
    color: var(--muted);
  }
  dl.facts dd {
    overflow-wrap: anywhere;
  }
  .disclose {
    border: 0;
    background: none;
    padding: 0;
    min-block-size: 1.5rem;
    gap: 0.5rem;
    color: inherit;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .disclose:hover {
    background: none;
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }
  .chevron {
    inline-size: 0.75rem;
    block-size: 0.75rem;
    color: var(--muted);
    transition: rotate 120ms;
  }
  :dir(rtl) .chevron {
    scale: -1 1;
  }
  [aria-expanded='true'] > .chevron {
    rotate: 90deg;
  }
  :dir(rtl) [aria-expanded='true'] > .chevron {
    rotate: -90deg;
  }

  .state {
    display: grid;
    justify-items: center;
    gap: 0.625rem;
    padding: 3.5rem 1.5rem;
    text-align: center;
  }
  .state .icon {
    inline-size: 2rem;
    block-size: 2rem;
    stroke-width: 1;
    color: var(--muted);
  }
  .state p {
    color: var(--muted);
    max-inline-size: 44ch;
    text-wrap: balance;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem 1rem;
    color: var(--muted);
    font-size: 0.8125rem;
    padding-block-start: 0.75rem;
    min-block-size: 2.75rem;
  }

  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-start;
    gap: 0.375rem 0.625rem;
    padding: 0.5625rem 0.75rem;
    border: 1px solid color-mix(in srgb, var(--tone) 38%, transparent);
    border-radius: var(--radius);
    background: color-mix(in srgb, var(--tone) 8%, var(--surface));
    --tone: var(--muted);
  }
  .note > .icon {
    margin-block-start: 0.125rem;
    color: var(--tone);
  }
  .note > div {
    flex: 1 1 10rem;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .note > button {
    margin-block: -0.3125rem;
  }
  .note.danger {
    --tone: var(--danger);
  }
  .note.warning {
    --tone: var(--warning);
  }
  .note.success {
    --tone: var(--success);
  }
  .note strong {
    font-weight: 650;
  }

  dialog {
    color: inherit;
    background: var(--surface);
    border: 1px solid var(--border);
    border-radius: 12px;
    box-shadow: var(--shadow);
    padding: 0;
    inline-size: min(34rem, 100vw - 1.5rem);
    max-block-size: calc(100dvh - 1.5rem);
    overflow: hidden;
  }
  dialog[open] {
    display: flex;
    flex-direction: column;
  }
  dialog.compact {
    inline-size: min(27rem, 100vw - 1.5rem);
  }
  dialog::backdrop {
    background: rgb(12 15 12 / 45%);
  }
  dialog header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1rem;
    padding: 0.875rem 1.25rem;
    padding-inline-end: 0.75rem;
    border-block-end: 1px solid var(--border);
  }
  dialog .body {
    padding: 1.125rem 1.25rem;
    display: grid;
    gap: 1rem;
    overflow: auto;
    min-block-size: 0;
  }
  dialog footer {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 0.5rem;
    padding: 0.75rem 1.25rem;
    border-block-start: 1px solid var(--border);
    background: color-mix(in srgb, var(--text) 2.5%, var(--surface));
  }
  dialog form {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }

  .field {
    display: grid;
    gap: 0.25rem;
    align-content: start;
  }
  .field label,
  legend {
    font-weight: 600;
    font-size: 0.8125rem;
    padding: 0;
  }
  .field .optional,
  legend .optional {
    font-weight: 400;
    color: var(--muted);
  }
  .hint {
    font-size: 0.8125rem;
    color: var(--muted);
    text-wrap: pretty;
  }
  .error {
    display: flex;
    gap: 0.375rem;
    font-size: 0.8125rem;
    font-weight: 550;
    color: var(--danger);
  }
  .error .icon {
    inline-size: 0.875rem;
    block-size: 0.875rem;
    margin-block-start: 0.15rem;
  }
  .two {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr));
    gap: 1rem;
  }

  @media (max-width: 70rem) {
    .table th,
    .table .when,
    .table .when button {
      white-space: normal;
    }
    .table th,
    .table td {
      padding-inline: 0.5rem;
    }
  }
  @media (max-width: 44rem) {
    .table,
    .table tbody,
    .table tr,
    .table td {
      display: block;
    }
    .table thead {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .table tr.row {
      padding: 0.625rem 0;
      border-block-start: 1px solid var(--border);
    }
    .table tbody tr.row:first-child,
    .table.long tbody tr:first-child td {
      border-block-start: 0;
    }
    .table.long tbody tr.row:first-child {
      border-block-start: 1px solid var(--border);
    }
    .table.long thead + tbody tr.row:first-child {
      border-block-start: 0;
    }
    .table td {
      border: 0;
      padding: 0.125rem 1rem;
    }
    .table td[data-label] {
      display: grid;
      grid-template-columns: 7.5rem minmax(0, 1fr);
      gap: 0.5rem;
      align-items: baseline;
    }
    .table td[data-label]::before {
      content: attr(data-label);
      color: var(--muted);
      font-size: 0.8125rem;
    }
    .table td.blank {
      display: none;
    }
    dl.facts {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }
    dl.facts dd {
      margin-block-end: 0.375rem;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .card,
    .note,
    dialog {
      border-color: CanvasText;
    }
    .icon {
      forced-color-adjust: auto;
    }
    button.primary,
    button.danger {
      forced-color-adjust: none;
      color: HighlightText;
      background: Highlight;
      border-color: Highlight;
    }
    [aria-invalid='true'] {
      border-width: 2px;
    }
  }
  .search {
    position: relative;
  }
  .search .icon {
    position: absolute;
    inset-block-start: 0.5rem;
    inset-inline-start: 0.625rem;
    color: var(--muted);
    pointer-events: none;
  }
  .search input {
    padding-inline-start: 2rem;
  }
`;
