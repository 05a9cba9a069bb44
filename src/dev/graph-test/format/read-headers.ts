import type { Headers } from './written-file.ts';

/** Headers as pairs; one that is given a list comes once for each of its values. */
export function readHeaders(headers: Headers): (readonly [name: string, value: string])[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one) => [name, one] as const),
  );
}
