import type { Cluster } from '../../../cluster/cluster.ts';
import { toKafkaError } from '../../../kafka-error.ts';

/**
 * How many partitions the topics of a group have, for its leader: nobody else gives them away. Topics that do not exist, or that
 * the leader may not see, are left out.
 *
 * @param known the topic whose metadata is fresh; the others are looked up
 * @throws KafkaError when the brokers cannot be asked
 */
export async function partitionCounts(
  cluster: Cluster,
  topics: readonly string[],
  known: string,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const topic of topics) {
    try {
      if (topic !== known) await cluster.refresh([topic]);
    } catch (error) {
      if (toKafkaError(error).failure !== 'fatal') throw error;
      continue;
    }
    const count = cluster.topic(topic)?.partitions.length;
    if (count !== undefined) counts.set(topic, count);
  }
  return counts;
}
