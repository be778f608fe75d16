/** The tile of a service, and the cards to choose one from. */

import { css } from 'lit';

export const tileStyles = css`
  .tile {
    flex: none;
    display: grid;
    place-items: center;
    inline-size: 2rem;
    block-size: 2rem;
    border-radius: 7px;
    font-weight: 650;
    color: var(--accent);
    background: color-mix(in srgb, var(--accent) 11%, transparent);
    overflow: hidden;
  }
  .tile:has(img) {
    background: color-mix(in srgb, var(--text) 6%, transparent);
  }
  .tile img {
    inline-size: 1.25rem;
    block-size: 1.25rem;
    object-fit: contain;
  }
`;

export const providerStyles = [
  tileStyles,
  css`
    :host {
      display: block;
    }
    ul {
      list-style: none;
      margin: 0;
      padding: 0;
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(min(15.5rem, 100%), 1fr));
      gap: 0.75rem;
    }
    li {
      display: grid;
    }
    button {
      display: grid;
      align-content: start;
      justify-content: stretch;
      gap: 0.625rem;
      padding: 0.875rem;
      border-color: var(--border);
      border-radius: var(--radius);
      font-weight: 400;
    }
    button:hover {
      border-color: var(--accent);
      background: color-mix(in srgb, var(--accent) 5%, var(--surface));
    }
    .line {
      display: flex;
      align-items: center;
      gap: 0.75rem;
      min-inline-size: 0;
    }
    .name {
      font-weight: 650;
      overflow-wrap: anywhere;
    }
    .about {
      display: grid;
      gap: 0.25rem;
      overflow-wrap: anywhere;
    }
    .description {
      display: -webkit-box;
      -webkit-box-orient: vertical;
      -webkit-line-clamp: 3;
      overflow: hidden;
    }
    .needs {
      font-size: 0.8125rem;
      color: var(--muted);
    }
  `,
];
