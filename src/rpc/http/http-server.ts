import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { CertificateFiles } from '../certificate-files.ts';
import { listenError } from '../listen-error.ts';
import { HttpFront, type FrontOptions } from './http-front.ts';
import type { Route } from './route.ts';

export interface HttpServerOptions extends FrontOptions {
  /** Address to listen on; `::` is every address, of IPv4 alone where the machine has no IPv6. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Of TLS; plain text where there is none. */
  readonly certificate?: CertificateFiles | undefined;
  /** A request has to have arrived within this time, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

export interface HttpServer {
  /** The port it listens on. */
  readonly port: number;
  /**
   * Takes no new requests and waits for those that are running, but not longer than the limit.
   *
   * @returns whether all have been answered
   */
  close(withinMs: number): Promise<boolean>;
}

/** Idle connections are kept as long as Seldon's executor keeps them. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const REQUEST_TIMEOUT_MS = 300_000;
const HEADERS_TIMEOUT_MS = 60_000;
/** Of all headers of a request. Go takes a megabyte; what is forwarded to models must suit them too. */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * Starts the executor's HTTP server with the given routes.
 *
 * @throws MillraceError LISTEN_FAILED that names the port and the remedy
 */
export async function startHttpServer(options: HttpServerOptions, routes: readonly Route[]): Promise<HttpServer> {
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
  await listen(server, options.host, options.port);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    port,
    close: (withinMs) => {
      front.close();
      return close(server, withinMs);
    },
  };
}

function tlsServer(limits: ServerOptions, certificate: CertificateFiles, answer: RequestListener) {
  const server = createTlsServer({ ...limits, ...certificate.current }, answer);
  // New connections get the new certificate, those there are stay.
  certificate.onChange((changed) => server.setSecureContext(changed));
  return server;
}

async function close(server: Server, withinMs: number): Promise<boolean> {
  let inTime = true;
  const limit = setTimeout(() => {
    inTime = false;
    server.closeAllConnections();
  }, withinMs);
  // Connections that are idle now close with it; those with a request under way when it is answered.
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(limit);
  return inTime;
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: 1024 }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A kernel without IPv6.
    if (code === 'EAFNOSUPPORT' && host === '::') return listen(server, '0.0.0.0', port);
    throw listenError(error, code, host, port);
  }
}
