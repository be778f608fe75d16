/** What only the dialog of a secret has. */

import { css } from 'lit';

export const dialogStyles = css`
  fieldset {
    gap: 0.5rem;
  }
  .two {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr));
    gap: 1rem;
  }
  .pair {
    display: grid;
    grid-template-columns: 2fr 3fr 2rem;
    gap: 0.375rem;
  }
  .add {
    margin-inline-start: -0.5rem;
  }
`;
