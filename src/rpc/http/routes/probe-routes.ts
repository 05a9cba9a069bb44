import type { Liveness, Readiness } from '../../readiness.ts';
import { EMPTY_OK, type HttpAnswer, type HttpRequest, type Route } from '../route.ts';

/**
 * `/live` and `/ready`. Bodies are empty as Seldon's are; `?verbose` or `Accept: application/json` asks for the reasons. `/live` says
 * that the process answers and is not stuck, or else why: what it is known to wait for does not count.
 */
export function probeRoutes(readiness: () => Readiness | Promise<Readiness>, liveness: Liveness): Route[] {
  return [
    { path: '/live', methods: 'any', handler: liveHandler(liveness) },
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

/** Answers 200, or 503 with the reasons: who looks at it then needs them. */
export function liveHandler(liveness: Liveness): Route['handler'] {
  return (): HttpAnswer => {
    const reasons = liveness();
    if (reasons.length === 0) return EMPTY_OK;
    const body = JSON.stringify({ live: false, reasons });
    return { status: 503, body, contentType: 'application/json; charset=utf-8' };
  };
}

function wantsReasons({ query, headers }: HttpRequest): boolean {
  return new URLSearchParams(query).has('verbose') || (headers.accept ?? '').includes('application/json');
}
