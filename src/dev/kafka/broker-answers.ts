import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { errorText } from '../../base/errors.ts';

const POLL_MS = 100;

/**
 * Waits until the cluster behind `bootstrap` answers a metadata request with `brokers` live brokers. Returns why not, when the
 * signal aborts first.
 */
export async function untilBrokerAnswers(
  bootstrap: string,
  brokers: number,
  signal: AbortSignal,
): Promise<{ readonly ready: true } | { readonly ready: false; readonly why: string }> {
  let why = 'no attempt yet';
  while (!signal.aborted) {
    // A new client each time: nothing of a refused connection is remembered.
    const admin = new Admin({
      clientId: 'millrace-dev',
      bootstrapBrokers: [bootstrap],
      retries: 0,
      connectTimeout: 1_000,
      requestTimeout: 3_000,
      autocreateTopics: false,
    });
    try {
      const metadata = await admin.metadata({ topics: [], forceUpdate: true, retries: 0 });
      if (metadata.brokers.size >= brokers) return { ready: true };
      why = `it knows ${metadata.brokers.size} of ${brokers} brokers`;
    } catch (error) {
      why = errorText(error);
    } finally {
      await admin.close().catch(() => undefined);
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return { ready: false, why };
}
