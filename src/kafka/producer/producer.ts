import { sleep } from '../../base/clock.ts';
import { recordsProduced } from '../channels.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KafkaError, classifyKafkaCode, toKafkaError } from '../kafka-error.ts';
import { PartitionQueue } from './partition-queue.ts';
import { fillBatches, produceBatches, type BatchAnswer } from './produce-batches.ts';
import { IdentitySource } from './producer-identity.ts';
import type { OutputRecord } from '../record.ts';

/** Code of the error that a record comes back with when its topic was made again without its partition: choose another. */
export const PARTITION_GONE = 'PARTITION_GONE';

// The broker has lost what it knew of us (deleted records, a restart without clean logs).
const FORGOTTEN = new Set(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID']);

/**
 * An idempotent producer: every record is stored once and in the order of `send` within its partition, through any number of
 * retries. A record waits as long as its broker is away; only what can never be stored is given back with an error.
 *
 * One request is under way per broker. While it is, records gather, so batches grow with the load and a quiet stream waits
 * for nothing.
 */
export class Producer {
  readonly #cluster: Cluster;
  readonly #queues = new Map<string, PartitionQueue[]>();
  readonly #busy = new Set<number>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #identities: IdentitySource;
  #scheduled = false;
  #closed = false;
  #unsettled = 0;
  #turn = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#identities = new IdentitySource(cluster);
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects with a KafkaError of kind `fatal` when a person must act; never resolves. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Records sent and not settled. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** The partition that has waited longest for its broker to take a batch; undefined when nothing is to be written. */
  get slowest(): { readonly topic: string; readonly partition: number; readonly forMs: number } | undefined {
    let slowest: PartitionQueue | undefined;
    for (const queue of this.#all()) {
      if (!queue.empty && (slowest === undefined || queue.waitingSinceMs < slowest.waitingSinceMs)) slowest = queue;
    }
    if (slowest === undefined) return undefined;
    const { topic, partition, waitingSinceMs } = slowest;
    return { topic, partition, forMs: performance.now() - waitingSinceMs };
  }

  /** Takes a record. Its `settled` is called when the broker has stored it, in order within the partition. */
  send(record: OutputRecord): void {
    if (this.#closed) throw new KafkaError('CLOSED', 'the producer is closed', 'fatal');
    let queues = this.#queues.get(record.topic);
    if (queues === undefined) this.#queues.set(record.topic, (queues = []));
    const queue = (queues[record.partition] ??= new PartitionQueue(record.topic, record.partition));
    queue.push(record);
    this.#unsettled++;
    if (this.#scheduled) return;
    this.#scheduled = true;
    // What is sent in this turn of the event loop goes together.
    setImmediate(() => {
      this.#scheduled = false;
      this.#wake();
    });
  }

  /** Resolves when everything sent so far is settled, or the time is up. */
  async flush(limitMs: number): Promise<void> {
    if (this.#unsettled === 0) return;
    this.#idle ??= Promise.withResolvers();
    const limit = new AbortController();
    await Promise.race([this.#idle.promise, sleep(limitMs, limit.signal)]);
    limit.abort();
  }

  /** Takes nothing more. What is not settled is forgotten without a word to its sender. */
  close(): void {
    this.#closed = true;
    for (const queue of this.#all()) queue.drain();
  }

  *#all(): Generator<PartitionQueue> {
    for (const queues of this.#queues.values()) for (const queue of queues) if (queue !== undefined) yield queue;
  }

  #wake(): void {
    if (this.#closed || this.#cluster.closed) return;
    for (const queue of this.#all()) {
      if (queue.empty || queue.sending) continue;
      const leader = this.#leader(queue);
      if (this.#busy.has(leader)) continue;
      this.#busy.add(leader);
      void this.#run(leader);
    }
  }

  #leader(queue: PartitionQueue): number {
    return this.#cluster.topic(queue.topic)?.partitions[queue.partition]?.leader ?? -1;
  }

  // Sends to one broker until nothing is left for it. -1 stands for partitions whose leader is not known.
  async #run(leader: number): Promise<void> {
    for (let attempt = 0; !this.#closed && !this.#cluster.closed;) {
      const queues = [...this.#all()].filter(
        (queue) => !queue.empty && !queue.sending && this.#leader(queue) === leader,
      );
      if (queues.length === 0) {
        // Nothing is wanted of this broker, so there is no trouble with it.
        this.#cluster.recovered('produce', leader);
        break;
      }
      try {
        if (leader < 0) await this.#refresh(queues);
        else await this.#produce(leader, queues);
        attempt = 0;
        this.#cluster.recovered('produce', leader);
      } catch (thrown) {
        const error = toKafkaError(thrown);
        if (this.#closed || this.#cluster.closed) break;
        if (error.failure === 'fatal') return this.#failed.reject(error);
        const what = `writing to ${topicNames(queues)}`;
        await this.#cluster.pause('produce', what, error, ++attempt, undefined, leader);
        // The refresh can fail as the request did; the loop comes round again.
        await this.#refresh(queues).catch(() => undefined);
      }
    }
    this.#busy.delete(leader);
    this.#wake();
  }

  async #refresh(queues: readonly PartitionQueue[]): Promise<void> {
    const names = [...new Set(queues.map((queue) => queue.topic))];
    await this.#cluster.refresh(names);
    for (const name of names) this.#giveBack(name);
    const missing = queues.find((queue) => !queue.empty && this.#leader(queue) < 0);
    if (missing) {
      const what = `partition ${missing.partition} of '${missing.topic}' has no leader or does not exist`;
      throw new KafkaError('LEADER_NOT_AVAILABLE', what, 'retry');
    }
  }

  // A topic never loses partitions, but it can be deleted and made again with fewer: then their records need others.
  #giveBack(topic: string): void {
    const count = this.#cluster.topic(topic)?.partitions.length;
    if (count === undefined) return;
    for (const queue of this.#queues.get(topic) ?? []) {
      if (queue === undefined || queue.partition < count || queue.empty || queue.sending) continue;
      const what = `'${topic}' has no partition ${queue.partition} any more`;
      this.#finish(queue.drain(), new KafkaError(PARTITION_GONE, what, 'record'));
    }
  }

  async #produce(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    const identity = await this.#identities.current();
    const free = inTurn(queues.filter(({ sending }) => !sending));
    for (const queue of free) queue.adopt(identity);
    // A request has one writer. Batches in doubt stay with the one that they were first written under.
    const writer = free[0]?.identity;
    if (writer === undefined) return;
    const sending = fillBatches(free.filter((queue) => queue.identity === writer));
    this.#turn++;
    for (const queue of sending) {
      queue.sending = queue.inDoubt = true;
      queue.sentTurn = this.#turn;
    }
    try {
      this.#settleAll(await produceBatches(this.#cluster, leader, sending, writer));
    } finally {
      for (const queue of sending) queue.sending = false;
      // The leader may have changed while the request was under way, and the new one's loop has passed the queue by.
      if (sending.some((queue) => this.#leader(queue) !== leader)) this.#wake();
    }
  }

  #settleAll(answers: readonly BatchAnswer[]): void {
    let retry: KafkaError | undefined;
    for (const answer of answers) retry = this.#settle(answer) ?? retry;
    if (retry !== undefined) throw retry;
  }

  /** @returns the error to wait for, when the batch has to be sent again */
  #settle({ queue, code, said, durationMs }: BatchAnswer): KafkaError | undefined {
    // A duplicate is a batch whose first answer was lost on the way.
    if (code === 'NONE' || code === 'DUPLICATE_SEQUENCE_NUMBER') {
      const stored = queue.take();
      queue.sequence = (queue.sequence + stored.length) % 2 ** 31;
      queue.widen();
      this.#report(queue, stored, durationMs);
      this.#finish(stored, undefined);
      return undefined;
    }
    const failure = classifyKafkaCode(code);
    const error = new KafkaError(code, `'${queue.topic}' refused a record: ${said || code}`, failure);
    if (failure === 'record') {
      if (queue.batch.length > 1) queue.halve();
      else this.#finish(queue.take(), error);
      return undefined;
    }
    if (failure === 'fatal') return error;
    if (failure === 'fenced' || code === 'INVALID_PRODUCER_ID_MAPPING') this.#forget(queue, 'discard');
    else if (FORGOTTEN.has(code)) this.#forget(queue, 'bump');
    return new KafkaError(code, `'${queue.topic}'/${queue.partition}: ${said || code}`, 'retry');
  }

  // The answer says that the batch is not stored, so it can begin again under another identity; those of other partitions that are
  // in doubt cannot.
  #forget(queue: PartitionQueue, how: 'bump' | 'discard'): void {
    if (queue.identity !== undefined) this.#identities[how](queue.identity);
    queue.identity = undefined;
  }

  #finish(records: readonly OutputRecord[], error: KafkaError | undefined): void {
    this.#unsettled -= records.length;
    for (const record of records) record.settled(error);
    if (this.#unsettled === 0 && this.#idle) {
      this.#idle.resolve();
      this.#idle = undefined;
    }
  }

  #report(queue: PartitionQueue, stored: readonly OutputRecord[], durationMs: number): void {
    if (!recordsProduced.hasSubscribers) return;
    const sizeBytes = stored.reduce((sum, record) => sum + record.sizeBytes, 0);
    const { topic, partition } = queue;
    recordsProduced.publish({ topic, partition, records: stored.length, sizeBytes, durationMs });
  }
}

// A request takes only so many bytes: those that had no room in the last one come first in the next.
function inTurn(queues: readonly PartitionQueue[]): readonly PartitionQueue[] {
  return queues.toSorted((a, b) => a.sentTurn - b.sentTurn);
}

function topicNames(queues: readonly PartitionQueue[]): string {
  return [...new Set(queues.map((queue) => `'${queue.topic}'`))].join(', ');
}
