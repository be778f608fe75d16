/** What only the Audit page has. */

import { css } from 'lit';

export const auditStyles = css`
  :host {
    display: block;
  }
  .verdict > * {
    margin-block-end: 1rem;
  }
  progress {
    display: block;
    inline-size: 100%;
    block-size: 0.375rem;
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
  .when {
    white-space: nowrap;
  }
  .table td.action {
    min-inline-size: 4.5rem;
  }
  @media (min-width: 70rem) {
    .table td.action {
      white-space: nowrap;
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
