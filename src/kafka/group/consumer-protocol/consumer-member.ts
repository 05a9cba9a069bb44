import { randomUUID } from 'node:crypto';
import { sleep, unlessAborted } from '../../../base/clock.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { KafkaError, toKafkaError } from '../../kafka-error.ts';
import { depart } from '../departure.ts';
import { GroupCoordinator } from '../group-coordinator.ts';
import type { GroupMember, GroupMemberHandler } from '../group-member.ts';
import type { GroupMemberOptions } from '../group-options.ts';
import { untilTopicExists } from '../input-topic.ts';
import { nameTaken } from '../name-taken.ts';
import { TopicWatch } from '../topic-watch.ts';
import { ConsumerMembership, type OwnedPartition } from './consumer-membership.ts';
import { refusal } from './refusal.ts';
import { sendHeartbeat, sendLeave } from './send-heartbeat.ts';

// Brokers end a session after nine of their intervals by default: there must be time for other heartbeats when one is not answered.
const BEAT_LIMIT_INTERVALS = 2;
const BEAT_LIMIT_MIN_MS = 1_000;
const FIRST_LIMIT_MS = 10_000;
// So long a process that died can keep its name: twice what brokers allow a session to last by default.
const NAME_LIMIT_MS = 120_000;

/**
 * Membership of a consumer group in which the brokers share out the partitions (KIP-848): heartbeats, and nothing else. What is to
 * go is finished while they go on, and all other partitions stream on.
 */
export class ConsumerMember implements GroupMember {
  readonly coordinator: GroupCoordinator;
  readonly #cluster: Cluster;
  readonly #options: GroupMemberOptions;
  readonly #handler: GroupMemberHandler;
  readonly #membership = new ConsumerMembership(randomUUID());
  readonly #watch: TopicWatch;
  readonly #leaving = new AbortController();
  /** Leaving, and everything is given up. */
  readonly #left = new AbortController();
  readonly #givingUp = new Set<Promise<void>>();
  #wake = new AbortController();
  /** The group may know us. */
  #announced = false;
  #confirmedAtMs: number | undefined;
  #nameRefusedAtMs: number | undefined;
  #running: Promise<void> | undefined;

