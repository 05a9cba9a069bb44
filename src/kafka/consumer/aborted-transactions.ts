import { IS_CONTROL, IS_TRANSACTIONAL, type RecordsBatch } from '@platformatic/kafka';

/** A transaction of which a reader of committed records must see nothing. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/**
 * The record batches that a read-committed reader may see: no control batches, none of aborted transactions. The broker names
 * the aborted transactions that touch the answer; each lasts from its first offset to its abort marker.
 */
export function visibleBatches(
  batches: readonly RecordsBatch[],
  aborted: readonly AbortedTransaction[] | null,
): readonly RecordsBatch[] {
  const waiting = [...(aborted ?? [])].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const open = new Set<bigint>();
  return batches.filter((batch) => {
    const end = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (waiting[0] !== undefined && waiting[0].firstOffset <= end) {
      open.add(waiting[0].producerId);
      waiting.shift();
    }
    if ((batch.attributes & IS_CONTROL) !== 0) {
      // Every control batch is the end of its producer's transaction: a commit or an abort marker.
      open.delete(batch.producerId);
      return false;
    }
    return (batch.attributes & IS_TRANSACTIONAL) === 0 || !open.has(batch.producerId);
  });
}
