import { apis } from '../../cluster/api.ts';
import { errorName, withResponse } from '../../cluster/cluster.ts';
import type { GroupMember } from '../group-member.ts';
import { classifyKafkaCode, KafkaError } from '../../kafka-error.ts';

/** What a group has stored for a partition. */
export interface StoredOffset {
  /** Of the next record to read; -1 when nothing is stored. */
  readonly offset: number;
  /** What was kept with it; empty when nothing was. */
  readonly metadata: string;
}

/**
 * The offsets that a group has stored, by partition. Partitions with an offset in a transaction that is still open are left out:
 * nobody knows yet where they stand.
 *
 * @throws KafkaError
 */
export async function storedOffsets(
  { coordinator, asking }: Pick<GroupMember, 'coordinator' | 'asking'>,
  group: string,
  topic: string,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, StoredOffset>> {
  const stored = new Map<number, StoredOffset>();
  if (numbers.length === 0) return stored;
  const { api, connection } = await coordinator.bind(apis.offsetFetch);
  const topics = [{ name: topic, partitionIndexes: [...numbers] }];
  const { memberId, memberEpoch } = asking ?? { memberId: null, memberEpoch: -1 };
  const request = api.call(connection, [{ groupId: group, memberId, memberEpoch, topics }], true);
  const [answer] = (await withResponse(request)).groups;
  check(errorName(answer?.errorCode ?? 0), group);
  for (const one of (answer?.topics ?? []).flatMap(({ partitions }) => partitions)) {
    const code = errorName(one.errorCode);
    if (code === 'UNSTABLE_OFFSET_COMMIT') continue;
    check(code, group);
    stored.set(one.partitionIndex, { offset: Number(one.committedOffset), metadata: one.metadata ?? '' });
  }
  return stored;
}

function check(code: string, group: string): void {
  if (code === 'NONE') return;
  throw new KafkaError(code, `offsets of group '${group}': ${code}`, classifyKafkaCode(code));
}
