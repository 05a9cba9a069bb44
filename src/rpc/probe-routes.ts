import type { FastifyRequest } from 'fastify';
import { addRoute, type RouteGroup } from './route-group.ts';

/** Whether the process can do its work now; if not, why, one sentence each. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/**
 * `/live` and `/ready`. Bodies are empty as Seldon's are; `?verbose` or `Accept: application/json` asks for the reasons.
 * `/live` only says that the process answers: what it cannot recover from ends it instead.
 */
export function probeRoutes(readiness: () => Readiness | Promise<Readiness>): RouteGroup {
  return (app) => {
    addRoute(app, { path: '/live', methods: 'any', handler: (_request, reply) => reply.send() });
    addRoute(app, {
      path: '/ready',
      methods: 'any',
      async handler(request, reply) {
        const { ready, reasons } = await readiness();
        reply.code(ready ? 200 : 503);
        return wantsReasons(request) ? reply.send({ ready, reasons }) : reply.send();
      },
    });
  };
}

function wantsReasons(request: FastifyRequest): boolean {
  const query = request.query as Readonly<Record<string, unknown>>;
  return 'verbose' in query || (request.headers.accept ?? '').includes('application/json');
}
