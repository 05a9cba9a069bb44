import { arrayElements, isArrayAt } from '../../json/array-elements.ts';
import { messageMembers, objectMembers } from '../../json/object-members.ts';
import type { RowMessage } from './row-message.ts';
import { shapedArray } from './shaped-array.ts';

/**
 * The rows of a SeldonMessage: the elements of `data.ndarray`, or the first axis of `data.tensor`. Undefined for its other forms
 * (strData, binData, jsonData, tftensor) and for anything else.
 *
 * @throws MessageError where it is not JSON
 */
export function seldonRows(body: Buffer): RowMessage | undefined {
  const data = messageMembers(body)?.get('data');
  const fields = data && objectMembers(body, data.start)?.members;
  if (fields === undefined) return undefined;
  const ndarray = fields.get('ndarray');
  const tensor = fields.get('tensor');
  if (ndarray !== undefined && tensor === undefined && isArrayAt(body, ndarray.start)) {
    const elements = arrayElements(body, ndarray.start);
    return { body, rows: elements.count, arrays: [{ elements, perRow: 1 }], dimensions: [], id: undefined };
  }
  if (tensor === undefined || ndarray !== undefined) return undefined;
  const parts = objectMembers(body, tensor.start)?.members;
  const found = parts && shapedArray(body, parts.get('shape'), parts.get('values'));
  if (found === undefined) return undefined;
  return { body, rows: found.rows, arrays: [found.values], dimensions: [found.dimension], id: undefined };
}
