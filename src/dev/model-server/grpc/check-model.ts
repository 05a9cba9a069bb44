import type { ServedModel } from '../protocols/rest-protocol.ts';
import { RequestError } from '../request-error.ts';
import { stepOf } from '../role.ts';

/**
 * @param version empty for any
 * @throws RequestError 404 for another model or version
 */
export function checkModel(model: ServedModel, name: string, version: string): void {
  if (name !== model.name) {
    throw new RequestError(404, `no model '${name}' is served here, only '${model.name}'`);
  }
  if (version === '' || version === model.version) return;
  throw new RequestError(404, `model '${name}' has no version '${version}', only '${model.version}'`);
}

/**
 * In the tensorflow and v2 protocols a router and a combiner are called by the method of a model, and the message says for what. A
 * model file may be what its graph takes it for; a script does one thing.
 *
 * @param asked what the message says: `route`, `aggregate` or anything else for an answer
 * @param how where it says so
 * @throws RequestError 501 when the role is another
 */
export function checkStep(model: ServedModel, asked: string, how: string): void {
  if (model.signature !== undefined) return;
  const step = asked === 'route' || asked === 'aggregate' ? asked : 'infer';
  const own = stepOf(model.role);
  if (step === own) return;
  const wants = own === 'infer' ? `${how} neither 'route' nor 'aggregate'` : `${how} '${own}'`;
  throw new RequestError(501, `this is a ${model.role}, which takes ${wants}`);
}

/** The children's tensors: `0/y` is `y` of the first. @throws RequestError 400 */
export function childTensors<T>(named: Iterable<readonly [string, T]>): readonly ReadonlyMap<string, T>[] {
  const children: Map<string, T>[] = [];
  for (const [name, tensor] of named) {
    const match = /^(\d{1,4})\/(.*)$/s.exec(name);
    if (!match) throw new RequestError(400, `the input '${name}' is of no child; '0/y' is output y of the first one`);
    const child = Number(match[1]);
    while (children.length <= child) children.push(new Map());
    children[child]?.set(match[2] ?? '', tensor);
  }
  return children;
}
