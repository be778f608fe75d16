/**
 * `strongroom/preload`: gives a page its way to the main process, and nothing else of Electron.
 *
 * Runs in sandboxed preload scripts: built as one CommonJS file that requires nothing.
 */
import { CHANNELS } from '../../contracts/generated/channels.js';
import type { Channel, Envelope, ErrorInfo, RequestOf, ResponseOf, StrongroomEvent } from '../../contracts/index.js';

/** Of Electron's `contextBridge`. */
export interface ContextBridgeLike {
  exposeInMainWorld(key: string, api: unknown): void;
}

/** Of Electron's `ipcRenderer`. */
export interface IpcRendererLike {
  invoke(channel: string, payload: unknown): Promise<unknown>;
  on(channel: string, listener: (event: unknown, message: unknown) => void): unknown;
  removeListener(channel: string, listener: (event: unknown, message: unknown) => void): unknown;
}

/**
 * What `invoke` rejects with. A plain object: an Error that crosses the context bridge loses everything but its message.
 */
export interface BridgeError extends ErrorInfo {
  readonly name: 'StrongroomError';
}

/** What a page finds at `window.strongroom`. It is the `client` of `<strongroom-settings>`. */
export interface StrongroomBridge {
  /** Resolves with the channel's answer, rejects with a {@link BridgeError}. */
  invoke<C extends Channel>(channel: C, payload: RequestOf<C>): Promise<ResponseOf<C>>;
  /** Listens until the returned function is called. There is nothing to hear of types that the core does not know. */
  on<T extends StrongroomEvent['type']>(
    type: T,
    listener: (event: Extract<StrongroomEvent, { type: T }>) => void,
  ): () => void;
}

export interface ExposeOptions {
  readonly contextBridge: ContextBridgeLike;
  readonly ipcRenderer: IpcRendererLike;
  /** The global name in the page. Default `strongroom`. */
  readonly key?: string;
}

type Listener = (event: unknown) => void;

const EVENTS = 'strongroom:event';
const EVENT_TYPES: readonly unknown[] = ['changed', 'consent', 'lock', 'progress'] satisfies StrongroomEvent['type'][];

function failure(error: ErrorInfo): BridgeError {
  const { code, message, detail, issues } = error;
  return { name: 'StrongroomError', code, message, ...(detail && { detail }), ...(issues && { issues }) };
}

function isEnvelope(answer: unknown): answer is Envelope<unknown> {
  if (typeof answer !== 'object' || answer === null) return false;
  const { ok, error } = answer as { ok?: unknown; error?: unknown };
  return ok === true || (ok === false && typeof error === 'object' && error !== null);
}

/**
 * Exposes one frozen object with `invoke` and `on` in the page. Only the channels of the contract can be asked, and
 * neither `ipcRenderer` nor its events get to the page. Needs context isolation.
 *
 * @example
 * // preload.ts
 * exposeStrongroom({ contextBridge, ipcRenderer });
 */
export function exposeStrongroom({ contextBridge, ipcRenderer, key = 'strongroom' }: ExposeOptions): void {
  const channels: ReadonlySet<unknown> = new Set(CHANNELS);
  const listeners = new Map<unknown, Set<{ readonly call: Listener }>>();

  const invoke = async (channel: unknown, payload: unknown): Promise<unknown> => {
    if (!channels.has(channel)) throw failure({ code: 'UNKNOWN_CHANNEL', message: 'there is no such channel' });
    let answer: unknown;
    try {
      answer = await ipcRenderer.invoke(`strongroom:${channel}`, payload);
    } catch {
      // Nobody handles the channel, or the payload cannot be cloned: what is thrown may quote it.
      throw failure({ code: 'CLOSED', message: 'the request did not get to the main process, or it ended' });
    }
    if (!isEnvelope(answer)) throw failure({ code: 'INTERNAL', message: 'the main process gave no proper answer' });
    if (!answer.ok) throw failure(answer.error);
    return answer.value;
  };

  const receive = (_event: unknown, message: unknown): void => {
    const type = (message as { type?: unknown } | null | undefined)?.type;
    for (const { call } of [...(listeners.get(type) ?? [])]) {
      try {
        call(message);
      } catch (error) {
        // The page's own failure: it is reported there, and keeps none of the others from running.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  };

  const on = (type: unknown, listener: unknown): (() => void) => {
    if (typeof listener !== 'function') throw new TypeError('on() needs the type of an event and a function');
    if (!EVENT_TYPES.includes(type)) return () => undefined;
    if (listeners.size === 0) ipcRenderer.on(EVENTS, receive);
    const entry = { call: listener as Listener };
    const ofType = listeners.get(type) ?? new Set();
    listeners.set(type, ofType.add(entry));
    return () => {
      ofType.delete(entry);
      if (ofType.size > 0 || listeners.get(type) !== ofType) return;
      listeners.delete(type);
      if (listeners.size === 0) ipcRenderer.removeListener(EVENTS, receive);
    };
  };

  contextBridge.exposeInMainWorld(key, Object.freeze({ invoke, on }));
}
