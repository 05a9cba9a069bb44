/** What one member of the group asks for when it joins. */
export interface GroupSubscriber {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
}

/** A member that keeps its partitions while the group rebalances, and says which. */
export interface OwningSubscriber extends GroupSubscriber {
  /** By topic. */
  readonly owned: ReadonlyMap<string, readonly number[]>;
  /** Of the assignment that gave it these partitions; -1 when unknown. */
  readonly generation: number;
}

/** Member id to the partitions it gets, by topic. */
export type Assignment = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/**
 * The order of members, the same for every leader: static ones by their name, which stays over restarts, then the others by
 * member id, as in the Java client.
 */
export function bySubscriberId(a: GroupSubscriber, b: GroupSubscriber): number {
  if ((a.groupInstanceId === null) !== (b.groupInstanceId === null)) return a.groupInstanceId === null ? 1 : -1;
  return inOrder(a.groupInstanceId ?? '', b.groupInstanceId ?? '') || inOrder(a.memberId, b.memberId);
}

function inOrder(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
