import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

export interface CorsOptions {
  readonly allowedOrigins: string;
  readonly allowedHeaders: string;
}

/**
 * The headers that Seldon's executor puts on the answer of every routed path (not on 404 and 405): the id of the prediction,
 * taken from the request or made, `nosniff` and CORS.
 */
export function seldonHeaders(app: FastifyInstance, cors: CorsOptions): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode !== 404 && reply.statusCode !== 405) {
      const given = request.headers['seldon-puid'];
      reply.header('Seldon-Puid', (Array.isArray(given) ? given[0] : given) || randomUUID());
      reply.header('X-Content-Type-Options', 'nosniff');
      reply.header('Access-Control-Allow-Origin', cors.allowedOrigins);
      reply.header('Access-Control-Allow-Headers', cors.allowedHeaders);
    }
    done(null, payload);
  });
}
