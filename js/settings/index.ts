/** `strongroom/settings`: importing it defines `<strongroom-settings>`. */
import type { SettingsClient } from './client.js';
import type { SettingsPage, SettingsWorkspace } from './place.js';
import { StrongroomSettings as Element } from './settings.js';

export {
  ClientError,
  type ClientErrorCode,
  type ConnectionState,
  type SettingsClient,
  type SettingsEvents,
} from './client.js';
export { HostClient } from './host-client.js';
export { en, languages, type MessageKey, type Messages, useLanguage, useMessages } from './messages.js';
export type { SettingsPage, SettingsPlace, SettingsWorkspace } from './place.js';

/**
 * `<strongroom-settings>`, as its users see it: what it is made of stays out of the types, which can then be used
 * without Lit. Fires `strongroom-place` with `{page, item}` when the person went to another place.
 */
export interface StrongroomSettings extends HTMLElement {
  /** The way to the core. Nothing is shown before it is set. */
  client: SettingsClient | undefined;
  /** The page that is shown. */
  page: SettingsPage;
  /** What is shown on the page: the id of a connection or secret, or empty. */
  item: string;
  /** The workspace that is open, if any. */
  workspace: SettingsWorkspace | undefined;
  /** The language of the texts: one of `languages`, such as `de` or `de-AT`. For others see `useMessages`. */
  lang: string;
  /** The direction of the text: that of the language, where none is set. */
  dir: string;
}

export const StrongroomSettings: new () => StrongroomSettings = Element;

declare global {
  interface HTMLElementTagNameMap {
    'strongroom-settings': StrongroomSettings;
  }
}
