/** The example without Electron: the providers, the echo service, and the extension in a worker thread. */
import { basename, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { connectExtensionPort } from '../electron/index.js';
import type { Strongroom } from '../main/strongroom.js';
import { startEchoService } from './echo-service.js';
import { registerExampleProviders } from './providers.js';

/** The id that the app runs the extension under: who it is, is never up to itself. */
const EXTENSION_ID = 'example.extension';

export interface Example {
  close(): Promise<void>;
}

/** The built extension, seen from dist/js/example or from js/example (tests run the sources). */
function builtExtension(): string {
  const up = join(__dirname, '..', '..');
  return basename(up) === 'dist' ? join(__dirname, 'extension.js') : join(up, 'dist', 'js', 'example', 'extension.js');
}

/** Starts the example on `room`, which must stay open until it is closed. `say` is told when the extension fails. */
export async function startExample(room: Strongroom, say: (line: string) => void): Promise<Example> {
  await registerExampleProviders(room);
  const service = await startEchoService();
  // Its standard output is ours, and we have promised one line there.
  const extension = new Worker(builtExtension(), { argv: [service.url], stdout: true });
  extension.stdout.pipe(process.stderr, { end: false });
  extension.on('error', (error) => say(`the example extension failed: ${error.message}`));
  const disconnect = connectExtensionPort({ port: extension, room, principalId: EXTENSION_ID });
  return {
    close: async () => {
      disconnect();
      await extension.terminate();
      await service.close();
    },
  };
}
