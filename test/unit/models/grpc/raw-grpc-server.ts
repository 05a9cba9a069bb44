import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { NodeEndpoint } from '../../../../src/graph/model-client.ts';

/** What a server does with a call: it has the whole request, prefix and all. */
export type RawGrpcHandler = (
  stream: ServerHttp2Stream,
  request: Buffer,
  session: ServerHttp2Session,
  headers: IncomingHttpHeaders,
) => void;

/** An HTTP/2 server that does to a gRPC client what no proper one does. */
export class RawGrpcServer {
  readonly sessions: ServerHttp2Session[] = [];
  readonly #server: Http2Server;

  constructor(server: Http2Server) {
    this.#server = server;
  }

  static async start(handler: RawGrpcHandler, settings: Settings = {}): Promise<RawGrpcServer> {
    const server = createServer({ settings, maxSessionMemory: 1_000_000 });
    const raw = new RawGrpcServer(server);
    server.on('session', (session) => raw.sessions.push(session));
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { session } = stream;
        if (session !== undefined) handler(stream, Buffer.concat(chunks), session as ServerHttp2Session, headers);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return raw;
  }

  get endpoint(): NodeEndpoint {
    return listening(this.#server);
  }

  close(): void {
    for (const session of this.sessions) session.destroy();
    this.#server.close();
  }
}

/** Answers as gRPC does: headers, one frame for each message, trailers. */
export function answerGrpc(
  stream: ServerHttp2Stream,
  frames: Buffer,
  trailers: Readonly<Record<string, string>> = { 'grpc-status': '0' },
  headers: Readonly<Record<string, string>> = {},
): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(frames);
}

/** A message with its prefix. */
export function frame(message: Buffer | string, flag = 0): Buffer {
  const body = Buffer.from(message);
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

/** A TCP server with a hand on every connection. */
export async function startTcp(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { endpoint: listening(server), close };
}

/** Stands between client and server, and can go silent in both directions without closing anything. */
export async function startProxy(to: NodeEndpoint) {
  const state = { silent: false, connections: 0 };
  const { endpoint, close } = await startTcp((socket) => {
    state.connections++;
    const upstream = connect(to.port, to.host);
    upstream.on('error', () => socket.destroy());
    socket.on('data', (bytes) => void (state.silent || upstream.write(bytes)));
    upstream.on('data', (bytes) => void (state.silent || socket.write(bytes)));
    socket.on('close', () => upstream.destroy());
  });
  return { endpoint, close, state };
}

function listening(server: Server | Http2Server): NodeEndpoint {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return { host: '127.0.0.1', port: address.port };
}
