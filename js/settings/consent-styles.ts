/** What only the dialog that asks for consent has. */

import { css } from 'lit';

export const consentStyles = css`
  .body {
    outline-offset: -2px;
  }
  header h2 {
    flex: 1;
  }
  .queue {
    padding: 0.125rem 0.5rem;
    border-radius: 1rem;
    font-size: 0.75rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    background: color-mix(in srgb, var(--text) 8%, transparent);
  }
  .who,
  .for {
    display: flex;
    gap: 0.75rem;
    align-items: flex-start;
    overflow-wrap: anywhere;
  }
  .for {
    padding: 0.625rem 0.75rem;
    border: 1px solid var(--border);
    border-radius: var(--radius);
  }
  .badge,
  .tile {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 2.25rem;
    block-size: 2.25rem;
    border-radius: 8px;
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
  .name {
    font-weight: 650;
    line-height: 1.3;
  }
  .who .name {
    font-size: 1.0625rem;
  }
  .wants {
    margin-block-end: 0.375rem;
  }
  .small {
    font-size: 0.8125rem;
  }
  section {
    display: grid;
    gap: 0.375rem;
  }
  h3 {
    font-size: 0.8125rem;
    font-weight: 600;
  }
  blockquote {
    margin: 0;
    padding: 0.375rem 0.75rem;
    border-inline-start: 3px solid var(--edge);
    max-block-size: 8rem;
    overflow: auto;
    overflow-wrap: anywhere;
    font-style: italic;
    background: color-mix(in srgb, var(--text) 3.5%, transparent);
  }
  .origins {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    gap: 0.25rem;
  }
  dialog footer {
    display: grid;
    gap: 0.25rem 1rem;
    grid-template-columns: 1fr auto;
    align-items: baseline;
  }
  .expiry {
    font-size: 0.8125rem;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    order: 1;
  }
  .choices {
    grid-column: 1 / -1;
    order: 2;
    display: grid;
    grid-template-columns: repeat(4, 1fr);
    gap: 0.5rem;
    margin-block-start: 0.375rem;
  }
  .choices button {
    padding-inline: 0.5rem;
    text-align: center;
  }
  .choices .allow {
    border-color: var(--accent);
    color: var(--accent);
  }
  @media (max-width: 30rem) {
    dialog footer {
      grid-template-columns: 1fr;
    }
    .choices {
      grid-template-columns: 1fr 1fr;
    }
    .choices button {
      padding-inline: 0.25rem;
    }
    .expiry {
      order: 0;
    }
  }
  @media (max-height: 20rem) {
    dialog[open] {
      overflow: auto;
    }
    .body {
      overflow: visible;
      flex: none;
    }
  }
`;
