import { formatPath, type Path } from '../../../deployment/path.ts';
import { isMatcher } from './matcher.ts';
import type { Difference } from './mismatch.ts';
import { writtenValue } from './written-value.ts';
import { isObject } from '../../../base/json-object.ts';

/**
 * Where two JSON values differ: by path, the deepest that tells them apart. Order of keys means nothing; numbers are compared as
 * JavaScript reads them.
 *
 * @param expected may hold matchers
 * @param tolerance how far numbers may be apart
 */
export function* jsonDifferences(expected: unknown, got: unknown, tolerance = 0, at: Path = []): Generator<Difference> {
  if (isMatcher(expected)) {
    if (!expected.matches(got)) yield difference(at, expected, got);
  } else if (Array.isArray(expected) && Array.isArray(got)) {
    for (let index = 0; index < Math.max(expected.length, got.length); index++) {
      const place = [...at, index];
      if (index >= got.length) yield missing(place, expected[index]);
      else if (index >= expected.length) yield unexpected(place, got[index]);
      else yield* jsonDifferences(expected[index], got[index], tolerance, place);
    }
  } else if (isObject(expected) && isObject(got)) {
    for (const [key, value] of Object.entries(expected)) {
      if (Object.hasOwn(got, key)) yield* jsonDifferences(value, got[key], tolerance, [...at, key]);
      else yield missing([...at, key], value);
    }
    for (const [key, value] of Object.entries(got)) {
      if (!Object.hasOwn(expected, key)) yield unexpected([...at, key], value);
    }
  } else if (!sameScalar(expected, got, tolerance)) yield difference(at, expected, got);
}

function sameScalar(expected: unknown, got: unknown, tolerance: number): boolean {
  if (typeof expected === 'number' && typeof got === 'number') return Math.abs(expected - got) <= tolerance;
  return expected === got;
}

const difference = (at: Path, expected: unknown, got: unknown): Difference => ({
  path: formatPath(at),
  expected: writtenValue(expected),
  got: writtenValue(got),
});

const missing = (at: Path, expected: unknown): Difference => ({
  path: formatPath(at),
  expected: writtenValue(expected),
  got: undefined,
});

const unexpected = (at: Path, got: unknown): Difference => ({
  path: formatPath(at),
  expected: undefined,
  got: writtenValue(got),
});
