/** How long to wait between attempts, in milliseconds. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/**
 * The wait before attempt `attempt + 1`, in milliseconds: doubles from `initialMs` up to `maxMs`, of which the upper half is
 * random, so that many who failed together do not come back together.
 *
 * @param attempt how many attempts have failed, from 1
 * @param random a number in [0, 1), injected so that simulations repeat
 */
export function backoffMs(backoff: Backoff, attempt: number, random: number): number {
  const full = Math.min(backoff.maxMs, backoff.initialMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (full / 2) * random;
}
