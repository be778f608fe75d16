/** The tile of a service, and the cards to choose one from. */

import { css } from 'lit';

export const tileStyles = css`
  .tile:has(img) {
    padding: 0.375rem;
    background: var(--shade);
  }
`;

export const offerStyles = css`
  .offers {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(15.5rem, 100%), 1fr));
    gap: 0.75rem;
  }
  .offer {
    display: grid;
    align-content: start;
    justify-content: stretch;
    gap: 0.625rem;
    padding: 0.875rem;
    inline-size: 100%;
    block-size: 100%;
    border-color: var(--border);
    font-weight: 400;
    overflow-wrap: anywhere;
  }
  .offer:hover {
    border-color: var(--accent);
    background: color-mix(in srgb, var(--accent) 8%, var(--surface));
  }
  .line {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    font-weight: 650;
  }
  .about {
    display: grid;
    gap: 0.25rem;
  }
  .description {
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 3;
    overflow: hidden;
  }
`;
