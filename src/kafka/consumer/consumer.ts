import { sleep } from '../../base/clock.ts';
import { AssignedPartition } from '../offsets/assigned-partition.ts';
import {
  offsetOutOfRange,
  offsetsCommitted,
  partitionsAssigned,
  partitionsRevoked,
  topicReplaced,
} from '../channels.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { Fetcher } from './fetcher.ts';
import { decodeFinishedAhead } from '../offsets/finished-ahead.ts';
import { commitOffsets } from '../group/offsets/commit-offsets.ts';
import type { GroupMember } from '../group/group-member.ts';
import type { GroupPlace } from '../group/group-place.ts';
import { openMember } from '../group/open-member.ts';
import { PartitionStarts } from '../group/offsets/partition-starts.ts';
import type { StartOffset } from '../group/offsets/start-offsets.ts';
import { toKafkaError } from '../kafka-error.ts';
import { logOffsets } from '../offsets/log-offsets.ts';
import { placeOutOfRange } from '../offsets/out-of-range.ts';
import type { ConsumerOptions } from '../options.ts';
import type { InputRecord } from '../record.ts';

// How long the last commit of partitions that are given up may be repeated: the group may be between two generations.
const LAST_COMMIT_MS = 3_000;
const LAST_COMMIT_PAUSE_MS = 100;
// A broker that says the same again is not asked as fast as it answers.
const OUT_OF_RANGE_PAUSE_MS = 100;
// What the right coordinator says too.
const COORDINATOR_SAYS = new Set(['REBALANCE_IN_PROGRESS', 'UNKNOWN_TOPIC_OR_PARTITION']);

/** What the consumer tells its user. */
export interface ConsumerHandler {
  /** Records of one partition, in order. Take note of each in `partition.tracker` before this returns. */
  records(partition: AssignedPartition, records: readonly InputRecord[], sizeBytes: number): void;
  /** These are ours now, beside those that were before. */
  assigned(partitions: readonly AssignedPartition[]): void;
  /** Finish what is under way in these partitions, within a bound; offsets are committed when this resolves. */
  drain(partitions: readonly AssignedPartition[]): Promise<void>;
  /** These partitions are gone: drop their work. Called after `drain` too. */
  released(partitions: readonly AssignedPartition[]): void;
}

/** How the group is joined and the topic read. */
export interface ConsumerSettings extends Omit<ConsumerOptions, 'revokeDrainMs'> {
  readonly group: string;
  readonly topic: string;
  /** Undefined: its user stores the offsets, in transactions, and sets `committed` of the partitions. */
  readonly commitIntervalMs: number | undefined;
}

/**
 * A member of a consumer group that reads one topic. Offsets are committed at an interval and before partitions are given up,
 * and only as far as each partition's tracker allows.
 */
export class Consumer {
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #handler: ConsumerHandler;
  readonly #member: GroupMember;
  readonly #fetcher: Fetcher;
  readonly #starts: PartitionStarts;
  readonly #failed = Promise.withResolvers<never>();
  #partitions: readonly AssignedPartition[] = [];
  /** Of the topic that was read last; empty before the first. */
  #topicId = '';
  #commitTimer: NodeJS.Timeout | undefined;
  #committing: Promise<void> = Promise.resolve();
  /** The commit that waits for the one under way; whoever asks meanwhile is served by it too. */
  #nextCommit: Promise<void> | undefined;

