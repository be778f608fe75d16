/** `strongroom/settings`: importing it defines `<strongroom-settings>`. */
import type { SettingsClient } from './client.js';
import { StrongroomSettings as Element } from './settings.js';

export {
  ClientError,
  type ClientErrorCode,
  type ConnectionState,
  type SettingsClient,
  type SettingsEvents,
} from './client.js';
export { HostClient } from './host-client.js';
export { en, type MessageKey, type Messages, useLanguage, useMessages } from './messages.js';

/** The name of a page of the element. */
export type SettingsPage = 'secrets' | 'audit';

/**
 * `<strongroom-settings>`, as its users see it: what it is made of stays out of the types, which can then be used
 * without Lit.
 */
export interface StrongroomSettings extends HTMLElement {
  /** The way to the core. Nothing is shown before it is set. */
  client: SettingsClient | undefined;
  /** The page that is shown. */
  page: SettingsPage;
}

export const StrongroomSettings: new () => StrongroomSettings = Element;

declare global {
  interface HTMLElementTagNameMap {
    'strongroom-settings': StrongroomSettings;
  }
}
