import type { OwningSubscriber } from './subscriber.ts';

/** Who says to own a partition of one topic. */
export interface Claim {
  /** Whose word counts: the one with the newest assignment. Undefined when two claim it with equal right. */
  readonly owner: OwningSubscriber | undefined;
  /** Everybody who says so: as long as another does, nobody new may begin. */
  readonly claimants: readonly OwningSubscriber[];
}

/**
 * The partitions of a topic that members say to own. Two can say so when one of them was cut off and has missed that its
 * partitions were given away.
 *
 * @param count partitions of the topic; claims beyond it (the topic was made again, smaller) do not count
 */
export function claimsOf(
  members: readonly OwningSubscriber[],
  topic: string,
  count: number,
): ReadonlyMap<number, Claim> {
  const claims = new Map<number, Claim>();
  for (const member of members) {
    for (const partition of new Set(member.owned.get(topic))) {
      if (partition < 0 || partition >= count) continue;
      const known = claims.get(partition);
      if (known === undefined) claims.set(partition, { owner: member, claimants: [member] });
      else claims.set(partition, { owner: stronger(known, member), claimants: [...known.claimants, member] });
    }
  }
  return claims;
}

function stronger({ claimants }: Claim, member: OwningSubscriber): OwningSubscriber | undefined {
  const newest = Math.max(member.generation, ...claimants.map(({ generation }) => generation));
  const [one, another] = [...claimants, member].filter(({ generation }) => generation === newest);
  return another === undefined ? one : undefined;
}
