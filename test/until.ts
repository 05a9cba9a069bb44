import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes that is not stuck, on a slow and busy machine too; under the limit of a unit test. */
const LIMIT_MS = 100_000;
const LOOK_MS = 20;

/**
 * Looks until it is so.
 *
 * @param what is waited for, for the error; as a function where it is worth telling only then
 * @throws Error when it is not so within the limit
 */
export async function until(
  what: string | (() => string),
  test: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await test())) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${limitMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await sleep(LOOK_MS);
  }
}
