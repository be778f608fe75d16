/** The page of the loopback host: takes the token out of the address and hands the element a client. */

import { HostClient, type StrongroomSettings } from './index.js';

const kTokenKey = 'strongroom.token';

/** The token stands in the fragment, which browsers never send; from here on it is in this tab's session alone. */
function takeToken(): string | undefined {
  const match = /^#([A-Za-z0-9_-]{43})$/.exec(location.hash);
  if (match?.[1] === undefined) return undefined;
  sessionStorage.setItem(kTokenKey, match[1]);
  history.replaceState(null, '', location.pathname);
  return match[1];
}

const client = new HostClient(location.origin, takeToken() ?? sessionStorage.getItem(kTokenKey) ?? '');
const element = document.querySelector('strongroom-settings') as StrongroomSettings;
element.client = client;

// Opening the link of a new start in this tab changes the fragment only: what was typed stays, and the page goes on.
addEventListener('hashchange', () => {
  const token = takeToken();
  if (token !== undefined) client.useToken(token);
});
