import { sleep } from '../base/clock.ts';
import { apis } from './api.ts';
import { AssignedPartition } from './assigned-partition.ts';
import {
  offsetOutOfRange,
  offsetsAwaited,
  offsetsCommitted,
  partitionsAssigned,
  partitionsRevoked,
} from './channels.ts';
import { withResponse, errorName, type Cluster } from './cluster.ts';
import { Fetcher } from './fetcher.ts';
import { decodeFinishedAhead } from './finished-ahead.ts';
import { GroupMember } from './group/group-member.ts';
import type { GroupPlace } from './group/group-place.ts';
import { storedOffsets } from './group/stored-offsets.ts';
import { KafkaError, classifyKafkaCode, toKafkaError } from './kafka-error.ts';
import { logOffsets } from './log-offsets.ts';
import type { ConsumerOptions } from './options.ts';
import type { InputRecord } from './record.ts';

// How often an open transaction of a partition's last owner is looked at.
const OPEN_TRANSACTION_PAUSE_MS = 200;

export interface ConsumerHandler {
  /** Records of one partition, in order. Take note of each in `partition.tracker` before this returns. */
  records(partition: AssignedPartition, records: readonly InputRecord[], sizeBytes: number): void;
  assigned(partitions: readonly AssignedPartition[]): void;
  /** Finish what is under way in these partitions, within a bound; offsets are committed when this resolves. */
  drain(partitions: readonly AssignedPartition[]): Promise<void>;
  /** These partitions are gone: drop their work. Called after `drain` too. */
  released(partitions: readonly AssignedPartition[]): void;
}

export interface ConsumerSettings extends ConsumerOptions {
  readonly group: string;
  readonly topic: string;
  /** Undefined: its user stores the offsets, in transactions, and sets `committed` of the partitions. */
  readonly commitIntervalMs: number | undefined;
  readonly rebalanceTimeoutMs: number;
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
  readonly #failed = Promise.withResolvers<never>();
  #partitions: AssignedPartition[] = [];
  /** Ours, but where they begin is not known while a transaction of their last owner is open. */
  #awaited = new Set<number>();
  #commitTimer: NodeJS.Timeout | undefined;
  #committing: Promise<void> = Promise.resolve();
  /** The commit that waits for the one under way; whoever asks meanwhile is served by it too. */
  #nextCommit: Promise<void> | undefined;

