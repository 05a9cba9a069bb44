import { apis } from '../cluster/api.ts';
import { recordsProduced } from '../channels.ts';
import { errorName, withResponse } from '../cluster/cluster.ts';
import { PartitionQueue } from '../producer/partition-queue.ts';
import { fillBatches, produceBatches, type BatchAnswer } from '../producer/produce-batches.ts';
import type { OutputRecord } from '../record.ts';
import { codeError, endingOf, gravest, toTransactionError, TransactionError } from './transaction-error.ts';
import type { TransactionLink } from './transaction-link.ts';

/** Who writes: what the coordinator gave to the transactional id. */
export interface WriterIdentity {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly epoch: number;
}

/**
 * Writes the records of one writer's transactions, in order within each partition and each once: sequence numbers count on from
 * one transaction to the next for as long as the identity lasts.
 */
export class TransactionalSender {
  readonly #link: TransactionLink;
  readonly #identity: WriterIdentity;
  readonly #queues = new Map<string, PartitionQueue>();
  readonly #enlisted = new Set<PartitionQueue>();
  #draining: Promise<void> | undefined;
  #stale = true;

  constructor(link: TransactionLink, identity: WriterIdentity) {
    this.#link = link;
    this.#identity = identity;
  }

  /** Partitions that the transaction has touched. */
  get enlisted(): number {
    return this.#enlisted.size;
  }

  send(record: OutputRecord): void {
    const place = `${record.topic}/${record.partition}`;
    let queue = this.#queues.get(place);
    if (queue === undefined) {
      queue = new PartitionQueue(record.topic, record.partition);
      this.#queues.set(place, queue);
    }
    queue.push(record);
  }

  /**
   * Resolves when every record sent so far has been stored or refused; may be called at any time, also while records are added.
   *
   * @throws TransactionError
   */
  async flush(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => (this.#draining = undefined));
    await this.#draining;
  }

  /**
   * The transaction is over; the next one begins with nothing enlisted. What is not settled is forgotten.
   *
   * @returns whether all that was sent was answered; if not, sequence numbers are no longer known, and a new epoch is needed
   */
  reset(): boolean {
    this.#enlisted.clear();
    let answered = this.#draining === undefined;
    for (const queue of this.#queues.values()) {
      if (queue.batch.length > 0) answered = false;
      queue.drain();
    }
    return answered;
  }

  async #drain(): Promise<void> {
    for (let queues = this.#open(); queues.length > 0; queues = this.#open()) {
      const topics = [...new Set(queues.map(({ topic }) => topic))];
      const names = topics.map((topic) => `'${topic}'`).join(', ');
      await this.#link.attempt('produce', `writing to ${names}`, async () => this.#round(queues, topics));
    }
  }

  #open(): PartitionQueue[] {
    return [...this.#queues.values()].filter((queue) => !queue.empty);
  }

  // One request to each leader. What is to be tried again is thrown, and stays in its queue.
  async #round(all: readonly PartitionQueue[], topics: readonly string[]): Promise<void> {
    const queues = all.filter((queue) => !queue.empty);
    if (this.#stale || queues.some((queue) => this.#leader(queue) < 0)) {
      await this.#link.cluster.refresh(topics);
      const missing = queues.find((queue) => this.#leader(queue) < 0);
      if (missing !== undefined) {
        const what = `partition ${missing.partition} of '${missing.topic}' has no leader or does not exist`;
        throw new TransactionError('LEADER_NOT_AVAILABLE', what, 'retry');
      }
      this.#stale = false;
    }
    await this.#enlist(queues.filter((queue) => !this.#enlisted.has(queue)));
    const requests = [...Map.groupBy(queues, (queue) => this.#leader(queue))];
    const ended = await Promise.allSettled(requests.map(async ([leader, led]) => this.#produce(leader, led)));
    const error = gravest(ended.flatMap((one) => (one.status === 'rejected' ? [toTransactionError(one.reason)] : [])));
    if (error === undefined) return;
    this.#stale = true;
    throw error;
  }

  #leader(queue: PartitionQueue): number {
    return this.#link.cluster.topic(queue.topic)?.partitions[queue.partition]?.leader ?? -1;
  }

  // The coordinator must know a partition before anything of the transaction is written there.
  async #enlist(queues: readonly PartitionQueue[]): Promise<void> {
    if (queues.length === 0) return;
    const { transactionalId, producerId, epoch } = this.#identity;
    const topics = [...Map.groupBy(queues, ({ topic }) => topic)].map(([name, of]) => ({
      name,
      partitions: of.map(({ partition }) => partition),
    }));
    const { api, connection } = await this.#link.bind('transaction', transactionalId, apis.addPartitionsToTxn);
    const request = [{ transactionalId, producerId, producerEpoch: epoch, verifyOnly: false, topics }];
    const response = await withResponse(api.call(connection, request));
    const errors = response.resultsByTransaction
      .flatMap(({ topicResults }) => topicResults)
      .flatMap(({ name, resultsByPartition }) =>
        resultsByPartition.map((one) =>
          codeError(errorName(one.partitionErrorCode), `'${name}'/${one.partitionIndex}`),
        ),
      )
      .filter((error) => error !== undefined);
    // Where one partition is refused the others are not attempted; the refusal is the reason.
    const error = gravest(errors.filter(({ code }) => code !== 'OPERATION_NOT_ATTEMPTED')) ?? errors[0];
    if (error !== undefined) throw error;
    for (const queue of queues) this.#enlisted.add(queue);
  }

  async #produce(leader: number, led: readonly PartitionQueue[]): Promise<void> {
    const { transactionalId, producerId, epoch } = this.#identity;
    const writer = { transactionalId, producerId, producerEpoch: epoch };
    const answers = await produceBatches(this.#link.cluster, leader, fillBatches(led), writer);
    const error = gravest(answers.map(settle).filter((one) => one !== undefined));
    if (error !== undefined) throw error;
  }
}

/** Takes a broker's answer for a batch. Returns the error that the transaction has to deal with. */
function settle({ queue, code, said, durationMs }: BatchAnswer): TransactionError | undefined {
  // A duplicate is a batch whose first answer was lost on the way.
  if (code === 'NONE' || code === 'DUPLICATE_SEQUENCE_NUMBER') {
    const stored = queue.take();
    queue.sequence = (queue.sequence + stored.length) % 2 ** 31;
    queue.widen();
    if (recordsProduced.hasSubscribers) {
      const { topic, partition } = queue;
      const sizeBytes = stored.reduce((sum, record) => sum + record.sizeBytes, 0);
      recordsProduced.publish({ topic, partition, records: stored.length, sizeBytes, durationMs });
    }
    for (const record of stored) record.settled(undefined);
    return undefined;
  }
  const ending = endingOf(code);
  const error = new TransactionError(code, `'${queue.topic}'/${queue.partition}: ${said || code}`, ending);
  if (ending !== 'record') return error;
  // A refused batch takes no sequence numbers and does no harm to the transaction.
  if (queue.batch.length > 1) queue.halve();
  else for (const record of queue.take()) record.settled(error);
  return undefined;
}
