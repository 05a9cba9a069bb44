/** One place where what came is not what was expected; a side is undefined where there is nothing. */
export interface Difference {
  /** Such as `predictions[0][1]`; empty for the whole. */
  readonly path: string;
  readonly expected: string | undefined;
  readonly got: string | undefined;
}

/** One part of a test that went wrong. */
export interface Mismatch {
  /** Such as `output` or `call 2 (node a)`. */
  readonly about: string;
  /** What is wrong, where it is no matter of values. */
  readonly message?: string;
  /** At most `MAX_DIFFERENCES`. */
  readonly differences: readonly Difference[];
  /** Further differences that are not listed. */
  readonly more?: number;
}

/** How many differences of one mismatch are listed; of the others only the number is told. */
export const MAX_DIFFERENCES = 20;

/** A mismatch of these differences; undefined when there are none. */
export function mismatchOf(about: string, differences: Iterable<Difference>): Mismatch | undefined {
  const listed: Difference[] = [];
  let more = 0;
  for (const difference of differences) {
    if (listed.length < MAX_DIFFERENCES) listed.push(difference);
    else more++;
  }
  if (listed.length === 0) return undefined;
  return { about, differences: listed, ...(more > 0 ? { more } : {}) };
}
