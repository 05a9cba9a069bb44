import { isObject, type JsonObject } from '../../../base/json-object.ts';
import { RequestError } from '../request-error.ts';
import { shown } from '../tensors/datatype.ts';

/** @throws RequestError 400 */
export function requireObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw new RequestError(400, `${path} is ${shown(value)}, and an object is expected`);
  return value;
}

/** @throws RequestError 400 */
export function requireList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RequestError(400, `${path} is ${shown(value)}, and a list is expected`);
  return value;
}

/** The own property of that name: `__proto__` and its like are names as any other. */
export function property(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
