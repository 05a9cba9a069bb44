import type { Route } from './route.ts';

export type Found =
  | { readonly route: Route; readonly parameter: string }
  /** No route has the path; or some have, and take these methods. */
  | { readonly route: undefined; readonly allowed: readonly string[] };

interface Entry {
  readonly route: Route;
  /** What stands in the place of the path's parameter, empty where it has none; undefined where the path is another. */
  match(path: string): string | undefined;
}

/**
 * Finds routes as Seldon's executor does: in their order, the first whose path and method fit. So a path can have several routes
 * (`/v2/models/infer` is a prediction by POST and the metadata of a model named `infer` by GET).
 */
export class Router {
  readonly #entries: readonly Entry[];

  constructor(routes: readonly Route[]) {
    this.#entries = routes.map((route) => ({ route, match: matcher(route.path) }));
  }

  find(method: string, path: string): Found {
    const allowed: string[] = [];
    for (const { route, match } of this.#entries) {
      const parameter = match(path);
      if (parameter === undefined) continue;
      if (route.methods === 'any' || route.methods.includes(method)) return { route, parameter };
      allowed.push(...route.methods);
    }
    return { route: undefined, allowed };
  }

  /** Methods of all routes of the path, for CORS; empty unless a browser may ask for them (OPTIONS is among them). */
  corsMethods(path: string): string {
    const methods: string[] = [];
    for (const { route, match } of this.#entries) {
      if (route.methods !== 'any' && match(path) !== undefined) methods.push(...route.methods);
    }
    return methods.includes('OPTIONS') ? methods.join(',') : '';
  }
}

const MODEL = '{model}';

function matcher(template: string): Entry['match'] {
  const at = template.indexOf(MODEL);
  if (at >= 0) return modelMatcher(template.slice(0, at), template.slice(at + MODEL.length));
  if (template.endsWith('*')) {
    const prefix = template.slice(0, -1);
    return (path) => (path.startsWith(prefix) ? path.slice(prefix.length) : undefined);
  }
  return (path) => (path === template ? '' : undefined);
}

function modelMatcher(prefix: string, suffix: string): Entry['match'] {
  return (path) => {
    const end = path.length - suffix.length;
    if (end <= prefix.length || !path.startsWith(prefix) || !path.endsWith(suffix)) return undefined;
    const model = path.slice(prefix.length, end);
    return model.includes('/') ? undefined : model;
  };
}
