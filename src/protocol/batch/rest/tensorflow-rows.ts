import { arrayElements, isArrayAt } from '../../json/array-elements.ts';
import { messageMembers } from '../../json/object-members.ts';
import type { RowMessage } from './row-message.ts';

/**
 * The rows of a TensorFlow Serving message in its row format: the elements of `instances`, or of `predictions`. Undefined for the
 * column format and for anything else.
 *
 * @throws MessageError where it is not JSON
 */
export function tensorflowRows(body: Buffer, key: 'instances' | 'predictions'): RowMessage | undefined {
  const rows = messageMembers(body)?.get(key);
  if (rows === undefined || !isArrayAt(body, rows.start)) return undefined;
  const elements = arrayElements(body, rows.start);
  return { body, rows: elements.count, arrays: [{ elements, perRow: 1 }], dimensions: [], id: undefined };
}
