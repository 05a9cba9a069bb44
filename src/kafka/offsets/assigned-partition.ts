import type { OffsetRange } from './finished-ahead.ts';
import { OffsetTracker } from './offset-tracker.ts';

/**
 * A partition for as long as the group lets us have it: one object per assignment, so work that began under an earlier
 * assignment can never touch the offsets of a later one.
 */
export class AssignedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly tracker: OffsetTracker;
  /** Of the topic that the offsets belong to: its name can come to stand for another. Empty: whatever the name stands for. */
  topicId = '';
  /** How many partitions that topic had when the group began with it, as far as it is known; 0: as many as now. */
  topicPartitions = 0;
  /** Offset of the next record to fetch. */
  position: number;
  /** Last offset that the group coordinator stored for us; -1 before the first. */
  committed = -1;
  /** End of the log as the broker last told (what a reader may see); -1 when unknown. */
  endOffset = -1;
  /** Leader's node id; -1 while unknown. */
  leader = -1;
  leaderEpoch = -1;
  /** The reader's user cannot take more for now. */
  paused = false;
  /** When a broker last answered for it, or nothing was wanted of one; -1 before it is read. */
  answeredAtMs = -1;
  /** Being given up: no more of it is read. */
  draining = false;
  /** Given up: no record of it is delivered, started or committed any more. */
  revoked = false;
  /** Until when no fetch is sent, after an error. */
  retryAtMs = 0;
  failures = 0;

  /** @param finishedBefore what an earlier owner has finished above the position: not to be done again */
  constructor(topic: string, partition: number, position: number, finishedBefore: readonly OffsetRange[] = []) {
    this.topic = topic;
    this.partition = partition;
    this.position = position;
    this.tracker = new OffsetTracker(position, finishedBefore);
  }

  /** Records in the log that are not committed yet; undefined before the first answer of the broker. */
  get lag(): number | undefined {
    return this.endOffset < 0 ? undefined : Math.max(0, this.endOffset - this.tracker.committable);
  }
}
