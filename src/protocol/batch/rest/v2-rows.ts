import { arrayElements, isArrayAt } from '../../json/array-elements.ts';
import { messageMembers, objectMembers, type ByteRange } from '../../json/object-members.ts';
import type { RowMessage } from './row-message.ts';
import { shapedArray, type ShapedArray } from './shaped-array.ts';

// A model that keeps the state of a sequence counts its requests.
const SEQUENCE = '"sequence_id"';

/**
 * The rows of an Open Inference Protocol message: the first axis of its `inputs`, or of its `outputs`, where all have the same.
 * Undefined for requests that are part of a sequence, and for anything else.
 *
 * @throws MessageError where it is not JSON
 */
export function v2Rows(body: Buffer, key: 'inputs' | 'outputs'): RowMessage | undefined {
  const members = messageMembers(body);
  const tensors = members?.get(key);
  if (members === undefined || tensors === undefined || !isArrayAt(body, tensors.start)) return undefined;
  const parameters = members.get('parameters');
  if (key === 'inputs' && parameters !== undefined && text(body, parameters).includes(SEQUENCE)) return undefined;
  const { ranges, count } = arrayElements(body, tensors.start);
  const found: ShapedArray[] = [];
  for (let index = 0; index < count; index++) {
    const fields = objectMembers(body, ranges[index * 2] ?? 0)?.members;
    const tensor = fields && shapedArray(body, fields.get('shape'), fields.get('data'));
    if (tensor === undefined || tensor.rows !== (found[0] ?? tensor).rows) return undefined;
    found.push(tensor);
  }
  const [first] = found;
  if (first === undefined) return undefined;
  return {
    body,
    rows: first.rows,
    arrays: found.map(({ values }) => values),
    dimensions: found.map(({ dimension }) => dimension),
    id: members.get('id'),
  };
}

function text(body: Buffer, { start, end }: ByteRange): string {
  return body.toString('utf8', start, end);
}
