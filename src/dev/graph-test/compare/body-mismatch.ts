import { errorText } from '../../../base/errors.ts';
import type { Body } from '../format/body.ts';
import { byteDifference } from './byte-difference.ts';
import { jsonDifferences } from './json-differences.ts';
import { mismatchOf, type Mismatch } from './mismatch.ts';
import { clipped } from './written-value.ts';

/** What is wrong with a body: as JSON where JSON is expected, else byte for byte. */
export function bodyMismatch(about: string, expected: Body, got: Buffer, tolerance: number): Mismatch | undefined {
  if (expected.kind === 'bytes') {
    const difference = byteDifference(expected.bytes, got);
    return difference && { about, differences: [difference] };
  }
  let value: unknown;
  try {
    value = JSON.parse(got.toString());
  } catch (error) {
    const message = `is not JSON (${errorText(error)}): ${clipped(JSON.stringify(got.subarray(0, 4_000).toString()))}`;
    return { about, message, differences: [] };
  }
  return mismatchOf(about, jsonDifferences(expected.value, value, tolerance));
}
