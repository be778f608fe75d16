/** What only the Access page has. */

import { css } from 'lit';

export const accessStyles = css`
  :host {
    display: block;
  }
  .note {
    margin-block-end: 0.875rem;
  }
  section {
    margin-block-end: 1.75rem;
  }
  section:last-of-type {
    margin-block-end: 0;
  }
  h2 {
    margin-block-end: 0.5rem;
  }
  h2 + p {
    margin-block: -0.375rem 0.5rem;
  }
  .small {
    font-size: 0.8125rem;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .badge,
  .tile {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 2rem;
    block-size: 2rem;
    border-radius: 7px;
    color: var(--accent);
    background: color-mix(in srgb, var(--accent) 11%, transparent);
    overflow: clip;
    font-weight: 650;
  }
  .tile img {
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
  }
  .items {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .items li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
    padding: 0.625rem 1rem;
  }
  .items li + li {
    border-block-start: 1px solid var(--border);
  }
  .items .text {
    flex: 1 1 10rem;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .items .number {
    white-space: nowrap;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: center;
    margin-block-end: 0.75rem;
  }
  .search {
    flex: 1 1 14rem;
    max-inline-size: 26rem;
  }
  .toggle {
    display: flex;
    align-items: center;
  }
  .toggle legend {
    float: inline-start;
    padding-inline-end: 0.625rem;
    color: var(--muted);
    font-weight: 500;
  }
  .toggle label {
    display: inline-grid;
    position: relative;
  }
  .toggle input {
    position: absolute;
    inset: 0;
    block-size: 100%;
    opacity: 0;
    cursor: pointer;
  }
  .toggle span {
    display: grid;
    align-items: center;
    min-block-size: 2rem;
    padding-inline: 0.75rem;
    border: 1px solid var(--edge);
    font-weight: 550;
  }
  .toggle label:first-of-type span {
    border-start-start-radius: 6px;
    border-end-start-radius: 6px;
  }
  .toggle label:last-of-type span {
    border-inline-start: 0;
    border-start-end-radius: 6px;
    border-end-end-radius: 6px;
  }
  .toggle :checked + span {
    color: var(--on-accent);
    background: var(--accent);
    border-color: var(--accent);
  }
  .toggle :focus-visible + span {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
  }
  .table .group th {
    padding-block: 0.5rem;
    border-block: 1px solid var(--border);
    border-block-end: 0;
    font-size: inherit;
    color: inherit;
    white-space: normal;
    overflow-wrap: anywhere;
  }
  .table thead + tbody .group th {
    border-block-start: 0;
  }
  .group th > div {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
    align-items: center;
  }
  .group .text {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.5rem;
    align-items: baseline;
    flex: 1 1 10rem;
    min-inline-size: 0;
  }
  .group .text .muted {
    font-weight: 400;
  }
  .group .link {
    font-weight: inherit;
  }
  .table td:first-child {
    padding-inline-start: 3.75rem;
  }
  td.what {
    inline-size: 26%;
  }
  .actions {
    white-space: nowrap;
  }
  .decision {
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
    white-space: nowrap;
  }
  .decision .icon {
    color: var(--success);
  }
  .decision.deny .icon {
    color: var(--danger);
  }
  .until {
    display: block;
    padding-inline-start: 1.375rem;
  }
  .reason {
    color: var(--muted);
    min-inline-size: 11rem;
  }
  q {
    font-style: italic;
  }
  .revoke:hover {
    color: var(--danger);
  }
  @media (max-width: 70rem) {
    .reason {
      min-inline-size: 7rem;
    }
    .table td:first-child {
      padding-inline-start: 1.5rem;
    }
    .decision {
      white-space: normal;
    }
  }
  @media (max-width: 44rem) {
    .table .group,
    .table .group th {
      display: block;
    }
    .table td:first-child,
    .table td[data-label],
    .table td.actions {
      inline-size: auto;
      min-inline-size: 0;
      padding-inline-start: 1rem;
    }
    .table td.actions {
      text-align: start;
    }
    .revoke {
      margin-inline-start: -0.75rem;
    }
    .group button.quiet {
      margin-inline-start: 2rem;
    }
  }
  @media (forced-colors: active) {
    .toggle :checked + span {
      forced-color-adjust: none;
      color: HighlightText;
      background: Highlight;
    }
  }
`;
