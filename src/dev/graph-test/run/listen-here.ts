import { once } from 'node:events';
import type { Server } from 'node:net';
import type { NodeEndpoint } from '../../../graph/model-client.ts';

/** Starts the server on a free port that only this machine reaches. */
export async function listenHere(server: Server): Promise<NodeEndpoint> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server of this test has no port');
  return { host: address.address, port: address.port };
}
