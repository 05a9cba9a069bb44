import type { Readiness } from '../../readiness.ts';
import { EMPTY_OK, type HttpAnswer, type HttpRequest, type Route } from '../route.ts';

/**
 * `/live` and `/ready`. Bodies are empty as Seldon's are; `?verbose` or `Accept: application/json` asks for the reasons.
 * `/live` only says that the process answers: what it cannot recover from ends it instead.
 */
export function probeRoutes(readiness: () => Readiness | Promise<Readiness>): Route[] {
  return [
    { path: '/live', methods: 'any', handler: () => EMPTY_OK },
    { path: '/ready', methods: 'any', handler: readyHandler(readiness) },
  ];
}

/** Answers 200 or 503. */
export function readyHandler(readiness: () => Readiness | Promise<Readiness>): Route['handler'] {
  return async (request): Promise<HttpAnswer> => {
    const { ready, reasons } = await readiness();
    const status = ready ? 200 : 503;
    if (!wantsReasons(request)) return { status };
    return { status, body: JSON.stringify({ ready, reasons }), contentType: 'application/json; charset=utf-8' };
  };
}

function wantsReasons({ query, headers }: HttpRequest): boolean {
  return new URLSearchParams(query).has('verbose') || (headers.accept ?? '').includes('application/json');
}
