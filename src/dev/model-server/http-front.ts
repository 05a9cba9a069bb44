import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Protocol } from '../../protocol/payload.ts';
import type { Answer, RawRequest } from './engine/raw-request.ts';
import type { FaultGate } from './faults/fault-gate.ts';
import { ScriptedFailure, ScriptedReset } from './faults/scripted-failure.ts';
import { matchRoute, protocolOf } from './match-route.ts';
import { REST_PROTOCOLS } from './protocols/protocols.ts';
import type { ServedModel } from './protocols/rest-protocol.ts';
import { RequestError } from './request-error.ts';

export interface HttpFrontOptions {
  readonly protocols: readonly Protocol[];
  readonly model: ServedModel;
  readonly bodyLimitBytes: number;
  readonly gate: FaultGate;
  answer(request: RawRequest, signal: AbortSignal): Promise<Answer>;
}

/** The HTTP side: it routes and moves bytes, and parses none. */
export function httpFront({ protocols, model, bodyLimitBytes, gate, answer }: HttpFrontOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 10_000 },
    // Fastify refuses a path with a broken escape before any route; the caller still gets its protocol's body.
    frameworkErrors: (error, request, reply) =>
      void fail(reply, request.url, error.statusCode ?? 400, error.message, 0),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    if (error instanceof ScriptedReset) {
      request.raw.socket.resetAndDestroy();
      return reply.hijack();
    }
    const status = error instanceof RequestError ? error.status : (error.statusCode ?? 500);
    return fail(reply, request.url, status, error.message, retryAfterSeconds(error, status));
  });

  // A connection that is answered during the end is not kept for a next request that nobody would take.
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    gate.close();
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = pathOf(request.url);
    const match = matchRoute(protocols, model, request.method, path);
    if ('status' in match) {
      if (match.allow !== undefined) reply.header('allow', match.allow);
      return fail(reply, path, match.status, match.message, 0);
    }
    if (match.route.answer) return reply.send(match.route.answer(model));
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const random = await gate.pass(gone.signal);
    const raw = {
      transport: 'rest',
      protocol: match.protocol,
      body: Buffer.isBuffer(request.body) ? request.body : new Uint8Array(0),
      contentType: request.headers['content-type'] ?? '',
      contentEncoding: request.headers['content-encoding'] ?? '',
      random,
    } as const;
    const { status, body } = await answer(raw, gone.signal);
    return reply.code(status).type('application/json').send(body);
  }

  app.all('/*', handle);
  app.setNotFoundHandler(handle);
  return app;
}

function fail(reply: FastifyReply, url: string, status: number, message: string, retryAfter: number): FastifyReply {
  const body = REST_PROTOCOLS[protocolOf(pathOf(url))].errorBody(status, message);
  if (retryAfter > 0) reply.header('retry-after', String(retryAfter));
  return reply.code(status).type('application/json').send(JSON.stringify(body));
}

// A failure that was asked for says what it was told to say.
function retryAfterSeconds(error: Error, status: number): number {
  if (error instanceof ScriptedFailure) return Math.ceil(error.retryAfterMs / 1000);
  return status === 503 ? 1 : 0;
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
