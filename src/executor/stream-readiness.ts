import type { StreamStatus } from '../stream/health/status.ts';
import { secondsText, troubleText } from '../stream/health/trouble-text.ts';

/**
 * How long Kafka may be away before it is told, in milliseconds: a broker that dies is noticed by the others after 9 s by default,
 * and its partitions move then.
 */
const KAFKA_GRACE_MS = 15_000;

/**
 * Why a stream does not work now, one sentence each; empty when all is well. It works while every partition that it owns can be
 * read, every result can be written, and the group knows it; a broker that is away while the others do its work is no reason.
 */
export function streamNotReady(status: StreamStatus): string[] {
  const { joined, partitions, slowestWrite, waitingForModel, brokerTroubles } = status;
  const reasons = [...kafkaTroubles(status)];
  if (!joined && reasons.length === 0) reasons.push('the consumer group has not been joined yet');
  const unread = partitions.filter(({ unreadMs }) => unreadMs >= KAFKA_GRACE_MS);
  if (unread.length > 0) {
    const numbers = unread.map(({ partition }) => partition).join(', ');
    const longest = Math.max(...unread.map(({ unreadMs }) => unreadMs));
    reasons.push(
      `partition ${numbers} of the input topic cannot be read since ${secondsText(longest)}${troubleText(brokerTroubles, 'fetch')}`,
    );
  }
  if (slowestWrite !== undefined && slowestWrite.forMs >= KAFKA_GRACE_MS) {
    const { topic, partition, forMs } = slowestWrite;
    reasons.push(
      `partition ${partition} of '${topic}' cannot be written since ${secondsText(forMs)}${troubleText(brokerTroubles, 'produce')}`,
    );
  }
  if (waitingForModel !== undefined) {
    const { node, error, forMs } = waitingForModel;
    reasons.push(`records wait for node '${node}' since ${secondsText(forMs)}: ${error}`);
  }
  return reasons;
}

// What is read and written is judged by partition; these two have none.
function* kafkaTroubles({ joined, brokerTroubles }: StreamStatus): Generator<string> {
  for (const { role, error, forMs } of brokerTroubles) {
    if (role !== 'group' && role !== 'metadata') continue;
    // Before the first assignment there is nothing to wait for but this.
    if (joined && forMs < KAFKA_GRACE_MS) continue;
    yield `Kafka cannot be used (${role}) since ${secondsText(forMs)}: ${error}`;
  }
}
