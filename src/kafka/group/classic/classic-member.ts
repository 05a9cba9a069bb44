import { sleep, unlessAborted } from '../../../base/clock.ts';
import { answerWithin } from '../../cluster/answer-within.ts';
import { apis } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { KafkaError, toKafkaError } from '../../kafka-error.ts';
import { depart } from '../departure.ts';
import { GroupCoordinator } from '../group-coordinator.ts';
import type { GroupMember, GroupMemberHandler } from '../group-member.ts';
import type { GroupMemberOptions } from '../group-options.ts';
import { untilTopicExists } from '../input-topic.ts';
import { nameTaken } from '../name-taken.ts';
import { TopicWatch } from '../topic-watch.ts';
import { joinGroup, type GroupEntry } from './join-group.ts';
import { Membership, type PartitionMoves } from './membership.ts';

// Java's heartbeat.interval.ms: how soon a member hears of a rebalance. Shorter sessions need shorter ones.
const HEARTBEAT_MS = 3_000;
// A beat counts when the coordinator takes it up. Its answer can come much later: behind what the coordinator has still to store for
// its groups, and while a replica is away that is until the brokers go on without it. Another beat must be sent meanwhile.
const BEATS_PER_SESSION = 3;
const BEAT_LIMIT_MIN_MS = 1_000;

/**
 * Membership of a consumer group by Kafka's classic protocol: find the coordinator, join, sync, heartbeat. Where all members can,
 * partitions are kept over a rebalance but for those that move; while these are finished, heartbeats go on.
 */
