/** One connection, and the form that makes one. */

import { css } from 'lit';
import { badgeStyles } from './connections-styles.js';
import { tileStyles } from './provider-styles.js';

export const connectionStyles = [
  tileStyles,
  badgeStyles,
  css`
    :host {
      display: block;
    }
    .top {
      display: flex;
      flex-wrap: wrap;
      align-items: flex-start;
      gap: 0.75rem;
      padding: 1rem 1.25rem;
    }
    .top .tile {
      inline-size: 2.5rem;
      block-size: 2.5rem;
      border-radius: 9px;
      font-size: 1.125rem;
    }
    .top .tile img {
      inline-size: 1.625rem;
      block-size: 1.625rem;
    }
    .names {
      flex: 1 1 12rem;
      min-inline-size: 0;
      overflow-wrap: anywhere;
    }
    .names p {
      display: flex;
      flex-wrap: wrap;
      gap: 0.125rem 0.5rem;
    }
    h2:focus {
      outline: none;
    }
    .actions {
      display: flex;
      flex-wrap: wrap;
      gap: 0.375rem;
    }
    .remove:hover {
      color: var(--danger);
    }
    .notes {
      padding-inline: 1.25rem;
    }
    .notes .note {
      margin-block-end: 0.625rem;
    }
    .notes .note > .link {
      margin-block: 0;
      min-block-size: 1.25rem;
    }
    .notes:has(.note) {
      padding-block-end: 0.375rem;
    }
    .notes ul {
      margin: 0.25rem 0 0;
      padding: 0;
      list-style: none;
    }
    .result .muted {
      display: inline-block;
      font-size: 0.8125rem;
    }
    progress {
      display: block;
      inline-size: 100%;
      block-size: 0.5rem;
      margin-block: 0.375rem;
    }
    .section {
      display: grid;
      gap: 1rem;
      padding: 1rem 1.25rem 1.125rem;
      border-block-start: 1px solid var(--border);
    }
    h3 {
      font-size: 0.9375rem;
      font-weight: 650;
    }
    h4 {
      margin: 0 0 0.375rem;
      font-size: 0.8125rem;
      font-weight: 600;
    }
    .heading {
      display: flex;
      flex-wrap: wrap;
      justify-content: space-between;
      gap: 0.25rem 1rem;
    }
    .section .field {
      max-inline-size: 36rem;
    }
    .field .tick {
      display: flex;
      align-items: baseline;
      gap: 0.5rem;
      font-size: inherit;
    }
    .tick input {
      inline-size: 1rem;
      block-size: 1rem;
      flex: none;
      translate: 0 0.125rem;
    }
    .outside {
      display: inline-flex;
      align-items: center;
      gap: 0.3125rem;
      min-block-size: 1.5rem;
      color: var(--accent);
      text-underline-offset: 0.2em;
    }
    .outside .icon {
      inline-size: 0.8125rem;
      block-size: 0.8125rem;
    }
    .options {
      display: flex;
      flex-wrap: wrap;
      gap: 0.5rem;
    }
    .options .option {
      display: inline-flex;
      align-items: center;
      gap: 0.4375rem;
      padding: 0.375rem 0.75rem;
      border: 1px solid var(--edge);
      border-radius: 6px;
      font-weight: 500;
      font-size: inherit;
      cursor: pointer;
      overflow-wrap: anywhere;
    }
    .option input {
      inline-size: 1rem;
      block-size: 1rem;
      margin: 0;
      flex: none;
    }
    .options :has(:checked) {
      border-color: var(--accent);
      background: color-mix(in srgb, var(--accent) 9%, transparent);
    }
    .option:has(:focus-visible) {
      outline: 2px solid var(--focus);
      outline-offset: 2px;
    }
    .option input:focus-visible {
      outline: none;
    }
    footer,
    .bar {
      display: flex;
      flex-wrap: wrap;
      justify-content: flex-end;
      gap: 0.5rem;
    }
    .card > footer {
      padding: 0.75rem 1.25rem;
      border-block-start: 1px solid var(--border);
      background: color-mix(in srgb, var(--text) 2.5%, var(--surface));
    }
    .bar {
      max-inline-size: 36rem;
    }
    .length::before {
      content: '· ';
    }
    .spaced {
      display: block;
      color: var(--warning);
      font-weight: 550;
    }
    .secret {
      display: grid;
      gap: 0.5rem;
      max-inline-size: 36rem;
    }
    .secret.row {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: 0.375rem 1rem;
    }
    .what {
      display: grid;
      min-inline-size: 0;
      overflow-wrap: anywhere;
    }
    .label {
      font-weight: 600;
      font-size: 0.8125rem;
    }
    .label .optional {
      font-weight: 400;
      color: var(--muted);
    }
    .small {
      font-size: 0.8125rem;
    }
    .dots {
      letter-spacing: 0.1em;
    }
    .usage ul {
      list-style: none;
      margin: 0 0 0.375rem;
      padding: 0;
    }
    .usage li {
      display: flex;
      gap: 0.5rem;
      padding-block: 0.25rem;
      overflow-wrap: anywhere;
    }
    .usage li > .icon,
    .usage li > .outcome {
      margin-block-start: 0.125rem;
      color: var(--muted);
    }
    .usage li > div {
      min-inline-size: 0;
    }
    .who {
      font-weight: 600;
    }
    .links {
      display: flex;
      flex-wrap: wrap;
      gap: 0.25rem 1.25rem;
    }
    .outcome .icon {
      margin-inline-end: 0.25rem;
      vertical-align: -0.1875rem;
    }
    .outcome.allowed .icon {
      color: var(--success);
    }
    .outcome.denied .icon,
    .outcome.failed .icon {
      color: var(--danger);
    }
    .going {
      display: grid;
      gap: 0.5rem;
    }
    .going ul {
      margin: 0;
      padding-inline-start: 1.25rem;
    }
    .plain td {
      white-space: pre-wrap;
      vertical-align: top;
    }
    .plain tbody th {
      background: none;
      border-block-start: 1px solid var(--border);
      border-block-end: 0;
      white-space: normal;
      vertical-align: top;
    }
    @media (max-width: 44rem) {
      .plain tbody th {
        display: block;
      }
      .top,
      .section,
      .card > footer {
        padding-inline: 1rem;
      }
      .notes {
        padding-inline: 1rem;
      }
    }
    @media (forced-colors: active) {
      .option:has(:checked) {
        outline: 2px solid Highlight;
      }
      .badge {
        border: 1px solid;
      }
    }
  `,
];
