/**
 * An example extension. It contributes a provider, and for each connection to it asks to use the token and calls the
 * service with it, without ever seeing it. Runs in a utility process, a worker thread or a child process; its only
 * argument is the address of the service. What happens is said on standard error.
 */
import { parentPort } from 'node:worker_threads';
import * as z from 'zod';
import { type Connection, connectStrongroom, defineProvider, StrongroomError } from '../extension/index.js';

const PROVIDER_ID = 'example.echo';

function say(text: string): void {
  process.stderr.write(`example extension: ${text}\n`);
}

function provider(serviceUrl: string) {
  return defineProvider({
    id: PROVIDER_ID,
    displayName: 'Echo (example)',
    description: 'A service on this machine that says what it was sent. Any token will do.',
    version: '1.0.0',
    icon:
      "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%23be123c'/%3E" +
      "%3Cpath d='M10 16h4M17 11a7 7 0 0 1 0 10M20 8a11 11 0 0 1 0 16' fill='none' stroke='%23fff' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E",
    schema: z.object({
      baseUrl: z
        .url()
        .default(serviceUrl)
        .meta({ title: 'Address', description: 'Where the echo service of the example listens.' }),
      token: z.string().min(1).meta({ title: 'Token', description: 'Make one up.', writeOnly: true }),
    }),
    auth: { type: 'bearer', field: 'token' },
    origins: [{ fromField: 'baseUrl', loopback: true }],
    test: { method: 'GET', path: '/' },
  });
}

async function run(serviceUrl: string): Promise<void> {
  // Electron's types promise a parentPort everywhere; elsewhere there is none.
  const utility = process.parentPort as NodeJS.Process['parentPort'] | undefined;
  const strongroom = connectStrongroom(utility ?? parentPort ?? process);

  const use = async (connection: Connection): Promise<void> => {
    const { handle } = await strongroom.access.request({
      connectionId: connection.id,
      field: 'token',
      reason: 'Show that the echo service answers',
    });
    const url = new URL('/hello', String(connection.fields.baseUrl ?? serviceUrl));
    const response = await strongroom.broker.fetch(handle, { url });
    say(`"${connection.displayName}": the service answered ${response.status}: ${await response.text()}`);
  };

  const seen = new Set<string>();
  const tryOnce = (connection: Connection): void => {
    if (connection.providerId !== PROVIDER_ID || seen.has(connection.id)) return;
    seen.add(connection.id);
    say(`there is a connection, "${connection.displayName}"; asking to use its token`);
    use(connection).catch((error: unknown) => say(`"${connection.displayName}": ${explain(error)}`));
  };

  strongroom.on('changed', ({ entity, id, change }) => {
    if (entity !== 'connection' || change === 'deleted') return;
    strongroom.connections.get(id).then(tryOnce, (error: unknown) => say(explain(error)));
  });
  await strongroom.providers.register(provider(serviceUrl));
  say(`the provider ${PROVIDER_ID} is there; waiting for a connection to it`);
  for (const connection of (await strongroom.connections.list({ providerId: PROVIDER_ID })).items) tryOnce(connection);
}

function explain(error: unknown): string {
  return error instanceof StrongroomError ? `${error.code}: ${error.message}` : String(error);
}

// Electron's utility processes, workers and children all put their arguments at the end.
run(process.argv.at(-1) ?? '').catch((error: unknown) => {
  say(explain(error));
  process.exitCode = 1;
});
