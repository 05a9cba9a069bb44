import { sleep } from '../../base/clock.ts';

const LIMIT_MS = 3_000;

/** Says goodbye to the group, and does not wait long for it: should the word be lost, the session ends by itself. */
export async function depart(goodbye: () => Promise<unknown>): Promise<void> {
  const limit = new AbortController();
  await Promise.race([goodbye().catch(() => undefined), sleep(LIMIT_MS, limit.signal)]);
  limit.abort();
}
