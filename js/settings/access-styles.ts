/** What only the Access page has. */

import { css } from 'lit';

export const accessStyles = css`
  .note {
    margin-block-end: 0.75rem;
  }
  section + section {
    margin-block-start: 1.75rem;
  }
  h2 {
    margin-block-end: 0.5rem;
  }
  h2 + p {
    margin-block: -0.375rem 0.5rem;
  }
  li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
    padding: 0.625rem 1rem;
  }
  li + li {
    border-block-start: 1px solid var(--border);
  }
  .text {
    flex: 1 1 10rem;
  }
  li .number {
    white-space: nowrap;
  }
  .toggle,
  .group div {
    display: flex;
    align-items: center;
  }
  .toggle legend {
    float: inline-start;
    padding-inline-end: 0.625rem;
    color: var(--muted);
    font-weight: 400;
  }
  label {
    position: relative;
  }
  [type='radio'] {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    opacity: 0;
  }
  label span {
    display: grid;
    align-items: center;
    padding-inline: 0.75rem;
    min-block-size: 2rem;
    border: 1px solid var(--edge);
    border-start-start-radius: 6px;
    border-end-start-radius: 6px;
    font-weight: 550;
  }
  label + label span {
    border-inline-start: 0;
    border-radius: 0;
    border-start-end-radius: 6px;
    border-end-end-radius: 6px;
  }
  :focus-visible + span {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }
  .tools {
    column-gap: 1rem;
  }
  .group {
    background: var(--hover);
  }
  .group div {
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
  }
  .group .muted {
    margin-inline-start: 0.25rem;
    font-weight: 400;
  }
  .group .link {
    font-weight: inherit;
  }
  td:first-child {
    padding-inline-start: 3.75rem;
  }
  .what {
    inline-size: 26%;
  }
  .decision {
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
    white-space: nowrap;
  }
  .until {
    display: block;
    padding-inline-start: 1.375rem;
  }
  .reason {
    min-inline-size: 11rem;
    color: var(--muted);
  }
  q {
    font-style: italic;
  }
  @media (max-width: 70rem) {
    .reason {
      min-inline-size: 7rem;
    }
    td:first-child {
      padding-inline-start: 1.5rem;
    }
    .decision {
      white-space: normal;
    }
  }
  @media (max-width: 44rem) {
    td:first-child {
      padding-inline-start: 1rem;
    }
    .reason {
      min-inline-size: 0;
    }
    .revoke {
      margin-inline-start: -0.75rem;
    }
    .group .quiet {
      margin-inline-start: 2rem;
    }
  }
`;
