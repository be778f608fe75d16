/** What only the Audit page, its chart and its dialog have. */

import { css } from 'lit';

export const auditStyles = css`
  .verdict > *,
  strongroom-audit-chart {
    margin-block-end: 1rem;
  }
  progress + .muted {
    margin-block-start: -0.625rem;
  }
  .filters {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(8.25rem, 100%), 1fr));
    align-items: end;
    gap: 0.5rem;
    margin-block-end: 0.75rem;
  }
  .filters label {
    color: var(--muted);
    font-size: 0.75rem;
    font-weight: 400;
  }
  .clear {
    justify-self: start;
  }
  .action {
    min-inline-size: 4.5rem;
  }
  @media (min-width: 70rem) {
    .action {
      white-space: nowrap;
    }
    .target,
    .actor,
    .reason {
      min-inline-size: 7.5rem;
    }
  }
  .disclose {
    font-weight: 400;
  }
  .reason,
  .outcome code {
    color: var(--muted);
  }
  .outcome,
  .outcome .whole {
    display: inline-flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.125rem 0.375rem;
    vertical-align: middle;
  }
  .outcome .whole {
    flex-wrap: nowrap;
  }
  .whole {
    white-space: nowrap;
  }
  .outcome code {
    font-size: 0.75rem;
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
  @media (max-width: 44rem) {
    .table [data-label] {
      padding-inline-start: 2.25rem;
    }
  }
`;

export const chartStyles = css`
  figure {
    padding-block: 0.75rem;
  }
  figcaption,
  .scale {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    justify-content: space-between;
    gap: 0 0.75rem;
    padding-inline: 1rem;
  }
  figcaption p {
    flex: 1 1 12rem;
  }
  .scale {
    font-size: 0.75rem;
  }
  .quiet {
    margin: -0.25rem -0.75rem;
  }
  h2 {
    font-size: inherit;
  }
  .bars {
    display: block;
    margin: 0.625rem 1rem 0.25rem;
    inline-size: calc(100% - 2rem);
    block-size: 4rem;
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
    fill: var(--shade);
  }
  .allowed {
    fill: color-mix(in srgb, var(--accent) 55%, var(--surface));
  }
  .failed {
    --tone: var(--warning);
  }
  .denied,
  .failed {
    fill: var(--tone);
  }
  td.denied,
  td.failed {
    color: var(--tone);
    font-weight: 650;
  }
  .scroll {
    margin-block: 0.5rem -0.75rem;
    max-block-size: 16rem;
    border-block-start: 1px solid var(--border);
    outline-offset: -2px;
    overflow: auto;
  }
  tbody :is(th, td) {
    padding-block: 0.25rem;
    font-size: 0.8125rem;
  }
  @media (max-width: 44rem) {
    .scroll th {
      white-space: normal;
    }
  }
  @media (forced-colors: active) {
    rect {
      forced-color-adjust: none;
    }
    .allowed {
      fill: CanvasText;
    }
    .denied,
    .failed {
      --tone: Highlight;
    }
  }
`;

export const exportStyles = css`
  .field label {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    min-block-size: 1.75rem;
    font-size: inherit;
    font-weight: 400;
    cursor: pointer;
  }
  .muted {
    margin-block-start: 0.375rem;
  }
`;
