/** What only the dialog of a secret has. */

import { css } from 'lit';

export const dialogStyles = css`
  fieldset.field {
    gap: 0.5rem;
  }
  .pair {
    display: grid;
    grid-template-columns: minmax(0, 2fr) minmax(0, 3fr) 2rem;
    gap: 0.375rem;
  }
  .add {
    margin-inline-start: -0.5rem;
  }
  .length::before {
    content: '· ';
  }
  .spaced {
    display: block;
    color: var(--warning);
    font-weight: 550;
  }
  h2:focus {
    outline: none;
  }
  .plain td {
    white-space: pre-wrap;
    vertical-align: top;
  }
  .plain tbody th {
    background: none;
    border-block-start: 1px solid var(--border);
    border-block-end: 0;
    vertical-align: top;
  }
  .plain tbody tr:first-child th {
    border-block-start: 0;
  }
  @media (max-width: 44rem) {
    .plain tbody th {
      display: block;
    }
  }
`;
