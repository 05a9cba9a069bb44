import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { NodeEndpoint } from '../../../../src/graph/model-client.ts';

/** Answers one request on a connection: `request` is its bytes, `count` how many came on this connection before it. */
export type Answer = (socket: Socket, request: Buffer, count: number) => void;

/** A TCP server that reads HTTP requests and leaves the answer, byte for byte, to the test. */
export class RawServer {
  connections = 0;
  readonly sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.#server = createServer((socket) => {
      this.connections++;
      this.sockets.add(socket);
      let received: Buffer = Buffer.alloc(0);
      let count = 0;
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        const head = received.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = /content-length: (\d+)/i.exec(received.toString('latin1', 0, head))?.[1];
        const end = head + 4 + Number(length ?? 0);
        if (received.length < end) return;
        const request = received.subarray(0, end);
        received = received.subarray(end);
        answer(socket, request, count++);
      });
    });
  }

  static async start(answer: Answer): Promise<RawServer> {
    const server = new RawServer(answer);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get endpoint(): NodeEndpoint {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return { host: '127.0.0.1', port: address.port };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The bytes of an HTTP answer, with its Content-Length. */
export function httpAnswer(status: number, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const lines = [`HTTP/1.1 ${status} x`, `content-length: ${bytes.length}`, ...headers, '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), bytes]);
}
