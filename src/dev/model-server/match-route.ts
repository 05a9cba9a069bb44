import type { Protocol } from '../../protocol/payload.ts';
import type { NodeMethod } from '../../protocol/node-method.ts';
import { restPath } from '../../protocol/rest/paths.ts';
import { REST_PROTOCOLS } from './protocols/protocols.ts';
import type { RestRoute, ServedModel } from './protocols/rest-protocol.ts';
import type { Role } from './role.ts';

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
  model: ServedModel,
  method: string,
  path: string,
): RouteMatch {
  for (const protocol of protocols) {
    const atPath = REST_PROTOCOLS[protocol].routes.filter((route) => route.path.test(path));
    const [any] = atPath;
    if (!any) continue;
    const routes = atPath.filter(({ roles }) => roles?.includes(model.role) ?? true);
    const refusal = routes.length === 0 ? `this is a ${model.role}; ${path} is not for it` : refuse(any, model, path);
    if (refusal !== undefined) return { protocol, status: 404, message: refusal };
    const route = routes.find((one) => one.method === method || (one.method === 'GET' && method === 'HEAD'));
    if (route) return { protocol, route };
    const allow = routes.map((one) => one.method).join(', ');
    return { protocol, status: 405, message: `${path} takes ${allow}, not ${method}`, allow };
  }
  const served = protocols.map((protocol) => `${protocol} at ${entrance(protocol, model)}`).join(', ');
  return { protocol: protocolOf(path), status: 404, message: `nothing is served at ${path}; there is ${served}` };
}

function entrance(protocol: Protocol, { name, role }: ServedModel): string {
  return restPath(protocol, ENTRANCE[role], name);
}

const ENTRANCE: Readonly<Record<Role, NodeMethod>> = {
  model: 'predict',
  transformer: 'transform-input',
  'output-transformer': 'transform-output',
  router: 'route',
  combiner: 'aggregate',
};

function refuse({ path: pattern }: RestRoute, model: ServedModel, path: string) {
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
