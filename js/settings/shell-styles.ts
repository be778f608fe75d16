/** The frame: navigation beside the page, above it where the window is narrow. */

import { css } from 'lit';

export const shell = css`
  :host {
    display: block;
    background: var(--bg);
  }
  .shell {
    display: grid;
    grid-template-columns: 13.5rem minmax(0, 1fr);
    min-block-size: 100dvh;
  }
  header {
    display: flex;
    flex-direction: column;
    gap: 1.25rem;
    padding: 1.125rem 0.75rem;
    border-inline-end: 1px solid var(--border);
    position: sticky;
    inset-block-start: 0;
    block-size: 100dvh;
    overflow: auto;
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 0.625rem;
    padding-inline: 0.5rem;
    font-size: 1rem;
    font-weight: 650;
    letter-spacing: -0.01em;
  }
  .mark {
    inline-size: 1.75rem;
    block-size: 1.75rem;
    flex: none;
  }
  .mark .plate {
    fill: var(--accent);
  }
  .mark .wheel {
    fill: none;
    stroke: var(--on-accent);
    stroke-width: 2;
    stroke-linecap: round;
  }
  .mark .hub {
    fill: var(--on-accent);
  }
  nav ul {
    list-style: none;
    margin: 0;
    padding: 0;
    display: grid;
    gap: 0.125rem;
  }
  nav button {
    inline-size: 100%;
    justify-content: flex-start;
    gap: 0.625rem;
    border-color: transparent;
    background: transparent;
    color: var(--muted);
    padding-inline: 0.625rem;
  }
  nav button:hover {
    background: var(--hover);
    color: var(--text);
  }
  nav button[aria-current='page'] {
    color: var(--text);
    font-weight: 650;
    background: color-mix(in srgb, var(--accent) 13%, transparent);
  }
  nav button[aria-current='page'] .icon {
    color: var(--accent);
  }
  .status {
    margin-block-start: auto;
    padding: 0.625rem;
    font-size: 0.8125rem;
  }
  .status .name {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    font-weight: 600;
  }
  .status .muted {
    padding-inline-start: 1rem;
    line-height: 1.35;
  }
  .dot {
    inline-size: 0.5rem;
    block-size: 0.5rem;
    flex: none;
    border-radius: 50%;
    background: var(--muted);
  }
  .unlocked .dot {
    background: var(--success);
  }
  .locked .dot {
    background: var(--warning);
  }
  .key-missing .dot {
    background: var(--danger);
  }
  main {
    inline-size: 100%;
    max-inline-size: 76rem;
    margin-inline: auto;
    padding: 1.5rem 2rem 4.5rem;
  }
  .banners {
    display: grid;
    gap: 0.625rem;
  }
  .banners:has(> *) {
    margin-block-end: 1.25rem;
  }
  .toast {
    position: fixed;
    inset-block-end: 1.25rem;
    inset-inline: 1rem;
    display: grid;
    justify-items: center;
    pointer-events: none;
  }
  .toast p {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    max-inline-size: 36rem;
    padding: 0.5rem 0.875rem;
    border-radius: var(--radius);
    border: 1px solid transparent;
    color: var(--bg);
    background: var(--text);
    box-shadow: var(--shadow);
    overflow-wrap: anywhere;
    animation: rise 160ms ease-out;
  }
  @keyframes rise {
    from {
      translate: 0 0.5rem;
      opacity: 0;
    }
  }
  @media (max-width: 56rem) {
    .shell {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: auto 1fr;
    }
    header {
      position: static;
      block-size: auto;
      flex-direction: row;
      flex-wrap: wrap;
      align-items: center;
      gap: 0.25rem 1rem;
      padding: 0.75rem 1rem 0;
      border-inline-end: 0;
      border-block-end: 1px solid var(--border);
    }
    .brand {
      padding-inline: 0;
    }
    nav {
      order: 3;
      flex: 1 0 100%;
      overflow-x: auto;
    }
    nav ul {
      display: flex;
      gap: 0.25rem;
    }
    nav button {
      border-radius: 6px 6px 0 0;
      border-block-end: 2px solid transparent;
    }
    nav button:focus-visible {
      outline-offset: -2px;
    }
    nav button[aria-current='page'] {
      background: transparent;
      border-block-end-color: var(--accent);
    }
    @media (max-width: 30rem) {
      nav ul {
        flex-wrap: wrap;
        gap: 0;
      }
      nav button {
        padding-inline: 0.3125rem;
        font-size: 0.8125rem;
      }
      nav .icon {
        display: none;
      }
    }
    .status {
      margin: 0;
      margin-inline-start: auto;
      padding: 0;
    }
    .status .muted {
      display: none;
    }
    main {
      padding: 1.25rem 1rem 4.5rem;
    }
  }
  @media (forced-colors: active) {
    nav button[aria-current='page'] {
      forced-color-adjust: none;
      color: HighlightText;
      background: Highlight;
      border-color: Highlight;
    }
    nav button[aria-current='page'] .icon {
      color: inherit;
    }
    .dot {
      forced-color-adjust: none;
      background: CanvasText;
    }
    .mark .wheel {
      stroke: Canvas;
    }
    .mark .plate {
      fill: CanvasText;
    }
    .mark .hub {
      fill: Canvas;
    }
  }
`;
