import { claimsOf, type Claim } from './claims.ts';
import { bySubscriberId, type Assignment, type OwningSubscriber } from './subscriber.ts';

/**
 * Cooperative sticky assignment: per topic, every member gets as many partitions as the others or one more, as many of them as
 * possible are those it has already, and nobody gets a partition that another member still owns. Such a partition stays out of
 * this round: its owner sees that it is no longer meant for it, gives it up and joins again, and the next round hands it out.
 *
 * The same members give the same assignment in whatever order they come.
 */
export function assignCooperatively(
  members: readonly OwningSubscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Assignment {
  const result = new Map(members.map((member) => [member.memberId, new Map<string, number[]>()]));
  const totals = new Map<string, number>();
  for (const [topic, count] of [...partitionCounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const takers = members.filter((member) => member.topics.includes(topic));
    const claims = claimsOf(members, topic, count);
    for (const [memberId, wanted] of balance(takers, count, claims, totals)) {
      totals.set(memberId, (totals.get(memberId) ?? 0) + wanted.length);
      const free = wanted.filter((partition) =>
        (claims.get(partition)?.claimants ?? []).every(
          (claimant) => claimant.memberId === memberId || claims.get(partition)?.owner?.memberId === memberId,
        ),
      );
      if (free.length > 0) result.get(memberId)?.set(topic, free);
    }
  }
  return result;
}

/** Who should have what of one topic in the end, each list in rising order. */
function balance(
  takers: readonly OwningSubscriber[],
  count: number,
  claims: ReadonlyMap<number, Claim>,
  totals: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly number[]> {
  if (takers.length === 0) return new Map();
  const owned = new Map<string, number[]>(takers.map(({ memberId }) => [memberId, []]));
  for (const [partition, { owner }] of claims) owned.get(owner?.memberId ?? '')?.push(partition);
  const size = ({ memberId }: OwningSubscriber) => owned.get(memberId)?.length ?? 0;
  const total = ({ memberId }: OwningSubscriber) => totals.get(memberId) ?? 0;
  // Those with the most keep the one more, so that the least moves; else those that have the least of other topics get it.
  const inOrder = [...takers].sort((a, b) => size(b) - size(a) || total(a) - total(b) || bySubscriberId(a, b));
  const each = Math.floor(count / takers.length);
  const extra = count % takers.length;
  const given = new Map<string, number[]>();
  const left = new Set(Array.from({ length: count }, (_, partition) => partition));
  const quotas = inOrder.map(({ memberId }, index) => {
    const quota = each + (index < extra ? 1 : 0);
    const kept = (owned.get(memberId) ?? []).sort((a, b) => a - b).slice(0, quota);
    for (const partition of kept) left.delete(partition);
    given.set(memberId, kept);
    return { kept, quota };
  });
  const rest = left.values();
  for (const { kept, quota } of quotas) {
    while (kept.length < quota) kept.push(rest.next().value ?? 0);
    kept.sort((a, b) => a - b);
  }
  return given;
}

/** What everybody says to own, and nothing else: a round in which nothing moves. */
export function assignAsOwned(
  members: readonly OwningSubscriber[],
  partitionCounts: ReadonlyMap<string, number>,
): Assignment {
  const result = new Map(members.map((member) => [member.memberId, new Map<string, number[]>()]));
  for (const [topic, count] of partitionCounts) {
    for (const [partition, { owner }] of claimsOf(members, topic, count)) {
      if (owner === undefined || !owner.topics.includes(topic)) continue;
      const topics = result.get(owner.memberId);
      topics?.set(topic, [...(topics.get(topic) ?? []), partition]);
    }
  }
  return result;
}
