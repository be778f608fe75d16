/** `strongroom/electron`: how renderers, extensions and people reach the core of an Electron app. */
export type { Disposer, TransportRoom } from './caller.js';
export { type DialogLike, electronConsentPrompt, type MessageBoxOptionsLike } from './consent.js';
export { connectExtensionPort, type ExtensionPortOptions, type PortRoom } from './extension-port.js';
export { type IpcMainLike, type IpcOptions, registerStrongroomIpc, type SenderEvent } from './ipc.js';
export type { FrameLike, InvokeEventLike, SenderLike } from './sender.js';
