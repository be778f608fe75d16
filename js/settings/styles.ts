/**
 * The look, in two sheets: colours and measures as custom properties, and the controls that every page shares.
 *
 * Each colour can be set from outside as `--strongroom-…`, falls back to the theme of a VS Code webview, then to our own.
 */

import { css } from 'lit';

export const tokens = css`
  :host {
    color-scheme: light dark;
    --bg: var(--strongroom-background, var(--vscode-editor-background, light-dark(#f5f5f1, #131613)));
    --surface: var(--strongroom-surface, var(--vscode-editorWidget-background, light-dark(#fff, #1a1e1b)));
    --input: var(--strongroom-input, var(--vscode-input-background, light-dark(#fff, #1a1e1b)));
    --text: var(--strongroom-foreground, var(--vscode-foreground, light-dark(#1c1f1b, #e6e9e3)));
    --muted: var(--strongroom-muted, var(--vscode-descriptionForeground, light-dark(#5a5e56, #a2a9a0)));
    --border: var(--strongroom-border, var(--vscode-panel-border, light-dark(#dddcd4, #2c322d)));
    --edge: var(--strongroom-edge, var(--vscode-input-border, light-dark(#858a80, #717a72)));
    --accent: var(--strongroom-accent, var(--vscode-button-background, light-dark(#1f5c48, #7fcaa9)));
    --on-accent: var(--strongroom-on-accent, var(--vscode-button-foreground, light-dark(#fff, #0b2018)));
    --focus: var(--strongroom-focus, var(--vscode-focusBorder, light-dark(#1f5c48, #7fcaa9)));
    --danger: var(--strongroom-danger, var(--vscode-errorForeground, light-dark(#a3261d, #f39a8f)));
    --on-danger: var(--strongroom-on-danger, light-dark(#fff, #2c0d09));
    --warning: var(--strongroom-warning, var(--vscode-editorWarning-foreground, light-dark(#835300, #e8c26e)));
    --success: var(--strongroom-success, var(--vscode-testing-iconPassed, light-dark(#1d6a3c, #86d3a3)));
    --hover: color-mix(in srgb, var(--text) 4%, transparent);
    --shade: color-mix(in srgb, var(--text) 8%, transparent);
    --tint: color-mix(in srgb, var(--accent) 12%, transparent);
    --shadow: 0 12px 40px light-dark(rgb(28 31 27 / 20%), rgb(0 0 0 / 55%));
    --mono: var(--vscode-editor-font-family, ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace);

    color: var(--text);
    font: 400 0.875rem/1.45 var(--strongroom-font, var(--vscode-font-family, system-ui, 'Segoe UI', 'Liberation Sans', sans-serif));
    accent-color: var(--accent);
    overflow-wrap: anywhere;
    text-underline-offset: 0.2em;
  }
`;

