/** Who sent an IPC message. Electron's types are described by what is needed of them, so that no version is tied to us. */
import { StrongroomError } from '../main/errors.js';

/** Of a WebFrameMain. */
export interface FrameLike {
  readonly url: string;
  /** As the browser holds it, serialised; `null` for an opaque one. */
  readonly origin: string;
  /** Null for the top frame. */
  readonly parent: unknown;
  readonly processId: number;
  readonly routingId: number;
}

/** Of a WebContents. */
export interface SenderLike {
  readonly mainFrame: FrameLike;
  isDestroyed(): boolean;
  send(channel: string, ...args: unknown[]): void;
  once(event: 'destroyed', listener: () => void): unknown;
  removeListener(event: 'destroyed', listener: () => void): unknown;
}

/** Of an IpcMainInvokeEvent. */
export interface InvokeEventLike {
  readonly sender: SenderLike;
  readonly senderFrame: FrameLike | null;
}

/** The origin of a URL as its page has it, also for schemes of an app's own; undefined if it has none of its own. */
function originOf(url: string): string | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return undefined;
  }
  // blob: and about: pages have the origin of whoever made them, and none of its address.
  if (parsed.origin !== 'null') return parsed.origin.startsWith(`${parsed.protocol}//`) ? parsed.origin : undefined;
  return parsed.host === '' ? undefined : `${parsed.protocol}//${parsed.host.toLowerCase()}`;
}

/**
 * The origin that an app names for its settings page, in the form in which it is compared. Throws `INVALID_REQUEST` for
 * what is no origin, and for `file:`, which is one origin for all files of the machine.
 */
export function settingsOriginOf(text: unknown): string {
  const origin = typeof text === 'string' ? originOf(text) : undefined;
  const bare = typeof text === 'string' && text.toLowerCase().replace(/:(?:80|443)$/, '');
  if (origin === undefined || (text !== origin && bare !== origin)) {
    throw new StrongroomError(
      'INVALID_REQUEST',
      'settingsOrigin must be an origin such as app://settings or https://127.0.0.1:8443, without a path. ' +
        'Pages from file: have none of their own; serve them from a scheme of the app (protocol.handle)',
      { issues: [{ path: '/settingsOrigin', code: 'format', message: 'must be an origin' }] },
    );
  }
  return origin;
}

function isSameFrame(one: FrameLike, other: FrameLike): boolean {
  return one === other || (one.processId === other.processId && one.routingId === other.routingId);
}

/**
 * Why a message may not be answered, in a word, or undefined if it comes from the top frame of a live page, which has
 * exactly the origin `origin` if one is given.
 */
export function refusalOf({ sender, senderFrame: frame }: InvokeEventLike, origin: string | undefined) {
  if (sender.isDestroyed()) return 'destroyed';
  if (frame === null || frame === undefined) return 'no-frame';
  if (frame.parent !== null || !isSameFrame(frame, sender.mainFrame)) return 'subframe';
  if (origin !== undefined && (frame.origin !== origin || originOf(frame.url) !== origin)) return 'origin';
  return undefined;
}
