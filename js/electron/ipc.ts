import { CHANNELS } from '../../contracts/generated/channels.js';
import type { Caller, Envelope, StrongroomEvent } from '../../contracts/index.js';
import { isObject } from '../main/arguments.js';
import { StrongroomError } from '../main/errors.js';
import { ask, type Disposer, disposer, outsideCaller, refusal, type TransportRoom } from './caller.js';
import { type InvokeEventLike, refusalOf, type SenderLike, settingsOriginOf } from './sender.js';

/** Of Electron's `ipcMain`, for events `E`. */
export interface IpcMainLike<E extends InvokeEventLike> {
  handle(channel: string, listener: (event: E, payload: unknown) => Promise<Envelope<unknown>>): void;
  removeHandler(channel: string): void;
}

/** What tells who a sender is: `event.sender` is its WebContents, `event.senderFrame` its top frame. */
export type SenderEvent<E extends InvokeEventLike> = Pick<E, 'sender' | 'senderFrame'>;

export interface IpcOptions<E extends InvokeEventLike> {
  readonly ipcMain: IpcMainLike<E>;
  readonly room: TransportRoom;
  /**
   * The only origin that is answered, such as `app://settings`. Needed without `callerOf`: then whoever has it is the
   * Settings page.
   */
  readonly settingsOrigin?: string;
  /**
   * Who a sender is, or undefined if it is nobody. It is asked for each message and for each event; what it says counts
   * only for the top frame of a live page (of `settingsOrigin`, if that is given), and never with the role `core`.
   */
  readonly callerOf?: (event: SenderEvent<E>) => Caller | undefined;
}

const EVENTS = 'strongroom:event';
const EVENT_TYPES = ['changed', 'consent', 'lock', 'progress'] as const satisfies readonly StrongroomEvent['type'][];
const SETTINGS: Caller = Object.freeze({ role: 'settings', principalId: 'settings' });

/** A Settings page that gets events. */
interface Listening {
  readonly principalId: string;
  readonly forget: () => void;
}

/**
 * Answers `strongroom:<channel>` for every channel, and sends `strongroom:event` to Settings pages. Who asks is decided
 * by the frame that sent the message: a frame that is not the top one, of another origin, unknown or gone gets `FORBIDDEN`
 * with a word for the reason as `detail`. Nothing is ever thrown at a renderer.
 *
 * @returns What takes all of it away again.
 * @throws StrongroomError `INVALID_REQUEST` without `ipcMain`, `room`, or both `settingsOrigin` and `callerOf`; what `ipcMain.handle` throws, such as
 *   for a second registration. Nothing is left registered then.
 * @example
 * const stop = registerStrongroomIpc({ ipcMain, room, settingsOrigin: 'app://settings' });
 */
export function registerStrongroomIpc<E extends InvokeEventLike>(options: IpcOptions<E>): Disposer {
  if (!isObject(options) || !isObject(options.ipcMain) || !isObject(options.room)) {
    throw new StrongroomError('INVALID_REQUEST', 'registerStrongroomIpc needs an object with ipcMain and room');
  }
  const { ipcMain, room, callerOf } = options;
  if (options.settingsOrigin === undefined && callerOf === undefined) {
    throw new StrongroomError('INVALID_REQUEST', 'registerStrongroomIpc needs settingsOrigin, callerOf or both');
  }
  const origin = options.settingsOrigin === undefined ? undefined : settingsOriginOf(options.settingsOrigin);
  const pages = new Map<SenderLike, Listening>();
  /** Pages of extensions and tools: what they wait for ends with them. */
  const outsiders = new Map<SenderLike, { readonly signal: AbortSignal; readonly forget: () => void }>();

  /** The caller, or the word for why there is none. */
  const identify = (event: SenderEvent<E>): Caller | string => {
    try {
      const reason = refusalOf(event, origin);
      if (reason !== undefined) return reason;
      return outsideCaller(callerOf === undefined ? SETTINGS : callerOf(event)) ?? 'unknown-sender';
    } catch {
      return 'unknown-sender'; // a frame that goes away under our hands, or callerOf, which then does not know it
    }
  };

  const listen = (sender: SenderLike, principalId: string): void => {
    if (pages.get(sender)?.principalId === principalId) return;
    pages.get(sender)?.forget();
    const onDestroyed = (): void => void pages.delete(sender);
    const forget = (): void => {
      pages.delete(sender);
      sender.removeListener('destroyed', onDestroyed);
    };
    sender.once('destroyed', onDestroyed);
    pages.set(sender, { principalId, forget });
  };

  /** Aborted when the sender is destroyed. */
  const goneOf = (sender: SenderLike): AbortSignal => {
    const known = outsiders.get(sender);
    if (known !== undefined) return known.signal;
    const gone = new AbortController();
    const onDestroyed = (): void => {
      outsiders.delete(sender);
      gone.abort();
    };
    sender.once('destroyed', onDestroyed);
    const forget = (): void => void sender.removeListener('destroyed', onDestroyed);
    outsiders.set(sender, { signal: gone.signal, forget });
    return gone.signal;
  };

  const tell = (event: StrongroomEvent): void => {
    for (const [sender, { principalId }] of pages) {
      try {
        // What was a Settings page may have gone elsewhere since.
        const caller = identify({ sender, senderFrame: sender.mainFrame });
        if (typeof caller === 'string' || caller.role !== 'settings' || caller.principalId !== principalId) continue;
        sender.send(EVENTS, event);
      } catch {
        // The page has just gone, and with it whoever wanted to know.
      }
    }
  };

  const handled: string[] = [];
  const unsubscribe: (() => void)[] = [];
  const dispose = disposer(() => {
    for (const name of handled) ipcMain.removeHandler(name);
    for (const stop of unsubscribe) stop();
    for (const { forget } of [...pages.values(), ...outsiders.values()]) forget();
  });
  try {
    for (const channel of CHANNELS) {
      const name = `strongroom:${channel}`;
      ipcMain.handle(name, async (event, payload) => {
        const caller = identify(event);
        if (typeof caller === 'string') return refusal('FORBIDDEN', 'this sender may not use Strongroom', caller);
        if (caller.role !== 'settings') return ask(room, caller, channel, payload, goneOf(event.sender));
        listen(event.sender, caller.principalId);
        return ask(room, caller, channel, payload);
      });
      handled.push(name);
    }
    for (const type of EVENT_TYPES) unsubscribe.push(room.on(type, tell));
  } catch (error) {
    dispose();
    throw error;
  }
  return dispose;
}
