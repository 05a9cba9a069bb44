import { sleep, unlessAborted } from '../../base/clock.ts';
import { apis } from '../api.ts';
import type { Cluster } from '../cluster.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { assignedPartitions, givenMemberId, groupAssignments, subscription, topicsOf } from './group-messages.ts';
import { KafkaError, toKafkaError } from '../kafka-error.ts';
import { partitionCounts } from './partition-counts.ts';

export interface GroupMemberOptions {
  readonly group: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Static membership; empty for none. */
  readonly instanceId: string;
}

/** What the member tells the consumer. Calls never overlap. */
export interface GroupMemberHandler {
  /** These partitions are ours from now on. */
  assigned(partitions: readonly number[], generation: number): Promise<void>;
  /** Finish and commit what is under way; the partitions are given up when this resolves. It must bound itself. */
  revoke(reason: string): Promise<void>;
  /** The partitions are gone already: nothing of them can be committed. */
  lost(reason: string): void;
}

// Offered in this order: members that know only librdkafka's defaults (range, roundrobin) can share the group with us.
const PROTOCOL = 'range';
// How long a new partition of the input topic may stay unread.
const PARTITION_CHECK_MS = 10_000;

/**
 * Membership of a consumer group by Kafka's classic protocol: find the coordinator, join, sync, heartbeat; on a rebalance let
 * the consumer finish its work, while heartbeats go on, before joining again.
 */
export class GroupMember {
  /** Where the group is kept; others of the consumer ask it too. */
  readonly coordinator: GroupCoordinator;
  readonly #cluster: Cluster;
  readonly #options: GroupMemberOptions;
  readonly #handler: GroupMemberHandler;
  readonly #leaving = new AbortController();
  #memberId = '';
  #generation = -1;
  #confirmedAtMs = 0;
  /** Partitions of the topic when the group was last joined. */
  #counted: number | undefined;
  #running: Promise<void> | undefined;

  constructor(cluster: Cluster, options: GroupMemberOptions, handler: GroupMemberHandler) {
    this.#cluster = cluster;
    this.#options = options;
    this.#handler = handler;
    this.coordinator = new GroupCoordinator(cluster, options.group, options.topic);
  }

