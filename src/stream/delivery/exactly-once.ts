import { sleep } from '../../base/clock.ts';
import type { AssignedPartition } from '../../kafka/offsets/assigned-partition.ts';
import { offsetsCommitted } from '../../kafka/channels.ts';
import type { Cluster } from '../../kafka/cluster/cluster.ts';
import type { GroupPlace } from '../../kafka/group/group-place.ts';
import { noteOf } from '../../kafka/group/offsets/topic-note.ts';
import { KafkaError } from '../../kafka/kafka-error.ts';
import { PARTITION_GONE } from '../../kafka/producer/producer.ts';
import type { OutputRecord } from '../../kafka/record.ts';
import { committedOffsets } from '../../kafka/transaction/committed-offsets.ts';
import type { Transaction } from '../../kafka/transaction/transaction.ts';
import { toTransactionError, TransactionError } from '../../kafka/transaction/transaction-error.ts';
import { TransactionLink } from '../../kafka/transaction/transaction-link.ts';
import { TransactionalWriter } from '../../kafka/transaction/transactional-writer.ts';
import { transactionEnded } from '../channels.ts';
import type { Job } from '../work/job.ts';
import type { Delivery } from './delivery.ts';
import { Outbox, type Batch, type Departure, type OutboxLimits } from './outbox.ts';
import { TransactionPace } from './transaction-pace.ts';

/** Whose transactions they are, and how often. */
export interface ExactlyOnceSettings extends OutboxLimits {
  readonly group: string;
  readonly inputTopic: string;
  /** Of this process alone. */
  readonly transactionalId: string;
  /** When the brokers end a transaction by themselves. */
  readonly timeoutMs: number;
  /** Least time from the begin of a transaction to that of the next. */
  readonly intervalMs: number;
}

// How long an answer of the group is waited for after it has not known us.
const PLACE_LIMIT_MS = 1_000;
const PLACE_PAUSE_MS = 50;
// How long the last transaction may take at the end.
const CLOSE_LIMIT_MS = 2_000;

/**
 * Exactly once: results, error records and the offsets of their requests are one Kafka transaction, which the broker takes only
 * while our place in the group is what it was. Jobs gather while the transaction before is being ended; those of a transaction that
 * did not come about are in the next one.
 */
export class ExactlyOnce implements Delivery {
  readonly #cluster: Cluster;
  readonly #settings: ExactlyOnceSettings;
  readonly #place: () => GroupPlace | undefined;
  readonly #outbox: Outbox;
  readonly #pace: TransactionPace;
  readonly #writer: TransactionalWriter;
  readonly #failed = Promise.withResolvers<never>();
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #transaction: Transaction | undefined;
  /** Whose record the broker has just refused. */
  #refused: Departure | undefined;
  /** Transactions in a row that did not come about, and since when none has. */
  #failures = 0;
  #sinceMs = 0;
  #delivering: Batch | undefined;

