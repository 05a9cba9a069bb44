import type { Connection } from '@platformatic/kafka';
import { KafkaError } from '../kafka-error.ts';

/**
 * The answer to a request that is worth nothing when it is late. Then its connection is closed, for brokers take up one request of a
 * connection after the other: the next one must not wait behind it.
 *
 * @throws KafkaError of kind `retry` when the time is over
 */
export async function answerWithin<T>(limitMs: number, connection: Connection, answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new KafkaError('REQUEST_TIMED_OUT', `no answer within ${Math.round(limitMs)} ms`, 'retry'));
    void connection.close();
  }, limitMs);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
