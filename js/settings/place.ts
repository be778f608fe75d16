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

/** Fires `strongroom-<name>` for the shell, however deep below it. */
export function askShell(from: EventTarget, name: 'go' | 'message', detail: SettingsPlace | string): void {
  from.dispatchEvent(new CustomEvent(`strongroom-${name}`, { detail, bubbles: true, composed: true }));
}

/** Asks the shell for another place. */
export function goTo(from: EventTarget, page: SettingsPage, item = ''): void {
  askShell(from, 'go', { page, item });
}