  constructor(cluster: Cluster, options: GroupMemberOptions, handler: GroupMemberHandler) {
    this.#cluster = cluster;
    this.#options = options;
    this.#handler = handler;
    this.coordinator = new GroupCoordinator(cluster, options.group, options.topic);
    this.#watch = new TopicWatch(cluster, options.topic, () => {
      handler.topicSeen();
      this.#carryOut();
    });
  }

  get memberId(): string {
    return this.#membership.memberId;
  }

  get generation(): number {
    return this.#membership.epoch || -1;
  }

  get instanceId(): string | null {
    return this.#options.instanceId || null;
  }

  get asking(): GroupMember['asking'] {
    const { memberId, epoch: memberEpoch } = this.#membership;
    return { memberId, memberEpoch };
  }

  get unconfirmedMs(): number | undefined {
    return this.#confirmedAtMs === undefined ? undefined : performance.now() - this.#confirmedAtMs;
  }

  async run(): Promise<void> {
    this.#running = this.#run();
    await this.#running;
  }

  async leave(): Promise<void> {
    this.#leaving.abort();
    const { owned } = this.#membership;
    void this.#giveUp(owned, 'leaving the group').finally(() => this.#left.abort());
    await this.#running?.catch(() => undefined);
  }

  replaced(partitions: readonly number[]): void {
    this.#membership.dropped(partitions);
    this.#carryOut();
  }

  async #run(): Promise<void> {
    let attempt = 0;
    while (!this.#left.signal.aborted && !this.#cluster.closed) {
      try {
        if (this.#membership.epoch === 0) {
          if (this.#leaving.signal.aborted) break;
          await untilTopicExists(this.#cluster, this.#options.topic, this.#leaving.signal);
        }
        await this.#beat();
        this.#cluster.recovered('group');
        attempt = 0;
        await this.#untilDue();
      } catch (thrown) {
        if (this.#left.signal.aborted || this.#cluster.closed) break;
        const error = refusal(toKafkaError(thrown), this.#options, this.#membership.epoch === 0);
        if (error.code === 'CLOSED') continue;
        this.#membership.unanswered();
        if (error.failure === 'fatal' || error.failure === 'record') await this.#fail(error);
        if (error.failure === 'fenced') await this.#fenced(error);
        else await this.#tryAgain(error, ++attempt);
      }
    }
    await Promise.all(this.#givingUp);
    await this.#depart();
  }

  async #beat(): Promise<void> {
    const joining = this.#membership.epoch === 0;
    const heartbeat = this.#membership.say(performance.now());
    this.#announced = true;
    // One that hangs does not hold up the end.
    const left = AbortSignal.any([this.#left.signal, this.#cluster.signal]);
    const answer = await unlessAborted(
      sendHeartbeat(this.coordinator, this.#options, heartbeat, this.#answerLimitMs),
      left,
      () => new KafkaError('CLOSED', 'leaving the group', 'retry'),
    );
    this.#confirmedAtMs = performance.now();
    this.#nameRefusedAtMs = undefined;
    this.#membership.answered(answer, this.#confirmedAtMs);
    if (joining && !this.#leaving.signal.aborted) this.#handler.assigned([], this.generation);
    this.#carryOut();
    this.#watch.look();
  }

  get #answerLimitMs(): number {
    const { intervalMs } = this.#membership;
    if (intervalMs === undefined) return FIRST_LIMIT_MS;
    return Math.min(FIRST_LIMIT_MS, Math.max(BEAT_LIMIT_MIN_MS, BEAT_LIMIT_INTERVALS * intervalMs));
  }

  /** Does what follows from what the group and the brokers have said last. Who leaves takes nothing more, and gives up all anyway. */
  #carryOut(): void {
    if (this.#leaving.signal.aborted || this.#membership.epoch === 0) return;
    const { added, revoked, unknown } = this.#membership.changes(this.#cluster.topic(this.#options.topic)?.id);
    if (revoked.length > 0) void this.#giveUp(revoked, 'the group gives them to others');
    if (added.length > 0) this.#handler.assigned(added, this.generation);
    if (unknown) this.#watch.look(true);
  }

  #giveUp(partitions: readonly OwnedPartition[], reason: string): Promise<void> {
    if (partitions.length === 0) return Promise.resolve();
    const finish = async () => {
      await this.#handler.revoke(numbersOf(partitions), reason);
      this.#membership.givenUp(partitions);
      // What was given up may have made room for what came meanwhile.
      this.#carryOut();
      this.#wake.abort();
    };
    const work = finish().finally(() => this.#givingUp.delete(work));
    this.#givingUp.add(work);
    return work;
  }

  async #untilDue(): Promise<void> {
    this.#wake = new AbortController();
    const stop = AbortSignal.any([this.#left.signal, this.#cluster.signal, this.#wake.signal]);
    const delayMs = this.#membership.dueAtMs - performance.now();
    if (delayMs > 0) await sleep(delayMs, stop);
  }

  async #tryAgain(error: KafkaError, attempt: number): Promise<void> {
    if (error.code === 'UNRELEASED_INSTANCE_ID') {
      this.#nameRefusedAtMs ??= performance.now();
      if (performance.now() - this.#nameRefusedAtMs > NAME_LIMIT_MS) throw nameTaken(this.#options.instanceId, error);
      // It can be ours: then the answer that took us in was lost.
      await this.#depart();
    }
    this.coordinator.forget();
    const stop = this.#membership.epoch === 0 ? this.#leaving.signal : this.#left.signal;
    const what = `group '${this.#options.group}'`;
    await this.#cluster.pause('group', what, error, attempt, AbortSignal.any([stop, this.#cluster.signal]));
  }

  async #fail(error: KafkaError): Promise<never> {
    this.#lose(error.message);
    // The others need not wait for the session to end.
    await this.#depart();
    throw error;
  }

  async #fenced(error: KafkaError): Promise<void> {
    this.#lose(error.message);
    // What was being given up ends without effect, but it must have ended before the same partitions can be ours again.
    await Promise.all(this.#givingUp);
    // The group keeps the place of a name until it hears that we have left it.
    if (error.code === 'FENCED_MEMBER_EPOCH') await this.#depart();
  }

  #lose(reason: string): void {
    const lost = numbersOf(this.#membership.owned);
    this.#membership.fenced();
    this.#handler.lost(lost, reason);
  }

  async #depart(): Promise<void> {
    if (!this.#announced || this.#cluster.closed) return;
    this.#announced = false;
    await depart(() => sendLeave(this.coordinator, this.#options, this.memberId));
    this.#membership.fenced();
    // Whoever takes a place again that was left is another to the group, as after a restart.
    this.#membership.memberId = randomUUID();
  }
}

function numbersOf(partitions: readonly OwnedPartition[]): readonly number[] {
  return partitions.map(({ partition }) => partition);
}