  /** @param place ours in the group; undefined while there is none */
  constructor(cluster: Cluster, settings: ExactlyOnceSettings, place: () => GroupPlace | undefined) {
    const { transactionalId, timeoutMs } = settings;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#place = place;
    this.#outbox = new Outbox(settings, (partition) => noteOf(partition, cluster.topic(settings.inputTopic)) ?? '');
    this.#pace = new TransactionPace(settings.intervalMs);
    const writer = { transactionalId, transactionTimeoutMs: timeoutMs, limitMs: timeoutMs };
    this.#writer = new TransactionalWriter(cluster, writer);
    this.#failed.promise.catch(() => undefined);
  }

  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  get slowest(): Delivery['slowest'] {
    const record = this.#delivering?.departures.find((departure) => departure.record !== undefined)?.record;
    if (record === undefined) return undefined;
    return { topic: record.topic, partition: record.partition, forMs: performance.now() - this.#sinceMs };
  }

  /** Ends what an earlier process with our id has left open, so that its partitions need not wait for a time-out. */
  async open(): Promise<void> {
    await this.#takeOver();
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) this.#failed.reject(error);
    });
  }

  send(job: Job, record: OutputRecord): void {
    const settled = record.settled.bind(record);
    if (this.#refused?.job !== job) return this.#add({ job, record, settled });
    // What comes instead of a refused record goes where that one would have gone.
    const departure = this.#refused;
    departure.record = record;
    departure.settled = settled;
    this.#refused = undefined;
    this.#write(departure);
  }

  sendNothing(job: Job, settled: () => void): void {
    if (this.#refused?.job !== job) return this.#add({ job, record: undefined, settled });
    this.#refused.record = undefined;
    this.#refused.settled = settled;
    this.#refused = undefined;
  }

  assigned(partitions: readonly AssignedPartition[]): void {
    this.#outbox.assign(partitions);
    this.#pace.wake();
  }

  released(partitions: readonly AssignedPartition[]): void {
    this.#outbox.release(partitions);
  }

  hurry(): void {
    this.#pace.hurry();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const limit = new AbortController();
    await Promise.race([this.#running, sleep(CLOSE_LIMIT_MS, limit.signal)]);
    limit.abort();
  }

  #add(departure: Departure): void {
    this.#outbox.add(departure);
    if (departure.job.work.draining) this.hurry();
    else if (this.#outbox.size === 1 || this.#outbox.full) this.#pace.wake();
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#pace.untilDue(this.#outbox, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      // Before the batch: what the group has given to others since then must not be taken for ours.
      const place = this.#place();
      if (place === undefined) {
        await this.#pause(PLACE_PAUSE_MS);
        continue;
      }
      const batch = this.#outbox.take();
      this.#pace.begun((batch?.departures.length ?? 0) > 0);
      if (batch === undefined) continue;
      this.#delivering = batch;
      await this.#deliver(batch, place);
      this.#delivering = undefined;
    }
  }

  async #deliver(batch: Batch, place: GroupPlace): Promise<void> {
    const { group, inputTopic: topic } = this.#settings;
    let committing = false;
    if (this.#failures === 0) this.#sinceMs = this.#pace.begunMs;
    try {
      this.#transaction = this.#writer.begin();
      for (const departure of batch.departures) this.#write(departure);
      const offsets = batch.offsets.map((one) => ({ ...one, partition: one.partition.partition }));
      // First: where the group does not know us any more nothing is written at all.
      await this.#transaction.addOffsets({ group, place, topic, offsets });
      await this.#transaction.flush();
      // A record that was refused and has no successor: its offset must not be stored.
      if (this.#refused !== undefined) {
        throw new TransactionError('RECORD_REFUSED', 'a record can be stored in no form', 'fatal');
      }
      committing = true;
      await this.#transaction.commit();
    } catch (thrown) {
      await this.#recover(batch, place, toTransactionError(thrown), committing);
      return;
    }
    this.#failures = 0;
    this.#ended('committed', '', batch);
    this.#outbox.committed(batch);
    if (!offsetsCommitted.hasSubscribers) return;
    const told = batch.offsets.map(({ partition, offset }) => ({ partition: partition.partition, offset }));
    offsetsCommitted.publish({ group, topic, offsets: told, durationMs: performance.now() - this.#pace.begunMs });
  }

  #write(departure: Departure): void {
    const { record } = departure;
    if (record === undefined) return;
    const settled = (error: Error | undefined) => {
      // Stored is not yet committed.
      if (error === undefined) return;
      this.#refused = departure;
      departure.settled(error);
    };
    const { topic, partition, key, value, headers, sizeBytes } = record;
    const partitions = this.#cluster.topic(topic)?.partitions.length ?? Infinity;
    if (partition >= partitions) {
      return settled(new KafkaError(PARTITION_GONE, `'${topic}' has no partition ${partition} any more`, 'record'));
    }
    this.#transaction?.send({ topic, partition, key, value, headers, sizeBytes, settled });
  }

  async #recover(batch: Batch, place: GroupPlace, error: TransactionError, committing: boolean): Promise<void> {
    if (error.code === 'OFFSET_METADATA_TOO_LARGE' && this.#outbox.shorten()) {
      error = new TransactionError(error.code, error.message, 'abort', error);
    }
    if (error.ending === 'fatal') {
      await this.#transaction?.abort().catch(() => undefined);
      throw error;
    }
    if (error.ending === 'fenced' || error.ending === 'unknown') this.#outbox.narrow(batch);
    // Nothing that was not committed can count, if only the broker has heard of the end.
    const { ending } = error;
    const aborted = !committing && ending !== 'fenced' && (await this.#abort());
    if (aborted) this.#outbox.putBack(batch);
    const counts = !aborted && (await this.#findOut(batch));
    this.#ended(counts ? 'committed' : 'aborted', counts ? '' : error.code, batch);
    if (ending === 'revoked') await this.#untilPlaced(place);
    else if (!counts) await this.#cluster.pause('produce', 'the transaction', error, ++this.#failures);
  }

  async #abort(): Promise<boolean> {
    try {
      await this.#transaction?.abort();
      return true;
    } catch {
      return false;
    }
  }

  /** Settles the outcome of the last transaction by taking the id over, and sees what the group has stored. */
  async #findOut(batch: Batch): Promise<boolean> {
    const { group, inputTopic, timeoutMs } = this.#settings;
    await this.#takeOver();
    const stored = await this.#persist(`offsets of group '${group}'`, async () => {
      const ours = batch.offsets.filter(({ partition }) => !partition.revoked);
      const numbers = ours.map(({ partition }) => partition.partition);
      return committedOffsets(new TransactionLink(this.#cluster, timeoutMs), group, inputTopic, numbers, true);
    });
    return this.#outbox.resolve(batch, stored);
  }

  async #takeOver(): Promise<void> {
    const what = `the transactional id '${this.#settings.transactionalId}'`;
    await this.#persist(what, async () => this.#writer.open());
  }

  /** Tries until it works: brokers may be away for any time, and nothing is lost by waiting. */
  async #persist<T>(what: string, step: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await step();
      } catch (thrown) {
        const error = toTransactionError(thrown);
        if (error.ending === 'fatal') throw error;
        if (this.#cluster.closed) throw new KafkaError('CLOSED', `${what}: the client is closing`, 'fatal', error);
        await this.#cluster.pause('group', what, error, attempt);
      }
    }
  }

  /** Another place, or another assignment, is found by the heartbeat. */
  async #untilPlaced(refused: GroupPlace): Promise<void> {
    const untilMs = performance.now() + PLACE_LIMIT_MS;
    while (performance.now() < untilMs && !this.#closing.signal.aborted) {
      const place = this.#place();
      if (place?.generation !== refused.generation || place.memberId !== refused.memberId) return;
      await this.#pause(PLACE_PAUSE_MS);
    }
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(delayMs, this.#closing.signal);
  }

  #ended(outcome: 'committed' | 'aborted', reason: string, { departures }: Batch): void {
    if (!transactionEnded.hasSubscribers) return;
    transactionEnded.publish({
      outcome,
      reason,
      records: departures.length,
      durationMs: performance.now() - this.#pace.begunMs,
    });
  }
}
