import { Server, ServerCredentials } from '@grpc/grpc-js';
import { endWithin, listenOn, REQUEST_TIMEOUT_MS, type ListenOptions, type RpcServer } from '../rpc-server.ts';
import { arrivalLimit } from './arrival-limit.ts';
import { OpenStreams } from './open-streams.ts';
import { ReloadedCredentials } from './reloaded-credentials.ts';
import { StatusError } from './status-error.ts';
import type { StreamMethod } from './stream-method.ts';
import { unaryHandler } from './unary-handler.ts';
import type { UnaryMethod } from './unary-method.ts';

export interface GrpcServerOptions extends ListenOptions {
  /** Largest message that is taken or sent. */
  readonly maxMessageBytes: number;
}

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
): Promise<RpcServer> {
  const { maxMessageBytes, certificate } = options;
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
  const running = new Set<AbortController>();
  for (const method of unary) server.register(method.path, unaryHandler(method, running), asIs, asIs, 'unary');
  const open = new OpenStreams();
  for (const method of streams) server.register(method.path, open.kept(method), asIs, asIs, method.type);
  const port = await listenOn(options, (host, wanted) => listen(server, host, wanted, credentials), codeOf).catch(
    (error: unknown) => {
      server.forceShutdown();
      throw error;
    },
  );
  return {
    port,
    close: (withinMs) => {
      const ended = shutdown(server);
      open.end();
      return endWithin(withinMs, ended, () => {
        server.forceShutdown();
        // The library waits for handlers of connections that were asked to close before.
        for (const call of running) call.abort(new StatusError('UNAVAILABLE', 'the server ends'));
      });
    },
  };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function listen(server: Server, host: string, port: number, credentials: ServerCredentials): Promise<number> {
  const name = host.includes(':') ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    server.bindAsync(`${name}:${port}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

// The library keeps no error code, only its name in a text.
function codeOf(error: unknown): string | undefined {
  return /\bE[A-Z]{4,}\b/.exec(error instanceof Error ? error.message : '')?.[0];
}

function shutdown(server: Server): Promise<void> {
  return new Promise((resolve) => server.tryShutdown(() => resolve()));
}
