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
    background: var(--shade);
    font-size: 0.75rem;
    font-weight: 600;
  }
  .who,
  .for {
    display: flex;
    gap: 0.75rem;
  }
  .for {
    margin-block-start: 0.375rem;
    padding: 0.625rem 0.75rem;
    border: 1px solid var(--border);
    border-radius: 6px;
  }
  .tile {
    zoom: 1.125;
  }
  .name {
    font-weight: 650;
    line-height: 1.25;
  }
  .who .name {
    font-size: 1.0625rem;
  }
  section {
    display: grid;
    gap: 0.375rem;
  }
  h3,
  .expiry {
    font-size: 0.8125rem;
    font-weight: 600;
  }
  blockquote {
    padding: 0.375rem 0.75rem;
    max-block-size: 8rem;
    border-inline-start: 3px solid var(--edge);
    background: var(--hover);
    font-style: italic;
    overflow: auto;
  }
  footer {
    display: grid;
    grid-template-columns: 1fr auto;
    align-items: baseline;
    gap: 0.25rem 1rem;
  }
  .expiry,
  .choices {
    order: 1;
  }
  .choices {
    display: grid;
    grid-template-columns: repeat(4, 1fr);
    grid-column: 1 / -1;
    gap: 0.5rem;
    margin-block-start: 0.375rem;
  }
  .choices button {
    padding-inline: 0.25rem;
    text-align: center;
  }
  .allow {
    border-color: var(--accent);
    color: var(--accent);
  }
  @media (max-width: 30rem) {
    footer {
      grid-template-columns: 1fr;
    }
    .choices {
      grid-template-columns: 1fr 1fr;
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
