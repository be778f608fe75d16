/** `strongroom/settings`: importing it defines `<strongroom-settings>`. */

export {
  ClientError,
  type ClientErrorCode,
  type ConnectionState,
  type SettingsClient,
  type SettingsEvents,
} from './client.js';
export { HostClient } from './host-client.js';
export { en, type MessageKey, type Messages, useMessages } from './messages.js';
export { type SettingsPage, StrongroomSettings } from './settings.js';
