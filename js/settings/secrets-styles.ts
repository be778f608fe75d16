/** What only the Secrets page has. */

import { css } from 'lit';

export const secretsStyles = css`
  .tools select {
    flex: 0 1 11rem;
  }
  .title {
    inline-size: 36%;
  }
  .key {
    inline-size: 23%;
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
    align-items: center;
    gap: 0.25rem 0.75rem;
    margin-block-end: 0.75rem;
    padding: 0.375rem;
    padding-inline-start: 1rem;
    border: 1px solid color-mix(in srgb, var(--accent) 38%, transparent);
    border-radius: 6px;
    background: color-mix(in srgb, var(--accent) 8%, var(--surface));
  }
  .selection span {
    flex: 1 1 6rem;
    font-weight: 600;
  }
  .explained {
    margin-block-end: 0.75rem;
    max-inline-size: 62ch;
  }
  .copyable {
    display: inline-flex;
    align-items: center;
  }
  .title > input,
  .kind {
    float: inline-start;
    margin-block: 0.25rem 0;
    margin-inline: 0 0.75rem;
  }
  .title > input {
    margin-block-start: 0.75rem;
  }
  .kind + div {
    margin-inline-start: 2.75rem;
  }
  input + .kind + div {
    margin-inline-start: 4.5rem;
  }
  .small {
    line-height: 1.3;
  }
  @media (max-width: 44rem) {
    .table [data-label],
    .table .end {
      padding-inline-start: 2.75rem;
    }
    .end button:first-child {
      margin-inline-start: -0.5rem;
    }
    .tools select {
      flex: 1 1 8rem;
    }
    .all {
      inline-size: 100%;
    }
  }
  @media (forced-colors: active) {
    /* Every button has an edge there. */
    .copyable {
      gap: 0.25rem;
    }
  }
`;
