import type { Heartbeat, HeartbeatAnswer, TopicShare } from './heartbeat.ts';

/** A partition from when the group gives it to us until we have let go of it. */
export interface OwnedPartition {
  readonly topicId: string;
  readonly partition: number;
}

/** What to do with partitions. */
export interface PartitionChanges {
  /** Ours from now on. */
  readonly added: readonly number[];
  /** No longer meant for us: finish and commit what is under way, then say `givenUp`. */
  readonly revoked: readonly OwnedPartition[];
  /** Something is ours of a topic that is not the one of which the id was given: it may have been made again. */
  readonly unknown: boolean;
}

interface Holding extends OwnedPartition {
  /** Work on it has begun, or is about to. */
  begun: boolean;
  /** Being given up. */
  leaving: boolean;
}

// After a change of the group others may be about to let go of what will be ours: who asks more often has it sooner.
const EAGER_INTERVALS = 2;
const EAGER_FACTOR = 5;
// A heartbeat of ours that was long on its way can change what the group thinks is ours, and its answer finds nobody: now and then
// all is said and asked anew.
const FULL_INTERVALS = 5;

/**
 * What a member of a consumer group owns, says and waits for in the protocol in which the brokers share out partitions (KIP-848).
 * Pure: the member sends what this says to the coordinator, tells the answers here, carries out what follows and tells when that is
 * done. Times are milliseconds on any clock.
 *
 * The group changes one member at a time, and waits for nobody. A member hears in a heartbeat what should be its own. What is missing
 * there it finishes, and the heartbeat in which it no longer names it sets that free for others. An epoch numbers the steps; what we
 * say in an epoch that is over is not taken.
 */
export class ConsumerMembership {
  /** Ours to make up. A member that has left can be another the next time. */
  memberId: string;
  #epoch = 0;
  #holdings: Holding[] = [];
  #target: readonly TopicShare[] = [];
  #said: string | undefined;
  #full = true;
  #intervalMs = 0;
  #saidAtMs = -Infinity;
  #fullAtMs = -Infinity;
  #eagerUntilMs = -Infinity;

  constructor(memberId: string) {
    this.memberId = memberId;
  }

  /** 0 while we are no member. */
  get epoch(): number {
    return this.#epoch;
  }

  /** How often the brokers want to hear of us, in milliseconds; undefined before they have said so. */
  get intervalMs(): number | undefined {
    return this.#intervalMs || undefined;
  }

  /** Given to us and not given up. */
  get owned(): readonly OwnedPartition[] {
    return this.#holdings;
  }

  /** When the next heartbeat is due. What has been given up is told at once: others wait for it. */
  get dueAtMs(): number {
    if (this.#full || this.#said !== textOf(this.#holdings)) return -Infinity;
    const eager = this.#saidAtMs < this.#eagerUntilMs;
    return this.#saidAtMs + (eager ? this.#intervalMs / EAGER_FACTOR : this.#intervalMs);
  }

  /** The next heartbeat, to be sent now; then comes `answered`, `unanswered` or `fenced`. */
  say(nowMs: number): Heartbeat {
    this.#saidAtMs = nowMs;
    const text = textOf(this.#holdings);
    const full = this.#full || nowMs - this.#fullAtMs >= FULL_INTERVALS * this.#intervalMs;
    if (full) this.#fullAtMs = nowMs;
    const news = full || this.#said !== text;
    this.#said = text;
    this.#full = false;
    return { memberId: this.memberId, epoch: this.#epoch, full, owned: news ? sharesOf(this.#holdings) : undefined };
  }

  answered({ epoch, intervalMs, assignment }: HeartbeatAnswer, nowMs: number): void {
    this.#intervalMs = intervalMs;
    if (epoch !== this.#epoch) this.#eagerUntilMs = nowMs + EAGER_INTERVALS * intervalMs;
    this.#epoch = epoch;
    if (assignment !== undefined) this.#target = assignment;
  }

  /** Nobody knows whether the group has heard us, nor what it answered. */
  unanswered(): void {
    this.#full = true;
  }

  /**
   * What follows from the last answer.
   *
   * @param topicId what the name of our topic stands for now; undefined while that is not known
   */
  changes(topicId: string | undefined): PartitionChanges {
    const meant = new Set(this.#target.flatMap((share) => share.partitions.map((one) => keyOf(share.topicId, one))));
    const revoked = this.#holdings.filter((one) => !one.leaving && !meant.has(keyOf(one.topicId, one.partition)));
    for (const one of revoked) one.leaving = true;
    const added: number[] = [];
    for (const partition of this.#target.find((share) => share.topicId === topicId)?.partitions ?? []) {
      // One that is being given up, or of the topic that had the name before, comes back when that is done.
      const known = this.#holdings.find((one) => one.partition === partition);
      if (known !== undefined && (known.begun || known.leaving || known.topicId !== topicId)) continue;
      if (known !== undefined) known.begun = true;
      else this.#holdings.push({ topicId: topicId ?? '', partition, begun: true, leaving: false });
      added.push(partition);
    }
    const unknown = this.#target.some((share) => share.topicId !== topicId && share.partitions.length > 0);
    return { added, revoked, unknown };
  }

  /** Nothing of these is under way any more. */
  givenUp(partitions: readonly OwnedPartition[]): void {
    this.#holdings = this.#holdings.filter((one) => !partitions.includes(one));
  }

  /** Work on these has been dropped, because another topic has the name: what is ours of that one begins anew. */
  dropped(partitions: readonly number[]): void {
    for (const one of this.#holdings) if (partitions.includes(one.partition)) one.begun = false;
  }

  /** The group goes on without us. What we owned is with others. */
  fenced(): void {
    this.#epoch = 0;
    this.#holdings = [];
    this.#target = [];
    this.#full = true;
  }
}

function keyOf(topicId: string, partition: number): string {
  return `${topicId}/${partition}`;
}

function textOf(owned: readonly OwnedPartition[]): string {
  return owned
    .map(({ topicId, partition }) => keyOf(topicId, partition))
    .sort()
    .join();
}

function sharesOf(owned: readonly OwnedPartition[]): readonly TopicShare[] {
  const byTopic = Map.groupBy(owned, ({ topicId }) => topicId);
  return [...byTopic].map(([topicId, of]) => ({ topicId, partitions: of.map(({ partition }) => partition) }));
}
