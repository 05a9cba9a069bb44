import { sleep } from '../../src/base/clock.ts';

/** Whether it became true within the limit. Rejects when the signal aborts. */
export async function until(
  test: () => boolean | Promise<boolean>,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!(await test())) {
    if (performance.now() > deadline) return false;
    await sleep(200, signal);
    signal.throwIfAborted();
  }
  return true;
}
