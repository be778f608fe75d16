/** Places in the element: its pages, and what is shown on them. */

/** The name of a page of the element. */
export type SettingsPage = 'connections' | 'secrets' | 'access' | 'audit';

/** A page and, where one is meant, what is shown on it: the id of a connection or secret. */
export interface SettingsPlace {
  readonly page: SettingsPage;
  readonly item: string;
}

/** The workspace (project, folder, team) that the app has open: connections can be for it alone. */
export interface SettingsWorkspace {
  readonly id: string;
  readonly name: string;
}

/** Asks the shell for another place: fires `strongroom-go`, however deep below it. */
export function goTo(from: EventTarget, page: SettingsPage, item = ''): void {
  const detail: SettingsPlace = { page, item };
  from.dispatchEvent(new CustomEvent('strongroom-go', { detail, bubbles: true, composed: true }));
}