  constructor(cluster: Cluster, settings: ConsumerSettings, handler: ConsumerHandler) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#handler = handler;
    const { topic, groupInstanceId: instanceId } = settings;
    this.#member = openMember(cluster, { ...settings, instanceId }, settings.groupProtocol, {
      assigned: (numbers, generation) => this.#starts.find(numbers, generation, this.#topicId),
      revoke: (numbers, reason) => this.#revoke(numbers, reason),
      lost: (numbers, reason) => this.#release(numbers, true, reason),
      topicSeen: () => this.#fetcher.update(),
    });
    this.#starts = new PartitionStarts(cluster, this.#member, settings, {
      found: (starts, generation) => this.#begin(starts, generation),
      failed: (error) => this.#failed.reject(error),
    });
    this.#fetcher = new Fetcher(cluster, topic, {
      records: (partition, records, sizeBytes) => this.#handler.records(partition, records, sizeBytes),
      outOfRange: (partition) => void this.#reset(partition),
      replaced: (partitions) => this.#replaced(partitions),
      failed: (error) => this.#failed.reject(error),
    });
    this.#failed.promise.catch(() => undefined);
  }

  /** The partitions that are ours now. */
  get partitions(): readonly AssignedPartition[] {
    return this.#partitions;
  }

  /** Our place in the group, by which the broker tells whether the partitions are still ours; undefined while we have none. */
  get place(): GroupPlace | undefined {
    const { generation, memberId, instanceId } = this.#member;
    return generation < 0 ? undefined : { generation, memberId, instanceId };
  }

  /** Since the group last confirmed the membership, in milliseconds; undefined before the first time. */
  get unconfirmedMs(): number | undefined {
    return this.#member.unconfirmedMs;
  }

  /** Joins the group and reads until `close`. Rejects with a KafkaError of kind `fatal` when a person must act. */
  async run(): Promise<void> {
    const { commitIntervalMs } = this.#settings;
    if (commitIntervalMs !== undefined) this.#commitTimer = setInterval(() => void this.commit(), commitIntervalMs);
    try {
      await Promise.race([this.#member.run(), this.#failed.promise]);
    } finally {
      clearInterval(this.#commitTimer);
    }
  }

  /** A partition was paused or resumed: loops look again. */
  resumed(): void {
    this.#fetcher.update();
  }

  /** Drains, commits, leaves the group and stops reading. */
  async close(): Promise<void> {
    await this.#member.leave();
    clearInterval(this.#commitTimer);
    await this.#fetcher.close();
  }

  /**
   * Commits what may be committed. Never rejects: what could not be committed now is committed later, by us or, after a
   * repetition of the records, by the next owner.
   */
  async commit(): Promise<void> {
    if (!this.#commits) return;
    // One at a time: an older commit that is answered late must not undo a newer one.
    this.#nextCommit ??= this.#committing.then(() => {
      this.#nextCommit = undefined;
      return (this.#committing = this.#commit());
    });
    await this.#nextCommit;
  }

  get #commits(): boolean {
    return this.#settings.commitIntervalMs !== undefined;
  }

  async #commit(): Promise<void> {
    const open = this.#partitions.filter(isUncommitted);
    if (open.length === 0 || this.#member.generation < 0) return;
    const { group, topic } = this.#settings;
    const offsets = open.map((partition) => ({ partition, offset: partition.tracker.committable }));
    const begun = performance.now();
    try {
      await commitOffsets(this.#cluster, this.#member, group, topic, offsets);
      if (offsetsCommitted.hasSubscribers) {
        const told = offsets.map(({ partition, offset }) => ({ partition: partition.partition, offset }));
        offsetsCommitted.publish({ group, topic, offsets: told, durationMs: performance.now() - begun });
      }
    } catch (thrown) {
      const error = toKafkaError(thrown);
      // Fenced and rebalancing: the heartbeat finds out and acts; the new owner repeats what is not committed.
      if (error.failure === 'retry' && !COORDINATOR_SAYS.has(error.code)) this.#member.coordinator.forget();
      if (error.failure === 'fatal' && error.code !== 'CLOSED') this.#failed.reject(error);
    }
  }

  #begin(starts: readonly StartOffset[], generation: number): void {
    const taken = starts.map(({ partition: number, offset, stored, topicId, topicPartitions }) => {
      const ahead = decodeFinishedAhead(offset, stored?.metadata ?? '');
      const partition = new AssignedPartition(this.#settings.topic, number, offset, ahead);
      partition.committed = stored?.offset ?? -1;
      partition.topicId = topicId;
      partition.topicPartitions = topicPartitions;
      this.#topicId = topicId;
      return partition;
    });
    this.#partitions = [...this.#partitions, ...taken].sort((a, b) => a.partition - b.partition);
    this.#handler.assigned(taken);
    this.#read();
    if (partitionsAssigned.hasSubscribers) {
      const { group, topic } = this.#settings;
      const partitions = taken.map(({ partition, position }) => ({ partition, offset: position }));
      partitionsAssigned.publish({ group, topic, generation, memberId: this.#member.memberId, partitions });
    }
    // A group that begins at the end of the log must find the same place after a crash.
    void this.commit();
  }

  #read(): void {
    this.#fetcher.assign(this.#partitions.filter(({ draining }) => !draining));
  }

  async #drain(partitions: readonly AssignedPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    for (const partition of partitions) partition.draining = true;
    this.#read();
    await this.#handler.drain(partitions);
  }

  async #revoke(numbers: readonly number[], reason: string): Promise<void> {
    this.#starts.forget(numbers);
    const going = this.#partitions.filter(({ partition }) => numbers.includes(partition));
    await this.#drain(going);
    const limit = performance.now() + LAST_COMMIT_MS;
    await this.commit();
    while (going.some(isUncommitted) && performance.now() < limit && this.place !== undefined && this.#commits) {
      await sleep(LAST_COMMIT_PAUSE_MS, this.#cluster.signal);
      if (this.#cluster.closed) break;
      await this.commit();
    }
    this.#release(numbers, false, reason);
  }

  #release(numbers: readonly number[], lost: boolean, reason: string): void {
    this.#starts.forget(numbers);
    const released = this.#partitions.filter(({ partition }) => numbers.includes(partition));
    if (released.length === 0) return;
    this.#partitions = this.#partitions.filter((partition) => !released.includes(partition));
    for (const partition of released) partition.revoked = true;
    this.#read();
    this.#handler.released(released);
    if (partitionsRevoked.hasSubscribers) {
      const { group, topic } = this.#settings;
      partitionsRevoked.publish({ group, topic, partitions: released.map(({ partition }) => partition), lost, reason });
    }
  }

  // What is being finished of the old topic is of no use to the new one, and its offsets would be wrong there.
  #replaced(old: readonly AssignedPartition[]): void {
    const { topic } = this.#settings;
    const numbers = old.map(({ partition }) => partition);
    if (topicReplaced.hasSubscribers) topicReplaced.publish({ topic, partitions: numbers });
    const ours = old.filter(({ draining }) => !draining).map(({ partition }) => partition);
    this.#release(numbers, false, 'the topic was deleted and made again');
    if (ours.length > 0) this.#member.replaced(ours);
  }

  // A new object, so that work which began before the jump cannot touch the offsets after it.
  #restartAt(old: AssignedPartition, position: number): void {
    if (old.revoked || old.draining) return;
    const fresh = new AssignedPartition(old.topic, old.partition, position);
    fresh.topicId = old.topicId;
    fresh.topicPartitions = old.topicPartitions;
    old.revoked = true;
    this.#handler.released([old]);
    this.#partitions = this.#partitions.map((partition) => (partition === old ? fresh : partition));
    this.#handler.assigned([fresh]);
    this.#read();
  }

  async #reset(partition: AssignedPartition): Promise<void> {
    const { topic, offsetReset } = this.#settings;
    const number = partition.partition;
    try {
      const at = (end: 'earliest' | 'latest') => logOffsets(this.#cluster, topic, [number], end);
      const log = await this.#cluster.persist('metadata', `offsets of '${topic}'/${number}`, async () => {
        const [firsts, ends] = [await at('earliest'), await at('latest')];
        return { first: firsts.get(number) ?? 0, end: ends.get(number) ?? 0 };
      });
      if (partition.revoked || partition.draining) return;
      const from = partition.position;
      const { is, to } = placeOutOfRange(from, log, offsetReset);
      if (is !== 'kept' && offsetOutOfRange.hasSubscribers) {
        offsetOutOfRange.publish({ topic, partition: number, from, to, is });
      }
      if (is === 'cut') this.#restartAt(partition, to);
      else this.#skipTo(partition, to);
    } catch (error) {
      this.#failed.reject(toKafkaError(error));
    }
  }

  // As over any offsets without records: what was read below them is under way, and ends as a result like any other.
  #skipTo(partition: AssignedPartition, position: number): void {
    partition.position = position;
    partition.tracker.skippedTo(position);
    partition.retryAtMs = performance.now() + OUT_OF_RANGE_PAUSE_MS;
    this.#fetcher.update();
  }
}

function isUncommitted({ tracker, committed }: AssignedPartition): boolean {
  return tracker.committable > committed;
}
