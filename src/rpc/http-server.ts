import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorText, MillraceError } from '../base/errors.ts';
import type { RouteGroup } from './route-group.ts';
import { seldonHeaders, type CorsOptions } from './seldon-headers.ts';

export interface HttpServerOptions {
  /** Address to listen on; `::` is every address, of IPv4 alone where the machine has no IPv6. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly cors: CorsOptions;
}

export interface HttpServer {
  /** The port it listens on. */
  readonly port: number;
  /** Takes no new requests and waits for those that are running, but not longer than the limit. */
  close(withinMs: number): Promise<void>;
}

/** Idle connections are kept as long as Seldon's executor keeps them. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** A request has to arrive within this time. */
const REQUEST_TIMEOUT_MS = 300_000;

/**
 * Starts the executor's HTTP server with the given routes. Paths that no group routes are 404, with an empty body.
 *
 * @throws MillraceError LISTEN_FAILED that names the port and the remedy
 */
export async function startHttpServer(options: HttpServerOptions, groups: readonly RouteGroup[]): Promise<HttpServer> {
  const app = fastify({
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
  });
  seldonHeaders(app, options.cors);
  // Bytes pass through: no body is parsed here, whatever its type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', acceptAnyContentType);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  for (const group of groups) group(app);
  await listen(app, options.host, options.port);
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { port, close: (withinMs) => close(app, withinMs) };
}

/** A Content-Type that is no MIME type would be answered with 415; the routes get it as plain bytes instead. */
function acceptAnyContentType(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const { headers } = request.raw;
  if (headers['content-type'] !== undefined && !/^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+/.test(headers['content-type'])) {
    headers['content-type'] = 'application/octet-stream';
  }
  done();
}

async function close(app: FastifyInstance, withinMs: number): Promise<void> {
  const limit = setTimeout(() => app.server.closeAllConnections(), withinMs);
  try {
    await app.close();
  } finally {
    clearTimeout(limit);
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A kernel without IPv6.
    if (code === 'EAFNOSUPPORT' && host === '::') return listen(app, '0.0.0.0', port);
    await app.close();
    throw listenError(error, code, host, port);
  }
}

function listenError(cause: unknown, code: string | undefined, host: string, port: number): MillraceError {
  const remedies: Readonly<Record<string, string>> = {
    EADDRINUSE: `stop the program that uses port ${port}, or choose another port (0 takes any free one)`,
    EACCES: 'choose a port from 1024 on, or allow this user to open lower ones',
    EADDRNOTAVAIL: `choose an address of this machine instead of ${host}`,
  };
  const reason = code === 'EADDRINUSE' ? 'address already in use' : errorText(cause);
  return new MillraceError(`failed to create listener: port ${port}: ${reason}`, {
    code: 'LISTEN_FAILED',
    remedy: remedies[code ?? ''] ?? 'check the address and the port',
    cause,
  });
}
