import type { Cluster } from '../cluster/cluster.ts';
import { KafkaError } from '../kafka-error.ts';

/**
 * Waits until the topic that a group reads is there: before that there is nothing to join for.
 *
 * @throws KafkaError of kind `fatal`, with code `CLOSED` when `signal` was aborted
 */
export async function untilTopicExists(cluster: Cluster, topic: string, signal: AbortSignal): Promise<void> {
  const look = async () => {
    await cluster.refresh([topic]);
    if (cluster.topic(topic) !== undefined) return;
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `the input topic '${topic}' does not exist`, 'retry');
  };
  await cluster.persist('metadata', `topic '${topic}'`, look, signal);
}
