/** `strongroom/extension`: for an extension's process or thread. Loads no addon. */
export type * from '../../contracts/index.js';
export { StrongroomError } from '../main/errors.js';
export { defineProvider, type ProviderDefinition } from '../providers/define-provider.js';
export { connectStrongroom, type ExtensionChannel, type StrongroomClient } from './client.js';
export type { BrokerResponse, FetchInit } from './fetch.js';
export type { BrowserPort, EmitterPort, Port } from './port.js';
export type { AnswerMessage, EventMessage, ExtensionEvent, RequestMessage } from './protocol.js';