export class ClassicMember implements GroupMember {
  /** Brokers ask nobody of a classic group who wants to know its offsets. */
  readonly asking = undefined;
  readonly coordinator: GroupCoordinator;
  readonly #cluster: Cluster;
  readonly #options: GroupMemberOptions;
  readonly #handler: GroupMemberHandler;
  readonly #membership = new Membership();
  readonly #watch: TopicWatch;
  readonly #leaving = new AbortController();
  /** Leaving, and everything is given up. */
  readonly #left = new AbortController();
  #confirmedAtMs: number | undefined;
  readonly #entry: GroupEntry;
  #givingUp: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(cluster: Cluster, options: GroupMemberOptions, handler: GroupMemberHandler) {
    this.#cluster = cluster;
    this.#options = options;
    this.#handler = handler;
    this.coordinator = new GroupCoordinator(cluster, options.group, options.topic);
    this.#watch = new TopicWatch(cluster, options.topic, () => handler.topicSeen());
    this.#entry = {
      ...{ cluster, options, coordinator: this.coordinator, membership: this.#membership, watch: this.#watch },
      instanceId: this.instanceId,
      wait: (call) => this.#unlessLeft(call),
    };
  }

  get memberId(): string {
    return this.#membership.memberId;
  }

  /** Of our assignment; -1 while there is none. */
  get generation(): number {
    return this.#membership.assignedIn;
  }

  get unconfirmedMs(): number | undefined {
    return this.#confirmedAtMs === undefined ? undefined : performance.now() - this.#confirmedAtMs;
  }

  get instanceId(): string | null {
    return this.#options.instanceId === '' ? null : this.#options.instanceId;
  }

  async run(): Promise<void> {
    this.#running = this.#run();
    await this.#running;
  }

  async leave(): Promise<void> {
    this.#leaving.abort();
    void this.#giveUpAll().finally(() => this.#left.abort());
    await this.#running?.catch(() => undefined);
  }

  // Partitions are given by the topic's name.
  replaced(partitions: readonly number[]): void {
    this.#handler.assigned(partitions, this.generation);
  }

  async #run(): Promise<void> {
    let attempt = 0;
    let reason = 'it starts';
    while (!this.#leaving.signal.aborted) {
      try {
        await untilTopicExists(this.#cluster, this.#options.topic, this.#leaving.signal);
        // Before the join: metadata that is fresher than what the leader assigned must count as a change.
        this.#watch.joining();
        const moves = await joinGroup(this.#entry, reason);
        attempt = 0;
        if (moves === undefined || this.#leaving.signal.aborted) continue;
        this.#confirmedAtMs = performance.now();
        this.#cluster.recovered('group');
        reason = await this.#stay(moves);
        await this.#whileBeating(this.#giveUp(this.#membership.revokedFirst, reason));
      } catch (thrown) {
        if (this.#leaving.signal.aborted) break;
        const error = toKafkaError(thrown);
        if (error.failure === 'fatal' || error.failure === 'record') {
          this.#lose(error.message);
          // The others need not wait for the session to end.
          await this.#depart();
          throw new KafkaError(error.code, `group '${this.#options.group}': ${error.message}`, error.failure, error);
        }
        if (error.failure === 'fenced') this.#fenced(error);
        else {
          this.coordinator.forget();
          await this.#cluster.pause('group', `group '${this.#options.group}'`, error, ++attempt, this.#stop());
        }
      }
    }
    await this.#whileBeating(this.#giveUpAll());
    await this.#depart();
  }

  #stop(): AbortSignal {
    return AbortSignal.any([this.#leaving.signal, this.#cluster.signal]);
  }

  #lose(reason: string): void {
    const { owned } = this.#membership;
    this.#membership.fenced(false);
    this.#handler.lost(owned, reason);
  }

  #fenced(error: KafkaError): void {
    this.#lose(error.message);
    if (error.code === 'FENCED_INSTANCE_ID') throw nameTaken(this.#options.instanceId, error);
    this.#membership.fenced(error.code === 'UNKNOWN_MEMBER_ID');
  }

  /** Carries out what the group has decided, and beats until it is time to join again. Says why it is. */
  async #stay({ added, revoked, lost, rejoin }: PartitionMoves): Promise<string> {
    if (lost.length > 0) this.#handler.lost(lost, 'the group has given them to others');
    this.#handler.assigned(added, this.generation);
    const handedOver = new AbortController();
    const givingUp = this.#giveUp(revoked, 'the group gives them to others').then(() => {
      if (rejoin) handedOver.abort();
    });
    // It does not reject by itself; should it, that is found below.
    givingUp.catch(() => handedOver.abort());
    try {
      return await this.#beatUntil(handedOver.signal);
    } catch (thrown) {
      // Others have the partitions: what is under way of them ends without effect, also what was being given up.
      if (toKafkaError(thrown).failure !== 'retry') this.#lose(toKafkaError(thrown).message);
      throw thrown;
    } finally {
      await this.#whileBeating(givingUp);
    }
  }

  /** Beats until the group rebalances, the topic's partitions change, the signal comes, or we leave. Says why it ended. */
  async #beatUntil(handedOver: AbortSignal): Promise<string> {
    let attempt = 0;
    const stop = AbortSignal.any([this.#stop(), handedOver]);
    for (;;) {
      await sleep(this.#heartbeatMs, stop);
      if (this.#leaving.signal.aborted || this.#cluster.closed) return 'leaving the group';
      if (handedOver.aborted) return 'partitions are free for others';
      try {
        if (!(await this.#beat())) return 'the group rebalances';
        if (attempt > 0) this.#cluster.recovered('group');
        attempt = 0;
      } catch (thrown) {
        const error = toKafkaError(thrown);
        if (error.failure !== 'retry') throw error;
        // The coordinator may be gone while the partitions' leaders are not: work goes on until the group says otherwise.
        this.coordinator.forget();
        await this.#cluster.pause('group', `heartbeat of group '${this.#options.group}'`, error, ++attempt, stop);
      }
      this.#watch.look();
      if (this.#watch.changed) return 'the input topic has another number of partitions';
    }
  }

  get #heartbeatMs(): number {
    return Math.min(HEARTBEAT_MS, this.#options.sessionTimeoutMs / 5);
  }

  /** @returns false when the group wants to rebalance */
  async #beat(): Promise<boolean> {
    const { api, connection } = await this.coordinator.bind(apis.heartbeat, 'heartbeat');
    let settled = true;
    try {
      const { group, sessionTimeoutMs } = this.#options;
      const call = api.call(connection, group, this.#membership.generation, this.memberId, this.instanceId);
      await answerWithin(Math.max(BEAT_LIMIT_MIN_MS, sessionTimeoutMs / BEATS_PER_SESSION), connection, call);
    } catch (error) {
      if (toKafkaError(error).code !== 'REBALANCE_IN_PROGRESS') throw error;
      settled = false;
    }
    this.#confirmedAtMs = performance.now();
    return settled;
  }

  async #giveUp(partitions: readonly number[], reason: string): Promise<void> {
    if (partitions.length === 0) return;
    await this.#handler.revoke(partitions, reason);
    this.#membership.givenUp(partitions);
  }

  /** For leaving: once, however many ask. */
  #giveUpAll(): Promise<void> {
    this.#givingUp ??= this.#giveUp(this.#membership.owned, 'leaving the group');
    return this.#givingUp;
  }

  /** Keeps the membership alive while the consumer finishes its work. */
  async #whileBeating(work: Promise<void>): Promise<void> {
    const finished = new AbortController();
    const ended = work.finally(() => finished.abort());
    ended.catch(() => undefined);
    while (!finished.signal.aborted) {
      await sleep(this.#heartbeatMs, finished.signal);
      if (finished.signal.aborted || this.#membership.generation < 0) continue;
      // One that hangs holds up nothing.
      const beating = this.#beat().catch((thrown: unknown) => {
        const error = toKafkaError(thrown);
        if (error.failure === 'retry') this.coordinator.forget();
        // Others have the partitions: with exactly-once delivery what is under way of them could never be finished.
        else this.#lose(error.message);
      });
      await Promise.race([beating, ended.catch(() => undefined)]);
    }
    await ended;
  }

  // A member that leaves while it waits for the others still owns partitions: what it finished is committed before it goes,
  // and meanwhile the answer may come, without which the commit would be refused.
  #unlessLeft<T>(call: Promise<T>): Promise<T> {
    const left = AbortSignal.any([this.#left.signal, this.#cluster.signal]);
    return unlessAborted(call, left, () => new KafkaError('CLOSED', 'leaving the group', 'retry'));
  }

  // A static member keeps its place: that is what the name is for.
  async #depart(): Promise<void> {
    if (this.memberId === '' || this.instanceId !== null || this.#cluster.closed) return;
    await depart(async () => {
      const { api, connection } = await this.coordinator.bind(apis.leaveGroup);
      await api.call(connection, this.#options.group, [
        { memberId: this.memberId, groupInstanceId: null, reason: 'closing' },
      ]);
    });
    this.#membership.fenced(true);
  }
}
