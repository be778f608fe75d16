/** The frame: navigation beside the page, above it where the window is narrow. */

import { css } from 'lit';

export const shell = css`
  :host {
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
    block-size: 100dvh;
    border-inline-end: 1px solid var(--border);
    position: sticky;
    inset-block-start: 0;
    overflow: auto;
  }
  .brand,
  .name,
  .toast p {
    display: flex;
    align-items: center;
    gap: 0.5rem;
  }
  .brand {
    padding-inline: 0.5rem;
    font-size: 1rem;
    font-weight: 650;
  }
  .mark {
    inline-size: 1.75rem;
    block-size: 1.75rem;
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 2;
    stroke-linecap: round;
    color: var(--on-accent);
  }
  .mark rect {
    fill: var(--accent);
    stroke: none;
  }
  nav ul {
    display: grid;
    gap: 0.125rem;
  }
  nav button {
    justify-content: start;
    gap: 0.625rem;
    padding-inline: 0.625rem;
    inline-size: 100%;
    border-color: transparent;
    color: var(--muted);
    background: none;
  }
  nav button:hover {
    color: var(--text);
    background: var(--hover);
  }
  nav [aria-current] {
    color: var(--text);
    background: var(--tint);
    font-weight: 650;
  }
  [aria-current] .icon {
    color: var(--accent);
  }
  .status {
    margin-block-start: auto;
    padding: 0.625rem;
    font-size: 0.8125rem;
  }
  .name {
    font-weight: 600;
  }
  .status .muted {
    padding-inline-start: 1rem;
  }
  .dot {
    inline-size: 0.5rem;
    block-size: 0.5rem;
    flex: none;
    border-radius: 1rem;
    background: var(--tone, var(--muted));
  }
  .unlocked {
    --tone: var(--success);
  }
  .locked {
    --tone: var(--warning);
  }
  .key-missing {
    --tone: var(--danger);
  }
  main {
    margin-inline: auto;
    padding: 1.5rem 2rem 4.5rem;
    inline-size: 100%;
    max-inline-size: 76rem;
  }
  .banners .note {
    margin-block-end: 0.625rem;
  }
  .banners :last-child {
    margin-block-end: 1.25rem;
  }
  .toast {
    display: grid;
    justify-items: center;
    position: fixed;
    inset-block-end: 1.25rem;
    inset-inline: 1rem;
    pointer-events: none;
  }
  .toast p {
    padding: 0.5rem 0.75rem;
    max-inline-size: 36rem;
    border: 1px solid transparent;
    border-radius: 6px;
    color: var(--bg);
    background: var(--text);
    box-shadow: var(--shadow);
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
      flex-flow: wrap;
      align-items: center;
      gap: 0.25rem 1rem;
      padding: 0.75rem 1rem 0;
      block-size: auto;
      border: 0;
      border-block-end: 1px solid var(--border);
      position: static;
    }
    .brand {
      padding: 0;
    }
    nav {
      order: 1;
      flex: 1 0 100%;
      overflow-x: auto;
    }
    nav ul {
      display: flex;
      gap: 0.25rem;
    }
    nav button {
      border-radius: 0;
      border-block-end: 2px solid transparent;
      outline-offset: -2px !important;
    }
    nav [aria-current] {
      border-block-end-color: var(--accent);
      background: none;
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
  @media (forced-colors: active) {
    [aria-current] .icon {
      color: inherit;
    }
    .dot {
      forced-color-adjust: none;
      background: CanvasText;
    }
    .mark {
      color: Canvas;
    }
    .mark rect {
      fill: CanvasText;
    }
  }
`;
