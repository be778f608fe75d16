/** What only the Secrets page has. */

import { css } from 'lit';

export const secretsStyles = css`
  :host {
    display: block;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    margin-block-end: 0.75rem;
  }
  .search {
    flex: 1 1 14rem;
    max-inline-size: 26rem;
  }
  .tools select {
    inline-size: auto;
    flex: 0 1 11rem;
  }
  .damaged {
    margin-block-end: 0.75rem;
  }
  td.title {
    inline-size: 36%;
  }
  td.key {
    inline-size: 23%;
  }
  input[type='checkbox'] {
    inline-size: 1rem;
    block-size: 1rem;
    flex: none;
    cursor: pointer;
  }
  .all {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    margin-inline-start: 1rem;
    font-size: 0.8125rem;
    color: var(--muted);
    cursor: pointer;
  }
  .selection {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: center;
    padding: 0.375rem;
    padding-inline-start: 1rem;
    margin-block-end: 0.75rem;
    border: 1px solid color-mix(in srgb, var(--accent) 40%, transparent);
    border-radius: var(--radius);
    background: color-mix(in srgb, var(--accent) 8%, var(--surface));
    font-variant-numeric: tabular-nums;
  }
  .selection span {
    flex: 1 1 6rem;
    font-weight: 600;
  }
  .explained {
    max-inline-size: 62ch;
    margin-block-end: 0.75rem;
  }
  .copyable {
    display: inline-flex;
    align-items: center;
    gap: 0.125rem;
  }
  .title {
    --gap: 0.75rem;
  }
  .title > input {
    float: inline-start;
    margin-block: 0.75rem 0;
    margin-inline: 0 var(--gap);
  }
  .title > input + .kind + div {
    margin-inline-start: calc(3rem + 2 * var(--gap));
  }
  .title > .kind {
    float: inline-start;
    display: grid;
    place-items: center;
    inline-size: 2rem;
    block-size: 2rem;
    margin-block-start: 0.25rem;
    border-radius: 7px;
    color: var(--accent);
    background: color-mix(in srgb, var(--accent) 11%, transparent);
  }
  .title > .kind + div {
    margin-inline-start: calc(2rem + var(--gap));
  }
  .small {
    font-size: 0.8125rem;
    line-height: 1.3;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .actions {
    white-space: nowrap;
  }
  .actions .remove:hover {
    color: var(--danger);
  }
  @media (max-width: 44rem) {
    .table td.key {
      inline-size: auto;
    }
    .table td.title {
      inline-size: auto;
      padding-block-end: 0.375rem;
    }
    .table td[data-label],
    .table td.actions {
      padding-inline-start: 2.75rem;
    }
    .table td.actions {
      text-align: start;
      padding-block-start: 0.25rem;
    }
    .actions button:first-child {
      margin-inline-start: -0.5rem;
    }
    .tools select {
      flex: 1 1 8rem;
    }
    .all {
      inline-size: 100%;
    }
  }
`;
