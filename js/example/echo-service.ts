/**
 * The service that the example extension uses: it wants a bearer token, any will do, and sends back what it got. The
 * extension sees the answer with the token taken out.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The same at each start where that is possible, so that a connection of the last time still leads here. */
const USUAL_PORT = 47_113;

export interface EchoService {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

export async function startEchoService(): Promise<EchoService> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      const signedIn = /^Bearer .+/.test(request.headers.authorization ?? '');
      response.writeHead(signedIn ? 200 : 401, { 'Content-Type': 'application/json' });
      const { method, url, headers } = request;
      response.end(JSON.stringify({ signedIn, method, path: url, headers }));
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await listen(USUAL_PORT).catch(() => listen(0));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
