/** What only the Audit page has. */

import { css } from 'lit';

export const auditStyles = css`
  :host {
    display: block;
  }
  .verdict > * {
    margin-block-end: 1rem;
  }
  .verdict p {
    margin-block-end: 1rem;
    font-variant-numeric: tabular-nums;
  }
  .verdict progress {
    margin-block-end: 0.375rem;
  }
  .head .buttons {
    flex-wrap: wrap;
  }
  strongroom-audit-chart {
    display: block;
    margin-block-end: 1rem;
  }
  .filters {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(8.25rem, 100%), 1fr));
    gap: 0.5rem 0.625rem;
    align-items: end;
    margin-block-end: 0.875rem;
  }
  .filters label {
    font-size: 0.75rem;
    font-weight: 500;
    color: var(--muted);
  }
  .clear {
    justify-self: start;
  }
  .table td.action {
    min-inline-size: 4.5rem;
  }
  @media (min-width: 70rem) {
    .table td.action {
      white-space: nowrap;
    }
    .table td.target,
    .table td.actor,
    .table td.reason {
      min-inline-size: 7.5rem;
    }
  }
  .when .disclose {
    font-weight: 400;
    font-variant-numeric: tabular-nums;
  }
  .reason {
    color: var(--muted);
  }
  .outcome {
    display: inline-flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.125rem 0.375rem;
    vertical-align: middle;
    overflow-wrap: anywhere;
  }
  .whole {
    white-space: nowrap;
  }
  .outcome .whole {
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
  }
  .outcome .icon {
    color: var(--muted);
  }
  .outcome.allowed .icon {
    color: var(--success);
  }
  .outcome.denied .icon,
  .outcome.failed .icon {
    color: var(--danger);
  }
  .outcome code {
    color: var(--muted);
    font-size: 0.75rem;
  }
  .buttons {
    display: flex;
    gap: 0.5rem;
  }
  @media (max-width: 44rem) {
    .filters {
      grid-template-columns: repeat(auto-fill, minmax(min(7.5rem, 100%), 1fr));
    }
    .table td.when {
      padding-block-end: 0.25rem;
    }
    .table td[data-label] {
      padding-inline-start: 2.25rem;
    }
  }
`;

/** What only the chart has. */
export const chartStyles = css`
  figure {
    margin: 0;
    padding-block: 0.75rem;
  }
  figcaption {
    display: flex;
    flex-wrap: wrap;
    gap: 0.125rem 0.75rem;
    align-items: baseline;
    padding-inline: 1rem;
  }
  figcaption p {
    flex: 1 1 12rem;
    font-size: 0.8125rem;
  }
  figcaption button {
    margin-block: -0.25rem;
    margin-inline-end: -0.75rem;
  }
  h2 {
    font-size: 0.875rem;
  }
  .bars {
    display: block;
    inline-size: calc(100% - 2rem);
    block-size: 4rem;
    margin: 0.625rem 1rem 0;
    border-block-end: 1px solid var(--edge);
  }
  :dir(rtl) .bars {
    scale: -1 1;
  }
  .day {
    cursor: pointer;
  }
  .back {
    fill: transparent;
  }
  .day:hover .back,
  .picked .back {
    fill: color-mix(in srgb, var(--text) 9%, transparent);
  }
  rect.allowed {
    fill: color-mix(in srgb, var(--accent) 55%, var(--surface));
  }
  rect.denied {
    fill: var(--danger);
  }
  rect.failed {
    fill: var(--warning);
  }
  .scale {
    display: flex;
    justify-content: space-between;
    padding: 0.25rem 1rem 0;
    font-size: 0.75rem;
  }
  .scroll {
    max-block-size: 16rem;
    overflow: auto;
    margin-block: 0.5rem -0.75rem;
    border-block-start: 1px solid var(--border);
    outline-offset: -2px;
  }
  tbody th {
    padding-block: 0.25rem;
  }
  .table td {
    padding-block: 0.25rem;
    font-variant-numeric: tabular-nums;
  }
  td.denied {
    color: var(--danger);
    font-weight: 650;
  }
  td.failed {
    color: var(--warning);
    font-weight: 650;
  }
  @media (max-width: 44rem) {
    figcaption button {
      margin-inline-start: -0.75rem;
    }
    .scroll .table {
      display: table;
    }
    .scroll thead {
      display: table-header-group;
      position: static;
      clip-path: none;
      overflow: visible;
    }
    .scroll tbody {
      display: table-row-group;
    }
    .scroll tr {
      display: table-row;
    }
    .scroll td {
      display: table-cell;
      padding-inline: 0.5rem;
    }
    .scroll thead th {
      white-space: normal;
    }
  }
  @media (forced-colors: active) {
    rect {
      forced-color-adjust: none;
    }
    rect.allowed {
      fill: CanvasText;
    }
    rect.denied,
    rect.failed {
      fill: Highlight;
    }
  }
`;

/** What only the dialog that exports has. */
export const exportStyles = css`
  .field label {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    min-block-size: 1.75rem;
    font-weight: 400;
    cursor: pointer;
  }
  label input {
    inline-size: auto;
    block-size: auto;
    margin: 0;
  }
  .muted {
    font-variant-numeric: tabular-nums;
    margin-block-start: 0.375rem;
  }
`;
