import { arrayElements, isArrayAt } from '../../json/array-elements.ts';
import type { ByteRange } from '../../json/object-members.ts';
import type { RowArray } from './row-message.ts';

/** A tensor of a JSON message: its values as one array (flat, or nested by rows) beside its shape. */
export interface ShapedArray {
  readonly rows: number;
  /** Where the shape says the number of rows. */
  readonly dimension: ByteRange;
  readonly values: RowArray;
}

/**
 * Reads a tensor. Undefined where the values are not as many as the shape says: then nobody knows which belong to which row.
 *
 * @throws MessageError where it is not JSON
 */
export function shapedArray(
  body: Buffer,
  shape: ByteRange | undefined,
  data: ByteRange | undefined,
): ShapedArray | undefined {
  if (shape === undefined || data === undefined) return undefined;
  if (!isArrayAt(body, shape.start) || !isArrayAt(body, data.start)) return undefined;
  const { ranges } = arrayElements(body, shape.start);
  const [start, end] = ranges;
  if (start === undefined || end === undefined) return undefined;
  const sizes = JSON.parse(body.toString('latin1', shape.start, shape.end)) as unknown[];
  if (!sizes.every((size): size is number => Number.isSafeInteger(size) && Number(size) >= 0)) return undefined;
  const [rows = 0, ...rest] = sizes;
  const elements = arrayElements(body, data.start);
  const isNested = elements.ranges[0] !== undefined && isArrayAt(body, elements.ranges[0]);
  const perRow = isNested ? 1 : rest.reduce((product, size) => product * size, 1);
  if (elements.count !== rows * perRow) return undefined;
  return { rows, dimension: { start, end }, values: { elements, perRow } };
}
