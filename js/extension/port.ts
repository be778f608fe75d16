/** One face for the many things that messages go through. */

/** A port that speaks through events as Node's do. What it needs of them is in {@link MessageSource}. */
export interface EmitterPort {
  on(event: string, listener: (message?: unknown) => void): unknown;
  removeListener(event: string, listener: (message?: unknown) => void): unknown;
  postMessage?(message: unknown): void;
  send?(message: unknown, done: (error: Error | null) => void): unknown;
  start?(): void;
}

/** A MessagePort of a browser. */
export interface BrowserPort {
  addEventListener(type: string, listener: (event: unknown) => void): void;
  removeEventListener(type: string, listener: (event: unknown) => void): void;
  postMessage(message: unknown): void;
  start(): void;
}

/**
 * Anything that carries messages: Electron's MessagePortMain, UtilityProcess and `process.parentPort`; Node's
 * MessagePort, Worker, ChildProcess and, in a child, `process`; a browser's MessagePort.
 */
export type Port = EmitterPort | BrowserPort;

/** A port in use. */
export interface OpenPort {
  /** Throws what the port throws, such as for a value that cannot be cloned. */
  post(message: unknown): void;
  /** Stops listening. The port itself stays open: it belongs to whoever made it. */
  detach(): void;
}

/** A port of its own ends with `close`, a process or thread with `exit`, the channel to one with `disconnect`. */
const ENDINGS = ['close', 'exit', 'disconnect'] as const;

/** Some ports hand out the message, others an event that holds it as `data`. */
function contentOf(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || 'strongroom' in message) return message;
  return 'data' in message ? message.data : message;
}

/** Listens to `port` until it is detached or the port has ended; `ended` is called at most once. */
export function openPort(port: Port, received: (message: unknown) => void, ended: () => void): OpenPort {
  let attached = true;
  const onMessage = (message?: unknown): void => {
    if (attached) received(contentOf(message));
  };
  const detach = (): void => {
    if (!attached) return;
    attached = false;
    if ('on' in port) {
      port.removeListener('message', onMessage);
      for (const ending of ENDINGS) port.removeListener(ending, onEnd);
    } else {
      port.removeEventListener('message', onMessage);
      port.removeEventListener('close', onEnd);
    }
  };
  const onEnd = (): void => {
    if (!attached) return;
    detach();
    ended();
  };
  if ('on' in port) {
    port.on('message', onMessage);
    for (const ending of ENDINGS) port.on(ending, onEnd);
  } else {
    port.addEventListener('message', onMessage);
    port.addEventListener('close', onEnd);
  }
  port.start?.();
  return {
    post: (message) => {
      if (port.postMessage !== undefined) port.postMessage(message);
      else if ('send' in port && port.send !== undefined) port.send(message, (error) => error !== null && onEnd());
      else throw new TypeError('this port can send nothing: it has neither postMessage nor send');
    },
    detach,
  };
}
