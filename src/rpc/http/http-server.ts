import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { CertificateFiles } from '../certificate-files.ts';
import { endWithin, listenOn, REQUEST_TIMEOUT_MS, type ListenOptions, type RpcServer } from '../rpc-server.ts';
import { HttpFront, type FrontOptions } from './http-front.ts';
import type { Route } from './route.ts';

export interface HttpServerOptions extends ListenOptions, FrontOptions {}

/** Idle connections are kept as long as Seldon's executor keeps them. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const HEADERS_TIMEOUT_MS = 60_000;
/** Of all headers of a request. Go takes a megabyte; what is forwarded to models must suit them too. */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Starts the executor's HTTP server with the given routes.
 *
 * @throws MillraceError LISTEN_FAILED that names the port and the remedy
 */
export async function startHttpServer(options: HttpServerOptions, routes: readonly Route[]): Promise<RpcServer> {
  const { requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const front = new HttpFront(options, routes);
  const limits = {
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(10_000, requestTimeoutMs),
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const answer: RequestListener = (request, response) => void front.answer(request, response);
  const { certificate } = options;
  const server = certificate ? tlsServer(limits, certificate, answer) : createServer(limits, answer);
  const port = await listenOn(options, (host, wanted) => listen(server, host, wanted), codeOf);
  return {
    port,
    close: (withinMs) => {
      front.close();
      return endWithin(withinMs, closed(server), () => server.closeAllConnections());
    },
  };
}

function tlsServer(limits: ServerOptions, certificate: CertificateFiles, answer: RequestListener) {
  const server = createTlsServer({ ...limits, ...certificate.current }, answer);
  // New connections get the new certificate, those there are stay.
  certificate.onChange((changed) => server.setSecureContext(changed));
  return server;
}

// Connections that are idle now close with it; those with a request under way when it is answered.
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