export const controls = css`
  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  :host {
    display: block;
  }
  h1,
  h2,
  h3,
  h4,
  p,
  div,
  ul,
  dl,
  dd,
  fieldset,
  figure,
  blockquote {
    margin: 0;
    padding: 0;
    border: 0;
    min-inline-size: 0;
    list-style: none;
  }
  h1 {
    font-size: 1.375rem;
    font-weight: 650;
    line-height: 1.25;
  }
  h2 {
    font-size: 1.0625rem;
    font-weight: 650;
    line-height: 1.25;
  }
  h1:focus,
  h2:focus {
    outline: none;
  }
  .muted {
    color: var(--muted);
  }
  .small {
    font-size: 0.8125rem;
  }
  .number {
    font-variant-numeric: tabular-nums;
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
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    padding: 0.25rem 0.75rem;
    min-block-size: 2rem;
    border: 1px solid var(--edge);
    border-radius: 6px;
    color: var(--text);
    background: var(--surface);
    font: inherit;
    font-weight: 550;
    overflow-wrap: normal;
    text-align: start;
    cursor: pointer;
  }
  button:hover {
    background: color-mix(in srgb, var(--text) 6%, var(--surface));
  }
  button.danger {
    --accent: var(--danger);
    --on-accent: var(--on-danger);
  }
  .primary,
  button.danger,
  .toggle :checked + span {
    color: var(--on-accent);
    background: var(--accent);
    border-color: var(--accent);
  }
  .primary:hover,
  button.danger:hover {
    background: color-mix(in srgb, var(--accent) 88%, var(--text));
  }
  .quiet {
    border-color: transparent;
    color: var(--muted);
    background: none;
  }
  .quiet:hover {
    color: var(--text);
    background: var(--shade);
  }
  .remove:hover,
  .revoke:hover {
    color: var(--danger);
  }
  button.link,
  button.disclose {
    padding: 0;
    min-block-size: 1.5rem;
    border: 0;
    background: none;
    overflow-wrap: anywhere;
  }
  .link {
    color: var(--accent);
  }
  .link,
  .disclose:hover {
    text-decoration: underline;
  }
  .only-icon {
    inline-size: 2rem;
    padding: 0;
  }
  [aria-disabled='true'] {
    cursor: default;
    opacity: 0.65;
  }

  input,
  select,
  textarea {
    padding: 0.25rem 0.5rem;
    inline-size: 100%;
    min-inline-size: 0;
    block-size: 2rem;
    border: 1px solid var(--edge);
    border-radius: 6px;
    color: var(--text);
    background: var(--input);
    font: inherit;
  }
  :is(input, select, textarea):focus-visible {
    outline-offset: -1px;
  }
  ::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  textarea {
    block-size: 7rem;
    min-block-size: 4rem;
    resize: vertical;
  }
  .masked {
    -webkit-text-security: disc;
    font-family: var(--mono);
  }
  [type='checkbox'],
  [type='radio'] {
    inline-size: 1rem;
    block-size: 1rem;
    flex: none;
    cursor: pointer;
  }
  [type='radio'] {
    margin: 0;
  }
  [aria-invalid='true'] {
    border-color: var(--danger);
    box-shadow: 0 0 0 1px var(--danger);
  }
  progress {
    display: block;
    inline-size: 100%;
    block-size: 0.375rem;
  }

  .card {
    border: 1px solid var(--border);
    border-radius: 6px;
    background: var(--surface);
    overflow: clip;
  }
  .tile,
  .kind {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 2rem;
    block-size: 2rem;
    border-radius: 6px;
    color: var(--accent);
    background: var(--tint);
    font-weight: 650;
    overflow: clip;
  }
  .tile img {
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    justify-content: space-between;
    gap: 0.75rem 1rem;
    margin-block-end: 1.125rem;
  }
  .head > :first-child {
    flex: 1 1 16rem;
  }
  .head p {
    margin-block-start: 0.125rem;
    max-inline-size: 62ch;
    color: var(--muted);
    text-wrap: pretty;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem;
    margin-block-end: 0.75rem;
  }
  .search {
    flex: 1 1 14rem;
    max-inline-size: 26rem;
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

  table {
    inline-size: 100%;
    border-collapse: collapse;
  }
  th,
  td {
    padding: 0.5rem 0.75rem;
    border-block-start: 1px solid var(--border);
    text-align: start;
  }
  thead th {
    border: 0;
    background: var(--hover);
    white-space: nowrap;
  }
  thead th,
  .plain th {
    color: var(--muted);
    font-size: 0.75rem;
    font-weight: 600;
  }
  tr.row:hover {
    background: var(--hover);
  }
  :is(th, td):first-child {
    padding-inline-start: 1rem;
  }
  .long {
    overflow-anchor: none;
  }
  .table .spacer {
    padding: 0;
    border: 0;
  }
  .when {
    white-space: nowrap;
  }
  .end {
    text-align: end;
    white-space: nowrap;
  }
  .details > td {
    border: 0;
    padding-block: 0 0.75rem;
  }
  .plain tbody {
    vertical-align: top;
    white-space: pre-wrap;
  }
  .facts {
    display: grid;
    grid-template-columns: minmax(6rem, max-content) 1fr;
    gap: 0.25rem 1rem;
    padding: 0.75rem;
    border-radius: 6px;
    background: var(--hover);
    font-size: 0.8125rem;
  }
  dt {
    color: var(--muted);
  }
  .disclose {
    color: inherit;
    font-weight: 600;
  }
  .chevron {
    inline-size: 0.75rem;
    block-size: 0.75rem;
    color: var(--muted);
    transition: rotate 120ms;
  }
  :dir(rtl) .chevron {
    rotate: 180deg;
  }
  [aria-expanded='true'] > .chevron {
    rotate: 90deg;
  }

  .state {
    display: grid;
    justify-items: center;
    gap: 0.625rem;
    padding: 3.5rem 1.5rem;
    text-align: center;
  }
  .state > .icon {
    inline-size: 2rem;
    block-size: 2rem;
    stroke-width: 1;
    color: var(--muted);
  }
  .state p {
    max-inline-size: 44ch;
    color: var(--muted);
    text-wrap: balance;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem 1rem;
    padding-block-start: 0.75rem;
    min-block-size: 2.75rem;
    font-size: 0.8125rem;
    color: var(--muted);
  }

  .note {
    --tone: var(--muted);
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    gap: 0.375rem 0.625rem;
    padding: 0.5rem 0.75rem;
    border: 1px solid color-mix(in srgb, var(--tone) 38%, transparent);
    border-radius: 6px;
    background: color-mix(in srgb, var(--tone) 8%, var(--surface));
  }
  .note > .icon {
    margin-block-start: 0.125rem;
  }
  .note > div {
    flex: 1 1 10rem;
  }
  .note > button {
    margin-block: -0.25rem;
  }
  .damaged {
    margin-block-end: 0.75rem;
  }
  .danger,
  .denied,
  .deny,
  .failed {
    --tone: var(--danger);
  }
  .note.warning {
    --tone: var(--warning);
  }
  .success,
  .allow,
  .allowed {
    --tone: var(--success);
  }
  .note > .icon,
  .outcome .icon,
  .decision .icon {
    color: var(--tone);
  }

  dialog {
    padding: 0;
    inline-size: min(34rem, 100vw - 1.5rem);
    max-block-size: calc(100dvh - 1.5rem);
    border: 1px solid var(--border);
    border-radius: 0.75rem;
    color: inherit;
    background: var(--surface);
    box-shadow: var(--shadow);
    overflow: hidden;
  }
  dialog[open],
  dialog form {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  dialog.compact {
    inline-size: min(27rem, 100vw - 1.5rem);
  }
  ::backdrop {
    background: rgb(12 15 12 / 45%);
  }
  dialog header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 1rem;
    padding: 0.75rem 1.25rem;
    padding-inline-end: 0.75rem;
    border-block-end: 1px solid var(--border);
  }
  .body {
    display: grid;
    gap: 1rem;
    padding: 1rem 1.25rem;
    min-block-size: 0;
    overflow: auto;
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 0.5rem;
    padding: 0.75rem 1.25rem;
    border-block-start: 1px solid var(--border);
    background: var(--hover);
  }

  .field {
    display: grid;
    gap: 0.25rem;
    align-content: start;
  }
  .field label,
  .label,
  legend {
    padding: 0;
    font-size: 0.8125rem;
    font-weight: 600;
  }
  .optional {
    color: var(--muted);
    font-weight: 400;
  }
  .hint {
    font-size: 0.8125rem;
    color: var(--muted);
    text-wrap: pretty;
  }
  .length::before {
    content: '· ';
  }
  .spaced {
    display: block;
    color: var(--warning);
    font-weight: 550;
  }
  .error {
    display: flex;
    gap: 0.375rem;
    color: var(--danger);
    font-size: 0.8125rem;
    font-weight: 550;
  }
  .error .icon {
    margin-block-start: 0.125rem;
  }

  @media (max-width: 70rem) {
    thead th,
    .when,
    .when button {
      white-space: normal;
    }
    th,
    td {
      padding-inline: 0.5rem;
    }
  }
  @media (max-width: 44rem) {
    .table,
    .table :is(tbody, tr, th, td) {
      display: block;
    }
    .table thead {
      position: absolute;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .table .row {
      padding-block: 0.625rem;
      border-block-start: 1px solid var(--border);
    }
    .table thead + tbody > :first-child {
      border: 0;
    }
    .table td {
      padding: 0.125rem 1rem;
      inline-size: auto;
      border: 0;
    }
    .table [data-label] {
      display: grid;
      grid-template-columns: 7.5rem 1fr;
      gap: 0.5rem;
      align-items: baseline;
    }
    [data-label]::before {
      content: attr(data-label);
      font-size: 0.8125rem;
      color: var(--muted);
    }
    .table .blank {
      display: none;
    }
    .table .end {
      text-align: start;
    }
    .facts {
      grid-template-columns: 1fr;
      gap: 0;
    }
    dd {
      margin-block-end: 0.375rem;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    ::before,
    ::after {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .icon {
      forced-color-adjust: auto;
    }
    .badge {
      border: 1px solid;
    }
    .primary,
    button.danger,
    [aria-current],
    [aria-selected='true'],
    .toggle :checked + span {
      forced-color-adjust: none;
      color: HighlightText !important;
      background: Highlight !important;
      border-color: Highlight;
    }
    [aria-invalid='true'] {
      border-width: 2px;
    }
  }
`;
