import { notJson, skipSpace, skipValue } from './skip-value.ts';

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/** The elements of a JSON array, by their places in the bytes. */
export interface ArrayElements {
  /** Offset of each element's first byte and of the byte after it, in turn. */
  readonly ranges: readonly number[];
  readonly count: number;
  /** Offset after the closing bracket. */
  readonly end: number;
}

/** Whether an array begins at `at`. */
export function isArrayAt(json: Buffer, at: number): boolean {
  return json[at] === OPEN_BRACKET;
}

/**
 * Finds the elements of the array whose opening bracket is at `at`.
 *
 * @throws MessageError where it is not JSON
 */
export function arrayElements(json: Buffer, at: number): ArrayElements {
  const ranges: number[] = [];
  let next = skipSpace(json, at + 1);
  if (json[next] === CLOSE_BRACKET) return { ranges, count: 0, end: next + 1 };
  for (;;) {
    const end = skipValue(json, next);
    ranges.push(next, end);
    next = skipSpace(json, end);
    if (json[next] === CLOSE_BRACKET) return { ranges, count: ranges.length / 2, end: next + 1 };
    if (json[next] !== COMMA) throw notJson(json, next);
    next = skipSpace(json, next + 1);
  }
}
