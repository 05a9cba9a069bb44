import type { FastifyInstance, RouteHandlerMethod } from 'fastify';

/** Routes that belong together; one file makes one group. */
export type RouteGroup = (app: FastifyInstance) => void;

export interface Route {
  readonly path: string;
  /** HTTP methods in upper case; `any` for all that Node knows. */
  readonly methods: 'any' | readonly string[];
  readonly handler: RouteHandlerMethod;
}

/**
 * Adds a route as Seldon's executor has them: OPTIONS is answered with an empty 200 on every path (a browser's preflight), and
 * a method that the path does not take with an empty 405.
 */
export function addRoute(app: FastifyInstance, { path, methods, handler }: Route): void {
  const taken = methods === 'any' ? app.supportedMethods.filter((method) => method !== 'OPTIONS') : [...methods];
  const others = app.supportedMethods.filter((method) => method !== 'OPTIONS' && !taken.includes(method));
  app.route({ method: taken, url: path, handler });
  app.route({ method: 'OPTIONS', url: path, handler: (_request, reply) => reply.send() });
  if (others.length > 0) {
    const allow = [...taken, 'OPTIONS'].join(', ');
    app.route({
      method: others,
      url: path,
      handler: (_request, reply) => reply.code(405).header('allow', allow).send(),
    });
  }
}
