import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { MillraceError } from '../../base/errors.ts';

const ATTEMPTS = 50;
/** By then who asked for a port listens on it. */
const CLAIM_MS = 60_000;

/**
 * A TCP port of 127.0.0.1 that nobody listens on, and that is told to nobody else on this machine for the next minute. It lies below the range from which systems take the ports of outgoing
 * connections: a client that keeps trying to reach a stopped broker there cannot end up connected to itself and so keep
 * the broker from coming back.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(15_000, 32_000);
    if ((await isPortFree(port)) && (await claim(port))) return port;
  }
  throw new MillraceError(`found no free port on 127.0.0.1 in ${ATTEMPTS} attempts`, { code: 'NO_FREE_PORT' });
}

/** So many different ones. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

// Two processes that start brokers at the same time would else be told the same port, for it stays free until the first broker runs.
// The claim is the UDP port of the same number, which nobody here uses for anything else, and which goes with the process.
function claim(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => {
      socket.unref();
      setTimeout(() => socket.close(), CLAIM_MS).unref();
      resolve(true);
    });
  });
}

/** Whether a listener could bind 127.0.0.1:port now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
