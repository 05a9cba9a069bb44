// A broker may be away, busy, or choosing a leader at any moment of a test. A question to it can be asked again.
import { setTimeout as sleep } from 'node:timers/promises';
import { GenericError } from '@platformatic/kafka';

/** Longer than anything takes that is not stuck, on a slow and busy machine too. */
export const PATIENCE_MS = 120_000;

/** News of a new topic may take so long from broker to broker. */
const NEWS_MS = 1_000;
const PAUSE_MS = 100;

export interface PersistLimits {
  /** Default two minutes. */
  readonly limitMs?: number;
  /** For a topic that no broker knows: the caller may want to know. Default a second. */
  readonly unknownTopicMs?: number;
}

/** Asks until there is an answer. What is no trouble with brokers, or stays one until the limit, is thrown. */
export async function persist<T>(ask: () => Promise<T>, limits: PersistLimits = {}): Promise<T> {
  const { limitMs = PATIENCE_MS, unknownTopicMs = NEWS_MS } = limits;
  const begun = performance.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Error && GenericError.isGenericError(error))) throw error;
      const mayTakeMs = kafkaErrorsOf(error).has('UNKNOWN_TOPIC_OR_PARTITION') ? unknownTopicMs : limitMs;
      if (performance.now() - begun > mayTakeMs) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** Kafka's names of what went wrong, such as `TOPIC_ALREADY_EXISTS`. */
export function kafkaErrorsOf(error: unknown): ReadonlySet<string> {
  const {
    apiId,
    errors = [],
    cause,
  } = error as {
    readonly apiId?: string;
    readonly errors?: readonly unknown[];
    readonly cause?: unknown;
  };
  const within = cause === undefined ? errors : [...errors, cause];
  return new Set([...(apiId === undefined ? [] : [apiId]), ...within.flatMap((one) => [...kafkaErrorsOf(one)])]);
}
