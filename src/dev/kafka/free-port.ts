import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { MillraceError } from '../../base/errors.ts';

const ATTEMPTS = 50;

/**
 * A TCP port of 127.0.0.1 that nobody listens on. It lies below the range from which systems take the ports of outgoing
 * connections: a client that keeps trying to reach a stopped broker there cannot end up connected to itself and so keep
 * the broker from coming back.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(15_000, 32_000);
    if (await isPortFree(port)) return port;
  }
  throw new MillraceError(`found no free port on 127.0.0.1 in ${ATTEMPTS} attempts`, { code: 'NO_FREE_PORT' });
}

/** So many different ones. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** Whether a listener could bind 127.0.0.1:port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
