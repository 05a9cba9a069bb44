import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { CertificateFiles } from '../certificate-files.ts';
import { listenError } from '../listen-error.ts';
import { arrivalLimit } from './arrival-limit.ts';
import { ReloadedCredentials } from './reloaded-credentials.ts';
import type { StreamMethod } from './stream-method.ts';
import { unaryHandler } from './unary-handler.ts';
import type { UnaryMethod } from './unary-method.ts';

export interface GrpcServerOptions {
  /** Address to listen on; `::` is every address, of IPv4 alone where the machine has no IPv6. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Largest message that is taken or sent. */
  readonly maxMessageBytes: number;
  /** Of TLS; plain text where there is none. */
  readonly certificate?: CertificateFiles | undefined;
  /** A message has to have arrived within this time, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

export interface GrpcServer {
  /** The port it listens on. */
  readonly port: number;
  /**
   * Takes no new calls and waits for those that are running, but not longer than the limit.
   *
   * @returns whether all have been answered
   */
  close(withinMs: number): Promise<boolean>;
}

const REQUEST_TIMEOUT_MS = 300_000;
/** Calls of one connection at one time; further ones wait at the client. */
const MAX_STREAMS = 1_000;
/** A connection that says nothing is tested after this time, and given up when the test is not answered. */
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

/**
 * Starts the executor's gRPC server. Messages stay bytes here: methods decode what they must. Methods that nobody has are
 * UNIMPLEMENTED.
 *
 * @throws MillraceError LISTEN_FAILED that names the port and the remedy
 */
export async function startGrpcServer(
  options: GrpcServerOptions,
  unary: readonly UnaryMethod[],
  streams: readonly StreamMethod[],
): Promise<GrpcServer> {
  const { host, port, maxMessageBytes, certificate } = options;
  const credentials = certificate ? new ReloadedCredentials(certificate) : ServerCredentials.createInsecure();
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.enable_channelz': 0,
    interceptors: [arrivalLimit(options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS)],
  });
  for (const method of unary) server.register(method.path, unaryHandler(method), asIs, asIs, 'unary');
  for (const method of streams) server.register(method.path, method.handler, asIs, asIs, method.type);
  const bound = await listen(server, host, port, credentials);
  return { port: bound, close: (withinMs) => close(server, withinMs) };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

async function listen(server: Server, host: string, port: number, credentials: ServerCredentials): Promise<number> {
  const name = host.includes(':') ? `[${host}]` : host;
  try {
    return await new Promise<number>((resolve, reject) => {
      server.bindAsync(`${name}:${port}`, credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
  } catch (error) {
    // The library keeps no error code, only its name in a text.
    const code = /\bE[A-Z]{4,}\b/.exec(error instanceof Error ? error.message : '')?.[0];
    if (code === 'EAFNOSUPPORT' && host === '::') return listen(server, '0.0.0.0', port, credentials);
    server.forceShutdown();
    throw listenError(error, code, host, port);
  }
}

async function close(server: Server, withinMs: number): Promise<boolean> {
  let inTime = true;
  const limit = setTimeout(() => {
    inTime = false;
    server.forceShutdown();
  }, withinMs);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(limit);
  return inTime;
}
