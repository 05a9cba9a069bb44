import { bySubscriberId, type Assignment, type GroupSubscriber } from './subscriber.ts';

/**
 * Kafka's range assignment: per topic, members in order get neighbouring partitions, the first ones one more where it does
 * not come out even.
 */
export function assignRange(
  members: readonly GroupSubscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Assignment {
  const result = new Map<string, Map<string, number[]>>(members.map((member) => [member.memberId, new Map()]));
  for (const [topic, count] of partitionCounts) {
    const takers = members.filter((member) => member.topics.includes(topic)).sort(bySubscriberId);
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
