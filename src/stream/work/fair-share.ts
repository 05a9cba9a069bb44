/** What has been started and not stored: of one partition, or of all. */
export interface Held {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Whether a partition may start another record. Half of what may be held at one time is for whoever comes first, the other half in
 * equal shares: records that wait for their next attempt, or behind one that does, must not take the place of other partitions. Pure.
 *
 * @param partitions how many share the limit
 */
export function withinShare(own: Held, all: Held, limit: Held, partitions: number): boolean {
  // Who holds nothing takes nobody's place; and a large record must come to its turn.
  if (partitions <= 1 || own.records === 0) return true;
  const shares = 2 * partitions;
  return (
    (all.records < limit.records / 2 || own.records < limit.records / shares) &&
    (all.bytes < limit.bytes / 2 || own.bytes < limit.bytes / shares)
  );
}
