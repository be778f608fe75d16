/**
 * The page of the loopback host: takes the token out of the address and hands the element a client.
 *
 * `/?page=audit` and `/?page=connections&item=con_…` lead to a place. The address itself stays `/`, and the place is in
 * the state of the browser's history: so the link of a new start of the host, opened in this tab, changes nothing but
 * the fragment, and what was typed stays.
 */

import { HostClient, languages, type SettingsPage, type SettingsPlace, type StrongroomSettings } from './index.js';

const kTokenKey = 'strongroom.token';

const element = document.querySelector('strongroom-settings') as StrongroomSettings;

function here(): SettingsPlace {
  return { page: element.page, item: element.item };
}

/** The token stands in the fragment, which browsers never send; from here on it is in this tab's session alone. */
function takeToken(): string | undefined {
  const match = /^#([A-Za-z0-9_-]{43})$/.exec(location.hash);
  if (match?.[1] === undefined) return undefined;
  sessionStorage.setItem(kTokenKey, match[1]);
  history.replaceState(here(), '', location.pathname);
  return match[1];
}

function show(place: SettingsPlace): void {
  element.page = place.page;
  element.item = place.item;
}

const asked = new URLSearchParams(location.search);
if (asked.has('page')) show({ page: asked.get('page') as SettingsPage, item: asked.get('item') ?? '' });
else if (history.state !== null) show(history.state as SettingsPlace);
const token = takeToken() ?? sessionStorage.getItem(kTokenKey) ?? '';
history.replaceState(here(), '', location.pathname);

const workspace = document.querySelector<HTMLMetaElement>('meta[name="strongroom-workspace"]');
if (workspace !== null) element.workspace = { id: workspace.dataset.id ?? '', name: workspace.content };
element.addEventListener('strongroom-place', () => {
  const before = history.state as SettingsPlace | null;
  const { page, item } = here();
  // Looking through a list is no way that one goes back step by step.
  const aside = before?.page === page && before.item.startsWith('con_') && item.startsWith('con_');
  if (aside || (before?.page === page && before.item === item)) history.replaceState(here(), '', location.pathname);
  else history.pushState(here(), '', location.pathname);
});
addEventListener('popstate', ({ state }) => {
  if (state !== null) show(state as SettingsPlace);
});

const language = navigator.languages.find((tag) => languages.includes(tag.split('-')[0]?.toLowerCase() ?? ''));
if (language !== undefined) {
  element.lang = language;
  document.documentElement.lang = language;
}

const client = new HostClient(location.origin, token);
element.client = client;

// Opening the link of a new start in this tab changes the fragment only: what was typed stays, and the page goes on.
addEventListener('hashchange', () => {
  const token = takeToken();
  if (token !== undefined) client.useToken(token);
});
