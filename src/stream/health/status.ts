import type { AssignedPartition } from '../../kafka/offsets/assigned-partition.ts';
import type { OpenTrouble } from '../../kafka/cluster/troubles.ts';

/** Where one of the partitions stands that are ours. */
export interface PartitionStatus {
  readonly partition: number;
  readonly position: number;
  readonly committed: number;
  readonly endOffset: number;
  readonly lag: number | undefined;
  /** Since a broker last answered for it; 0 while nothing more is to be read for now. */
  readonly unreadMs: number;
}

/** Where a stream stands at one moment: for `/ready`, metrics and displays. */
export interface StreamStatus {
  /** Partitions have been assigned at least once (none is an assignment too). */
  readonly joined: boolean;
  /** Of the consumer group, when it last shared out its partitions; undefined while we are no member. */
  readonly generation: number | undefined;
  /** Read and not started. */
  readonly waitingRecords: number;
  readonly waitingBytes: number;
  /** At the models. */
  readonly inFlightRecords: number;
  /** Started and not stored: at the models, waiting for their turn or for the broker. */
  readonly openRecords: number;
  readonly openBytes: number;
  readonly retryingRecords: number;
  /** Since a record was last stored. */
  readonly sinceProgressMs: number;
  readonly partitions: readonly PartitionStatus[];
  /** The output partition that has waited longest for its broker to take records; undefined when there is nothing to write. */
  readonly slowestWrite: { readonly topic: string; readonly partition: number; readonly forMs: number } | undefined;
  /** Since the group last confirmed our membership; before the first time, since the stream runs. */
  readonly unconfirmedMs: number;
  readonly waitingForModel: { readonly node: string; readonly error: string; readonly forMs: number } | undefined;
  readonly brokerTroubles: readonly OpenTrouble[];
  /** Why it cannot make progress and should be started again, one sentence each; empty while all is well or known to be waited for. */
  readonly stuck: readonly string[];
}

/** @param nowMs of the monotonic clock */
export function partitionStatus(assigned: AssignedPartition, nowMs: number): PartitionStatus {
  const { partition, position, committed, endOffset, lag, paused, draining, answeredAtMs } = assigned;
  const unreadMs = paused || draining || answeredAtMs < 0 ? 0 : nowMs - answeredAtMs;
  return { partition, position, committed, endOffset, lag, unreadMs };
}
