import { RequestError } from '../request-error.ts';
import { shown } from '../tensors/datatype.ts';
import { isObject, type JsonObject } from '../../../base/json-object.ts';
import { property, requireList, requireObject } from './json-object.ts';

/**
 * What an answer carries of its request's `meta`, as by Seldon's Python wrapper: the id, the tags, the metrics and the request path.
 * Routing is the orchestrator's, and does not come back.
 *
 * @throws RequestError 400
 */
export function carriedMeta(meta: unknown): JsonObject {
  if (meta === undefined || meta === null) return {};
  const given = requireObject(meta, 'meta');
  const puid = property(given, 'puid');
  const tags = property(given, 'tags');
  const metrics = property(given, 'metrics');
  const requestPath = property(given, 'requestPath');
  if (puid !== undefined && typeof puid !== 'string') {
    throw new RequestError(400, `meta.puid is ${shown(puid)}, and a string is expected`);
  }
  return {
    puid,
    tags: tags === undefined ? undefined : requireObject(tags, 'meta.tags'),
    metrics: metrics === undefined ? undefined : requireList(metrics, 'meta.metrics'),
    requestPath: requestPath === undefined ? undefined : requireObject(requestPath, 'meta.requestPath'),
  };
}

/**
 * The answers of a combiner's children, the first with the `meta` of all: tags and request paths of later children win, metrics come
 * one after the other, the id is the first's. What is not well-formed stays for whoever reads it to refuse.
 */
export function withMergedMeta(answers: readonly unknown[]): readonly unknown[] {
  const [first, ...others] = answers;
  const metas = answers.map((answer) => (isObject(answer) ? property(answer, 'meta') : undefined)).filter(isObject);
  if (!isObject(first) || metas.length === 0) return answers;
  const own = property(first, 'meta');
  if (own !== undefined && own !== null && !isObject(own)) return answers;
  const members = (name: string) => metas.map((meta) => property(meta, name)).filter((value) => value !== undefined);
  const objects = (name: string) => {
    const found = members(name);
    // Entries, so that a name such as `__proto__` is one like any other.
    return found.length > 0 && found.every(isObject) ? Object.fromEntries(found.flatMap(Object.entries)) : undefined;
  };
  const metrics = members('metrics');
  const merged = {
    tags: objects('tags'),
    metrics: metrics.length > 0 && metrics.every(Array.isArray) ? metrics.flat() : undefined,
    requestPath: objects('requestPath'),
  };
  const given = Object.entries(merged).filter(([, value]) => value !== undefined);
  return [{ ...first, meta: { ...own, ...Object.fromEntries(given) } }, ...others];
}
