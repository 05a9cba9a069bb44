import type { Protocol } from '../../protocol/payload.ts';
import { REST_PROTOCOLS } from './protocols/protocols.ts';
import type { RestRoute, ServedModel } from './protocols/rest-protocol.ts';

export type RouteMatch =
  | { readonly protocol: Protocol; readonly route: RestRoute }
  | { readonly protocol: Protocol; readonly status: 404 | 405; readonly message: string; readonly allow?: string };

/**
 * Which route a request takes, or why none.
 *
 * @param path still percent-encoded, without the query
 */
export function matchRoute(
  protocols: readonly Protocol[],
  model: Pick<ServedModel, 'name' | 'version'>,
  method: string,
  path: string,
): RouteMatch {
  for (const protocol of protocols) {
    const routes = REST_PROTOCOLS[protocol].routes.filter((route) => route.path.test(path));
    const [any] = routes;
    if (!any) continue;
    const refusal = refuse(any, model, path);
    if (refusal !== undefined) return { protocol, status: 404, message: refusal };
    const route = routes.find((one) => one.method === method || (one.method === 'GET' && method === 'HEAD'));
    if (route) return { protocol, route };
    const allow = routes.map((one) => one.method).join(', ');
    return { protocol, status: 405, message: `${path} takes ${allow}, not ${method}`, allow };
  }
  const served = protocols.map((protocol) => `${protocol} at ${ENTRANCE[protocol](model.name)}`).join(', ');
  return { protocol: protocolOf(path), status: 404, message: `nothing is served at ${path}; there is ${served}` };
}

const ENTRANCE: Readonly<Record<Protocol, (name: string) => string>> = {
  tensorflow: (name) => `/v1/models/${encodeURIComponent(name)}:predict`,
  v2: (name) => `/v2/models/${encodeURIComponent(name)}/infer`,
  seldon: () => '/predict',
};

function refuse({ path: pattern }: RestRoute, model: Pick<ServedModel, 'name' | 'version'>, path: string) {
  const groups = pattern.exec(path)?.groups ?? {};
  const name = decoded(groups['model']);
  const version = decoded(groups['version']);
  if (name !== undefined && name !== model.name) return `no model '${name}' is served here, only '${model.name}'`;
  if (version === undefined || version === model.version) return undefined;
  return `model '${model.name}' has no version '${version}', only '${model.version}'`;
}

function decoded(part: string | undefined): string | undefined {
  if (part === undefined) return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The protocol whose error bodies a caller of this path expects. */
export function protocolOf(path: string): Protocol {
  if (/^\/v1(?:\/|$)/.test(path)) return 'tensorflow';
  return /^\/v2(?:\/|$)/.test(path) ? 'v2' : 'seldon';
}
