/** What one member of the group asks for. */
export interface GroupSubscriber {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
}

/** Member id to the partitions it gets, by topic. */
export type Assignment = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/**
 * Kafka's range assignment: per topic, members in order get neighbouring partitions, the first ones one more where it does
 * not come out even. Members are ordered by instance id where they have one, else by member id, as the Java client does, so
 * that every leader comes to the same result.
 */
export function assignRange(
  members: readonly GroupSubscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Assignment {
  const result = new Map<string, Map<string, number[]>>(members.map((member) => [member.memberId, new Map()]));
  for (const [topic, count] of partitionCounts) {
    const takers = members.filter((member) => member.topics.includes(topic)).sort(byId);
    if (takers.length === 0) continue;
    const each = Math.floor(count / takers.length);
    const extra = count % takers.length;
    let next = 0;
    for (const [index, member] of takers.entries()) {
      const size = each + (index < extra ? 1 : 0);
      if (size > 0)
        result.get(member.memberId)?.set(
          topic,
          Array.from({ length: size }, (_, i) => next + i),
        );
      next += size;
    }
  }
  return result;
}

function byId(a: GroupSubscriber, b: GroupSubscriber): number {
  // Static members sort before dynamic ones and keep their place over restarts.
  if ((a.groupInstanceId === null) !== (b.groupInstanceId === null)) return a.groupInstanceId === null ? 1 : -1;
  const left = a.groupInstanceId ?? a.memberId;
  const right = b.groupInstanceId ?? b.memberId;
  return left < right ? -1 : left > right ? 1 : 0;
}
