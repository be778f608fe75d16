/** One connection, and the form that makes one. */

import { css } from 'lit';
import { badgeStyles } from './connections-styles.js';
import { tileStyles } from './provider-styles.js';

export const connectionStyles = [
  tileStyles,
  badgeStyles,
  css`
    .top,
    .heading,
    .bar,
    .actions,
    .options,
    .links,
    .names p,
    .secret.row {
      display: flex;
      flex-wrap: wrap;
      gap: 0.375rem 0.5rem;
    }
    .top,
    .section {
      padding: 1rem 1.25rem;
    }
    .top {
      align-items: start;
    }
    .top .tile {
      margin-inline-end: 0.25rem;
      zoom: 1.25;
    }
    .names {
      flex: 1 1 12rem;
    }
    .notes .note {
      margin: 0 1.25rem 0.625rem;
    }
    .note > .link {
      margin-block: 0;
      min-block-size: 1.25rem;
    }
    .result .muted {
      display: inline-block;
      font-size: 0.8125rem;
    }
    progress {
      margin-block: 0.375rem;
    }
    .section {
      display: grid;
      gap: 1rem;
      border-block-start: 1px solid var(--border);
    }
    h3 {
      font-size: 0.9375rem;
      font-weight: 650;
    }
    h4 {
      margin-block-end: 0.375rem;
      font-size: 0.8125rem;
      font-weight: 600;
    }
    .heading,
    .secret.row {
      align-items: center;
      justify-content: space-between;
    }
    .field,
    .bar,
    .secret {
      max-inline-size: 36rem;
    }
    .bar {
      justify-content: flex-end;
    }
    .field .tick,
    .field .option {
      display: flex;
      align-items: center;
      gap: 0.5rem;
      font-size: inherit;
    }
    .outside {
      display: inline-flex;
      align-items: center;
      gap: 0.25rem;
      min-block-size: 1.5rem;
      color: var(--accent);
    }
    .outside .icon {
      zoom: 0.8;
    }
    .field .option {
      padding: 0.375rem 0.75rem;
      border: 1px solid var(--edge);
      border-radius: 6px;
      font-weight: 400;
      cursor: pointer;
    }
    .option:has(:checked) {
      border-color: var(--accent);
      background: var(--tint);
    }
    .option:has(:focus-visible) {
      outline: 2px solid var(--focus);
      outline-offset: 2px;
    }
    .option :focus-visible {
      outline: none;
    }
    form.secret {
      display: grid;
      gap: 0.5rem;
    }
    .what {
      display: grid;
    }
    .dots {
      letter-spacing: 0.1em;
    }
    .usage ul {
      margin-block-end: 0.375rem;
    }
    .usage li {
      display: flex;
      gap: 0.5rem;
      padding-block: 0.25rem;
    }
    li > .icon,
    li > .outcome {
      margin-block-start: 0.125rem;
      color: var(--muted);
    }
    .who {
      font-weight: 600;
    }
    .links {
      column-gap: 1.25rem;
    }
    .outcome .icon {
      margin-inline-end: 0.25rem;
      vertical-align: -0.1875rem;
    }
    @media (max-width: 44rem) {
      .top,
      .section,
      footer {
        padding-inline: 1rem;
      }
      .notes .note {
        margin-inline: 1rem;
      }
    }
    @media (forced-colors: active) {
      .option:has(:checked) {
        outline: 2px solid Highlight;
      }
    }
  `,
];
