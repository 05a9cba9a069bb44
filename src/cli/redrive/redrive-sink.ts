import { errorText } from '../../base/errors.ts';
import { Transaction } from '../../kafka/transaction/transaction.ts';
import { toTransactionError } from '../../kafka/transaction/transaction-error.ts';
import { TransactionalWriter } from '../../kafka/transaction/transactional-writer.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import type { PartitionProgress } from './partition-progress.ts';
import type { BatchEntry, RedriveBatch } from './redrive-batch.ts';

/** Of a record that Kafka will never take. */
export interface Refusal {
  readonly entry: BatchEntry;
  readonly why: string;
}

const TRANSACTION_TIMEOUT_MS = 60_000;
const ATTEMPTS = 5;

/**
 * Writes batches: the requests and the group's progress in one transaction, so that both are stored or neither. Runs with
 * the same group share a transactional id, and the one that was started last ends the others.
 */
export class RedriveSink {
  readonly #group: string;
  readonly #topic: string;
  readonly #writer: TransactionalWriter;

  constructor(session: KafkaSession, group: string, topic: string) {
    this.#group = group;
    this.#topic = topic;
    this.#writer = new TransactionalWriter(session.cluster, {
      transactionalId: group,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
      limitMs: session.timeoutMs,
    });
  }

  /** Ends whatever an earlier run has left open. The group's progress is to be read after that. */
  async open(): Promise<void> {
    await this.#writer.open();
  }

  /** @throws TransactionError; then the batch is not stored, or (`unknown`) the group's progress tells whether it is */
  async write(batch: RedriveBatch, progress: ReadonlyMap<number, PartitionProgress>): Promise<readonly Refusal[]> {
    for (let attempt = 1; ; attempt++) {
      const transaction = this.#writer.begin();
      try {
        return await this.#fill(transaction, batch, progress);
      } catch (thrown) {
        const { ending } = toTransactionError(thrown);
        // Without an answer, another wait helps nobody: the coordinator ends the transaction, or the next run does.
        if (ending === 'unknown') throw thrown;
        if (attempt === ATTEMPTS || (ending !== 'abort' && ending !== 'renew')) {
          await transaction.abort().catch(() => undefined);
          throw thrown;
        }
        await transaction.abort();
      }
    }
  }

  async #fill(
    transaction: Transaction,
    batch: RedriveBatch,
    progress: ReadonlyMap<number, PartitionProgress>,
  ): Promise<readonly Refusal[]> {
    const refusals: Refusal[] = [];
    for (const entry of batch.entries) {
      const settled = (error: Error | undefined) => {
        if (error !== undefined) refusals.push({ entry, why: errorText(error) });
      };
      transaction.send({ ...entry.request, settled });
    }
    await transaction.flush();
    const offsets = [...progress].map(([partition, one]) => ({ partition, ...one.toCommit() }));
    await transaction.addOffsets({ group: this.#group, place: undefined, topic: this.#topic, offsets });
    await transaction.commit();
    return refusals;
  }
}
