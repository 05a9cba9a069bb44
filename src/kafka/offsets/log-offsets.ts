import { apis } from '../cluster/api.ts';
import { errorName, withResponse, type Cluster } from '../cluster/cluster.ts';
import { KafkaError, classifyKafkaCode } from '../kafka-error.ts';

const TIMESTAMPS = { earliest: -2n, latest: -1n } as const;
const READ_COMMITTED = 1;

/**
 * The first (`earliest`) or next (`latest`, what a read-committed reader may see) offset of partitions.
 *
 * @throws KafkaError of kind `retry` while a leader is missing
 */
export async function logOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  end: keyof typeof TIMESTAMPS,
): Promise<Map<number, number>> {
  await cluster.refresh([topic]);
  const byLeader = Map.groupBy(partitions, (number) => cluster.topic(topic)?.partitions[number]?.leader ?? -1);
  const result = new Map<number, number>();
  for (const [leader, numbers] of byLeader) {
    if (leader < 0)
      throw new KafkaError(
        'LEADER_NOT_AVAILABLE',
        `partitions ${numbers.join(', ')} of '${topic}' have no leader`,
        'retry',
      );
    const { api, connection } = await cluster.bind('metadata', apis.listOffsets, leader);
    const asked = numbers.map((partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: TIMESTAMPS[end],
    }));
    const response = await withResponse(api.call(connection, -1, READ_COMMITTED, [{ name: topic, partitions: asked }]));
    for (const answer of response.topics.flatMap((entry) => entry.partitions)) {
      const code = errorName(answer.errorCode);
      if (code !== 'NONE')
        throw new KafkaError(code, `offsets of '${topic}'/${answer.partitionIndex}: ${code}`, classifyKafkaCode(code));
      result.set(answer.partitionIndex, Number(answer.offset));
    }
  }
  return result;
}
