/** The Connections page: the list and what stands beside it. */

import { css } from 'lit';
import { offerStyles, tileStyles } from './provider-styles.js';

export const badgeStyles = css`
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 0.25rem;
    max-inline-size: 100%;
    padding: 0 0.5rem;
    border-radius: 1rem;
    background: var(--shade);
    color: var(--muted);
    font-size: 0.75rem;
    line-height: 1.25rem;
  }
  .badge .icon {
    inline-size: 0.75rem;
    block-size: 0.75rem;
  }
`;

export const connectionsStyles = [
  tileStyles,
  offerStyles,
  badgeStyles,
  css`
    .panes {
      display: grid;
      grid-template-columns: minmax(16rem, 21rem) minmax(0, 1fr);
      gap: 1rem;
      align-items: start;
    }
    .panes.alone {
      grid-template-columns: minmax(0, 1fr);
    }
    .list {
      position: sticky;
      inset-block-start: 1rem;
      display: flex;
      flex-direction: column;
      max-block-size: max(20rem, 100dvh - 8.5rem);
      min-block-size: min(24rem, 100dvh - 9rem);
    }
    .tools {
      display: grid;
      grid-template-columns: 1fr 1fr;
      margin: 0;
      padding: 0.625rem;
      border-block-end: 1px solid var(--border);
    }
    .tools .search {
      grid-column: 1 / -1;
      max-inline-size: none;
    }
    .rows {
      flex: 1;
      overflow: auto;
      overflow-anchor: none;
      contain: layout paint;
    }
    .rows:focus-visible {
      outline-offset: -2px;
    }
    .rows[aria-hidden] {
      pointer-events: none;
    }
    .row {
      display: flex;
      align-items: center;
      gap: 0.625rem;
      padding: 0.4375rem 0.75rem;
      border-block-end: 1px solid var(--border);
      cursor: pointer;
    }
    .row:last-child {
      border: 0;
    }
    .row:hover {
      background: var(--hover);
    }
    .row[aria-selected='true'] {
      background: var(--tint);
    }
    [aria-selected='true'] .badge {
      color: var(--text);
    }
    .rows:focus-visible .row.active {
      box-shadow: inset 0.1875rem 0 var(--accent);
    }
    :host(:dir(rtl)) .rows:focus-visible .row.active {
      box-shadow: inset -0.1875rem 0 var(--accent);
    }
    .text {
      flex: 1;
    }
    .name,
    .under bdi {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .name {
      display: block;
      font-weight: 600;
    }
    .under {
      display: flex;
      gap: 0.375rem;
      font-size: 0.8125rem;
      color: var(--muted);
    }
    .under .badge {
      flex: none;
      max-inline-size: 60%;
    }
    .mark {
      color: var(--tone, var(--warning));
    }
    .unsaved {
      --tone: var(--accent);
    }
    .count {
      padding: 0.4375rem 0.75rem;
      border-block-start: 1px solid var(--border);
      font-size: 0.8125rem;
      color: var(--muted);
    }
    .list .none {
      flex: 1;
      align-content: center;
    }
    .pick {
      min-block-size: min(24rem, 100dvh - 9rem);
      align-content: center;
    }
    .picking {
      display: grid;
      gap: 0.875rem;
    }
    .back,
    .alone .back {
      display: none;
      margin-block-end: 0.75rem;
    }
    .back .chevron {
      color: inherit;
      rotate: 180deg;
    }
    :host(:dir(rtl)) .back .chevron {
      rotate: 0deg;
    }
    @media (max-width: 64rem) {
      .panes {
        grid-template-columns: minmax(0, 1fr);
      }
      .panes.chosen .list,
      .panes:not(.chosen, .alone) .shown {
        display: none;
      }
      .back {
        display: inline-flex;
      }
      .head.chosen p,
      .head.chosen .add {
        display: none;
      }
      .list {
        position: static;
        max-block-size: none;
        min-block-size: 0;
      }
      .rows {
        overflow: visible;
        contain: none;
      }
    }
    @media (forced-colors: active) {
      [aria-selected='true'] *,
      [aria-selected='true'] .badge {
        color: inherit;
        background: none;
      }
    }
  `,
];
