import { once } from 'node:events';
import { createServer } from 'node:net';
import type { NodeEndpoint } from '../../../src/graph/model-client.ts';

/** An address where nothing listens. */
export async function deadEndpoint(): Promise<NodeEndpoint> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return { host: '127.0.0.1', port: address.port };
}
