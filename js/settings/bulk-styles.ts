/** What only the dialog for many at once has. */

import { css } from 'lit';

export const bulkStyles = css`
  .names {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    gap: 0.25rem;
    max-block-size: 12rem;
    overflow: auto;
    overflow-wrap: anywhere;
  }
  .body > .names {
    padding: 0.625rem 0.875rem;
    border-radius: 6px;
    background: color-mix(in srgb, var(--text) 3.5%, transparent);
    font-size: 0.8125rem;
  }
  .progress {
    display: grid;
    gap: 0.375rem;
    font-variant-numeric: tabular-nums;
  }
`;