  constructor(cluster: Cluster, settings: ConsumerSettings, handler: ConsumerHandler) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#handler = handler;
    const { group, topic, sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId } = settings;
    this.#member = new GroupMember(
      cluster,
      { group, topic, sessionTimeoutMs, rebalanceTimeoutMs, instanceId: groupInstanceId },
      {
        assigned: (partitions, generation) => this.#assigned(partitions, generation),
        revoke: (reason) => this.#revoke(reason),
        lost: (reason) => this.#release(true, reason),
      },
    );
    this.#fetcher = new Fetcher(cluster, topic, {
      records: (partition, records, sizeBytes) => this.#handler.records(partition, records, sizeBytes),
      outOfRange: (partition) => void this.#reset(partition),
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

  /** Since the group last confirmed the membership, in milliseconds. */
  get unconfirmedMs(): number {
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
    if (this.#settings.commitIntervalMs === undefined) return;
    // One at a time: an older commit that is answered late must not undo a newer one.
    this.#nextCommit ??= this.#committing.then(() => {
      this.#nextCommit = undefined;
      return (this.#committing = this.#commit());
    });
    await this.#nextCommit;
  }

  async #commit(): Promise<void> {
    const open = this.#partitions.filter((partition) => partition.tracker.committable > partition.committed);
    if (open.length === 0 || this.#member.generation < 0) return;
    const { group, topic } = this.#settings;
    const offsets = open.map((partition) => ({ partition, offset: partition.tracker.committable }));
    const begun = performance.now();
    try {
      const { api, connection } = await this.#member.coordinator.bind(apis.offsetCommit);
      const partitions = offsets.map(({ partition, offset }) => ({
        partitionIndex: partition.partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: partition.leaderEpoch,
        committedMetadata: null,
      }));
      const { generation, memberId, instanceId } = this.#member;
      const request = api.call(connection, group, generation, memberId, instanceId, [{ name: topic, partitions }]);
      const response = await withResponse(request);
      for (const answer of response.topics.flatMap((entry) => entry.partitions)) {
        const code = errorName(answer.errorCode);
        if (code !== 'NONE') throw new KafkaError(code, `commit of '${topic}': ${code}`, classifyKafkaCode(code));
        const stored = offsets.find(({ partition }) => partition.partition === answer.partitionIndex);
        if (stored) stored.partition.committed = stored.offset;
      }
      if (offsetsCommitted.hasSubscribers) {
        const told = offsets.map(({ partition, offset }) => ({ partition: partition.partition, offset }));
        offsetsCommitted.publish({ group, topic, offsets: told, durationMs: performance.now() - begun });
      }
    } catch (thrown) {
      const error = toKafkaError(thrown);
      // Fenced and rebalancing: the heartbeat finds out and acts; the new owner repeats what is not committed.
      if (error.failure === 'retry') this.#member.coordinator.forget();
      if (error.failure === 'fatal' && error.code !== 'CLOSED') this.#failed.reject(error);
    }
  }

  async #assigned(numbers: readonly number[], generation: number): Promise<void> {
    const awaited = (this.#awaited = new Set(numbers));
    await this.#takeStable(awaited, generation);
    if (awaited.size > 0) void this.#takeLater(awaited, generation);
  }

  /** Begins with those awaited partitions of which the group knows where they stand. */
  async #takeStable(awaited: Set<number>, generation: number): Promise<void> {
    const { group, topic, offsetReset } = this.#settings;
    const stored = await storedOffsets(this.#member.coordinator, group, topic, [...awaited]);
    const known = [...awaited].filter((number) => stored.has(number));
    const fresh = known.filter((number) => (stored.get(number)?.offset ?? -1) < 0);
    const starts =
      fresh.length > 0 ? await logOffsets(this.#cluster, topic, fresh, offsetReset) : new Map<number, number>();
    // They may have gone meanwhile, and others have worked on them.
    if (awaited !== this.#awaited) return;
    if (known.length === 0 && awaited.size > 0) return;
    const taken: AssignedPartition[] = [];
    for (const number of known) {
      awaited.delete(number);
      const { offset = -1, metadata = '' } = stored.get(number) ?? {};
      const start = offset >= 0 ? offset : (starts.get(number) ?? 0);
      const partition = new AssignedPartition(topic, number, start, decodeFinishedAhead(start, metadata));
      partition.committed = offset;
      taken.push(partition);
    }
    this.#partitions = [...this.#partitions, ...taken];
    this.#handler.assigned(taken);
    this.#fetcher.assign(this.#partitions);
    if (partitionsAssigned.hasSubscribers) {
      const partitions = taken.map(({ partition, position }) => ({ partition, offset: position }));
      partitionsAssigned.publish({ group, topic, generation, memberId: this.#member.memberId, partitions });
    }
    // A group that begins at the end of the log must find the same place after a crash.
    void this.commit();
  }

  /** The transaction ends when its writer goes on, or by its time-out. */
  async #takeLater(awaited: Set<number>, generation: number): Promise<void> {
    const { group, topic } = this.#settings;
    if (offsetsAwaited.hasSubscribers) offsetsAwaited.publish({ group, topic, partitions: [...awaited] });
    while (awaited.size > 0 && awaited === this.#awaited && !this.#cluster.closed) {
      await sleep(OPEN_TRANSACTION_PAUSE_MS, this.#cluster.signal);
      try {
        await this.#takeStable(awaited, generation);
      } catch (thrown) {
        const error = toKafkaError(thrown);
        if (error.failure === 'fatal' && error.code !== 'CLOSED') return this.#failed.reject(error);
        this.#member.coordinator.forget();
      }
    }
  }

  async #revoke(reason: string): Promise<void> {
    this.#awaited = new Set();
    if (this.#partitions.length === 0) return;
    this.#fetcher.assign([]);
    await this.#handler.drain(this.#partitions);
    await this.commit();
    this.#release(false, reason);
  }

  #release(lost: boolean, reason: string): void {
    this.#awaited = new Set();
    const released = this.#partitions;
    if (released.length === 0) return;
    this.#partitions = [];
    this.#fetcher.assign([]);
    for (const partition of released) partition.revoked = true;
    this.#handler.released(released);
    if (partitionsRevoked.hasSubscribers) {
      const { group, topic } = this.#settings;
      partitionsRevoked.publish({ group, topic, partitions: released.map(({ partition }) => partition), lost, reason });
    }
  }

  // A new object, so that work which began before the jump cannot touch the offsets after it.
  #restartAt(old: AssignedPartition, position: number): void {
    if (old.revoked) return;
    const fresh = new AssignedPartition(old.topic, old.partition, position);
    old.revoked = true;
    this.#handler.released([old]);
    this.#partitions = this.#partitions.map((partition) => (partition === old ? fresh : partition));
    this.#handler.assigned([fresh]);
    this.#fetcher.assign(this.#partitions);
  }

  async #reset(partition: AssignedPartition): Promise<void> {
    const { topic, offsetReset } = this.#settings;
    try {
      const what = `offsets of '${topic}'/${partition.partition}`;
      const offsets = await this.#cluster.persist('metadata', what, () =>
        logOffsets(this.#cluster, topic, [partition.partition], offsetReset),
      );
      const to = offsets.get(partition.partition) ?? 0;
      if (offsetOutOfRange.hasSubscribers) {
        offsetOutOfRange.publish({ topic, partition: partition.partition, from: partition.position, to });
      }
      this.#restartAt(partition, to);
    } catch (error) {
      this.#failed.reject(toKafkaError(error));
    }
  }
}