  get memberId(): string {
    return this.#memberId;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Since the group last confirmed the membership; before that, since `run`. In milliseconds. */
  get unconfirmedMs(): number {
    return performance.now() - this.#confirmedAtMs;
  }

  get instanceId(): string | null {
    return this.#options.instanceId === '' ? null : this.#options.instanceId;
  }

  /** Joins, and stays joined until `leave`. Rejects with a KafkaError of kind `fatal` when a person must act. */
  async run(): Promise<void> {
    this.#confirmedAtMs = performance.now();
    this.#running = this.#run();
    await this.#running;
  }

  /** Ends the membership: partitions are revoked, then the group is told, so that it need not wait for a time-out. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    await this.#running?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    let attempt = 0;
    while (!this.#leaving.signal.aborted) {
      try {
        await this.#waitForTopic();
        // Before the join: metadata that is fresher than what the leader assigned must count as a change.
        this.#counted = this.#cluster.topic(this.#options.topic)?.partitions.length;
        const partitions = await this.#join();
        attempt = 0;
        if (partitions === undefined) continue;
        await this.#handler.assigned(partitions, this.#generation);
        this.#confirmedAtMs = performance.now();
        this.#cluster.recovered('group');
        const reason = await this.#heartbeatUntilRebalance();
        await this.#whileBeating(this.#handler.revoke(reason));
      } catch (thrown) {
        if (this.#leaving.signal.aborted) break;
        const error = toKafkaError(thrown);
        if (error.failure === 'fatal' || error.failure === 'record') {
          this.#handler.lost(error.message);
          // The others need not wait for the session to end.
          await this.#depart();
          throw error;
        }
        if (error.failure === 'fenced') this.#reset(error);
        else {
          this.coordinator.forget();
          await this.#cluster.pause('group', `group '${this.#options.group}'`, error, ++attempt, this.#stop());
        }
      }
    }
    // Nothing to do where the partitions were given up already.
    await this.#handler.revoke('leaving the group');
    await this.#depart();
  }

  #stop(): AbortSignal {
    return AbortSignal.any([this.#leaving.signal, this.#cluster.signal]);
  }

  #reset(error: KafkaError): void {
    if (error.code === 'FENCED_INSTANCE_ID') {
      throw new KafkaError(
        error.code,
        `another process has taken the name KAFKA_GROUP_INSTANCE_ID=${this.#options.instanceId}; every replica needs its own`,
        'fatal',
        error,
      );
    }
    this.#handler.lost(error.message);
    if (error.code === 'UNKNOWN_MEMBER_ID') this.#memberId = '';
    this.#generation = -1;
  }

  async #waitForTopic(): Promise<void> {
    await this.#cluster.persist(
      'metadata',
      `topic '${this.#options.topic}'`,
      async () => {
        await this.#cluster.refresh([this.#options.topic]);
        if (this.#cluster.topic(this.#options.topic) !== undefined) return;
        throw new KafkaError(
          'UNKNOWN_TOPIC_OR_PARTITION',
          `the input topic '${this.#options.topic}' does not exist`,
          'retry',
        );
      },
      this.#leaving.signal,
    );
  }

  /** Joins and syncs. Undefined when the group moved on meanwhile. */
  async #join(): Promise<readonly number[] | undefined> {
    const { group, topic, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    const join = await this.coordinator.bind(apis.joinGroup, 'join');
    const joined = await this.#unlessLeaving(
      join.api
        .call(
          join.connection,
          group,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          this.#memberId,
          this.instanceId,
          'consumer',
          [{ name: PROTOCOL, metadata: subscription(topic) }],
        )
        .catch((error: unknown) => {
          // The first answer to a new member is only its id: join again with it.
          const given = givenMemberId(error);
          if (given === undefined) throw error;
          this.#memberId = given;
          return undefined;
        }),
    );
    if (joined === undefined) return undefined;
    this.#memberId = joined.memberId;
    this.#generation = joined.generationId;
    const assignments =
      joined.leader === joined.memberId
        ? groupAssignments(joined.members, await partitionCounts(this.#cluster, topicsOf(joined.members), topic))
        : [];
    const sync = await this.coordinator.bind(apis.syncGroup, 'join');
    try {
      const synced = await this.#unlessLeaving(
        sync.api.call(
          sync.connection,
          group,
          this.#generation,
          this.#memberId,
          this.instanceId,
          'consumer',
          PROTOCOL,
          assignments,
        ),
      );
      return assignedPartitions(synced.assignment, topic);
    } catch (error) {
      if (toKafkaError(error).code === 'REBALANCE_IN_PROGRESS') return undefined;
      throw error;
    }
  }

  /** Beats until the group rebalances, the topic's partitions change, or we leave. Says why it ended. */
  async #heartbeatUntilRebalance(): Promise<string> {
    let attempt = 0;
    let checkedAt = performance.now();
    while (!this.#leaving.signal.aborted) {
      await sleep(this.#options.sessionTimeoutMs / 5, this.#stop());
      if (this.#leaving.signal.aborted) break;
      try {
        if (!(await this.#beat())) return 'the group rebalances';
        if (attempt > 0) this.#cluster.recovered('group');
        attempt = 0;
      } catch (thrown) {
        const error = toKafkaError(thrown);
        if (error.failure !== 'retry') throw error;
        // The coordinator may be gone while the partitions' leaders are not: work goes on until the group says otherwise.
        this.coordinator.forget();
        await this.#cluster.pause(
          'group',
          `heartbeat of group '${this.#options.group}'`,
          error,
          ++attempt,
          this.#stop(),
        );
      }
      if (performance.now() - checkedAt > PARTITION_CHECK_MS) {
        checkedAt = performance.now();
        if (await this.#partitionsChanged()) return 'the input topic has another number of partitions';
      }
    }
    return 'leaving the group';
  }

  async #partitionsChanged(): Promise<boolean> {
    try {
      await this.#cluster.refresh([this.#options.topic]);
    } catch {
      return false;
    }
    return this.#cluster.topic(this.#options.topic)?.partitions.length !== this.#counted;
  }

  /** @returns false when the group wants to rebalance */
  async #beat(): Promise<boolean> {
    const { api, connection } = await this.coordinator.bind(apis.heartbeat);
    let settled = true;
    try {
      await api.call(connection, this.#options.group, this.#generation, this.#memberId, this.instanceId);
    } catch (error) {
      if (toKafkaError(error).code !== 'REBALANCE_IN_PROGRESS') throw error;
      settled = false;
    }
    this.#confirmedAtMs = performance.now();
    return settled;
  }

  /** Keeps the membership alive while the consumer finishes its work. */
  async #whileBeating(work: Promise<void>): Promise<void> {
    const finished = new AbortController();
    const ended = work.finally(() => finished.abort());
    while (!finished.signal.aborted) {
      await sleep(this.#options.sessionTimeoutMs / 5, finished.signal);
      // A failed beat changes nothing now: the join that follows finds out.
      if (!finished.signal.aborted) await this.#beat().catch(() => this.coordinator.forget());
    }
    await ended;
  }

  #unlessLeaving<T>(call: Promise<T>): Promise<T> {
    return unlessAborted(call, this.#stop(), () => new KafkaError('CLOSED', 'leaving the group', 'retry'));
  }

  // A static member keeps its place: that is what the name is for.
  async #depart(): Promise<void> {
    if (this.#memberId === '' || this.instanceId !== null || this.#cluster.closed) return;
    const leave = async () => {
      const { api, connection } = await this.coordinator.bind(apis.leaveGroup);
      await api.call(connection, this.#options.group, [
        { memberId: this.#memberId, groupInstanceId: null, reason: 'closing' },
      ]);
    };
    const limit = new AbortController();
    await Promise.race([leave().catch(() => undefined), sleep(3_000, limit.signal)]);
    limit.abort();
    this.#memberId = '';
    this.#generation = -1;
  }
}
