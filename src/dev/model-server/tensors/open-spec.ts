import { RequestError } from '../request-error.ts';
import { shown, type Datatype } from './datatype.ts';
import { MAX_RANK, nestedShape } from './read-tensor.ts';
import type { TensorSpec } from './tensor.ts';

/**
 * The name, shape and datatype that nested JSON lists have by themselves, for what takes tensors of every kind: whole numbers are
 * int64, numbers float64.
 *
 * @throws RequestError 400 for lists that are empty, or whose values are of several kinds
 */
export function openSpec(name: string, value: unknown, path: string): TensorSpec {
  const shape = nestedShape(value, path);
  const elements: readonly unknown[] = Array.isArray(value) ? (value.flat(MAX_RANK) as unknown[]) : [value];
  let datatype = datatypeOf(elements[0], path);
  for (const element of elements) {
    const other = datatypeOf(element, path);
    if (other === datatype) continue;
    const numbers = isNumber(other) && isNumber(datatype);
    if (!numbers) throw new RequestError(400, `${path} has ${shown(element)} beside ${shown(elements[0])}`);
    datatype = 'float64';
  }
  return { name, datatype, shape };
}

const isNumber = (datatype: Datatype) => datatype === 'int64' || datatype === 'float64';

function datatypeOf(value: unknown, path: string): Datatype {
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'int64';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  throw new RequestError(400, `${path} has ${shown(value)}, and numbers, texts or booleans are expected`);
}
