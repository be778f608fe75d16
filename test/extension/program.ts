/**
 * An extension for tests, in a worker thread or a child process: it does what the test tells it through messages that
 * are not of the protocol, on the same port, and says what came of it.
 */
import { parentPort } from 'node:worker_threads';
import { connectStrongroom, type StrongroomError } from '../../js/extension/index.js';

export interface Order {
  order: number;
  /** Such as `connections.list`, or `invoke`. */
  method: string;
  args: readonly unknown[];
}

export type Report =
  | { report: number; value: unknown }
  | { report: number; error: { name: string; code: string; message: string } };

const port = parentPort ?? process;
const strongroom = connectStrongroom(port);
const send = (message: object): void => {
  if (parentPort !== null) parentPort.postMessage(message);
  else process.send?.(message);
};

async function obey({ method, args }: Order): Promise<unknown> {
  if (method === 'addon') return Object.keys(require.cache).filter((file) => file.endsWith('.node'));
  if (method === 'raw') return send(args[0] as object);
  const [group = '', name = ''] = method.split('.');
  const owner = (name === '' ? strongroom : strongroom[group as 'access']) as unknown as Record<
    string,
    (...args: readonly unknown[]) => Promise<unknown>
  >;
  const value = await owner[name === '' ? group : name]?.(...args);
  if (method !== 'broker.fetch') return value;
  const response = value as { status: number; ok: boolean; headers: object; text(): Promise<string> };
  return { status: response.status, ok: response.ok, headers: response.headers, text: await response.text() };
}

port.on('message', (message: Order) => {
  const { order } = message;
  if (typeof order !== 'number') return;
  obey(message).then(
    (value) => send({ report: order, value }),
    (error: StrongroomError) =>
      send({ report: order, error: { name: error.name, code: error.code, message: error.message } }),
  );
});
for (const type of ['changed', 'lock'] as const) strongroom.on(type, (event) => send({ heard: event }));
send({ ready: true });
