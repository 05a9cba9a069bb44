import { arrayElements, isArrayAt } from '../../json/array-elements.ts';

// Deeper than any tensor; what is nested further goes alone.
const MAX_DIMENSIONS = 32;

/**
 * The shape of a row by its first elements, such as `2,3,`: rows of another shape cannot be in one tensor. Undefined where it is
 * nested too deeply.
 *
 * @param at offset of the row
 */
export function rowShape(body: Buffer, at: number | undefined): string | undefined {
  let shape = '';
  for (let depth = 0; at !== undefined && isArrayAt(body, at); depth++) {
    if (depth === MAX_DIMENSIONS) return undefined;
    const { count, ranges } = arrayElements(body, at);
    shape += `${count},`;
    at = ranges[0];
  }
  return shape;
}
