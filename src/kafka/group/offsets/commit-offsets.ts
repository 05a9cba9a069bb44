import { apis } from '../../cluster/api.ts';
import type { AssignedPartition } from '../../offsets/assigned-partition.ts';
import { errorName, withResponse, type Cluster } from '../../cluster/cluster.ts';
import { KafkaError, classifyKafkaCode } from '../../kafka-error.ts';
import type { GroupMember } from '../group-member.ts';
import { noteOf } from './topic-note.ts';

/** What to store of a partition: everything below the offset is finished. */
export interface PartitionOffset {
  readonly partition: AssignedPartition;
  readonly offset: number;
}

/**
 * Stores offsets for a group, in the name of a member, each with a note on the topic it belongs to.
 *
 * @throws KafkaError when not all of them were stored; those that were have it in `committed`
 */
export async function commitOffsets(
  cluster: Cluster,
  member: GroupMember,
  group: string,
  topic: string,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  const { api, connection } = await member.coordinator.bind(apis.offsetCommit);
  const partitions = offsets.map(({ partition, offset }) => ({
    partitionIndex: partition.partition,
    committedOffset: BigInt(offset),
    committedLeaderEpoch: partition.leaderEpoch,
    committedMetadata: noteOf(partition, cluster.topic(topic)) ?? null,
  }));
  const { generation, memberId, instanceId } = member;
  const request = api.call(connection, group, generation, memberId, instanceId, [{ name: topic, partitions }]);
  const response = await withResponse(request);
  let refused: KafkaError | undefined;
  for (const answer of response.topics.flatMap((entry) => entry.partitions)) {
    const code = errorName(answer.errorCode);
    const stored = offsets.find(({ partition }) => partition.partition === answer.partitionIndex);
    if (code !== 'NONE') refused = new KafkaError(code, `commit of '${topic}': ${code}`, classifyKafkaCode(code));
    else if (stored) stored.partition.committed = stored.offset;
  }
  if (refused !== undefined) throw refused;
}
