import { apis } from '../cluster/api.ts';
import { errorName, withResponse, type Cluster } from '../cluster/cluster.ts';
import { Transaction } from './transaction.ts';
import { codeError, TransactionError } from './transaction-error.ts';
import { TransactionLink } from './transaction-link.ts';
import { TransactionalSender, type WriterIdentity } from './transactional-sender.ts';

/** Who writes, and within which limits. */
export interface WriterSettings {
  /** Of all writers with this id only the one that was opened last can write. */
  readonly transactionalId: string;
  /** When the coordinator aborts a transaction by itself; the broker bounds it (`transaction.max.timeout.ms`). */
  readonly transactionTimeoutMs: number;
  /** How long brokers may be away in one step before it is given up. */
  readonly limitMs: number;
}

/**
 * Writes records and offsets of consumer groups in Kafka transactions, one at a time. It holds no timers and runs nothing
 * by itself: whoever uses it may simply drop it.
 */
export class TransactionalWriter {
  readonly #link: TransactionLink;
  readonly #settings: WriterSettings;
  #identity: WriterIdentity | undefined;
  #sender: TransactionalSender | undefined;
  #open: Transaction | undefined;

  constructor(cluster: Cluster, settings: WriterSettings) {
    this.#link = new TransactionLink(cluster, settings.limitMs);
    this.#settings = settings;
  }

  /**
   * Takes the transactional id over: earlier writers with it are fenced, and what they had open is ended when this resolves.
   * Offsets that their transactions stored are read afterwards with `committedOffsets`. A writer that does not know what became
   * of its own transaction takes its id over in the same way.
   *
   * @throws TransactionError
   */
  async open(): Promise<void> {
    this.#open = undefined;
    await this.#identify(undefined);
  }

  /** @throws TransactionError when the writer is not open, or has a transaction under way */
  begin(): Transaction {
    const identity = this.#identity;
    const sender = this.#sender;
    if (identity === undefined || sender === undefined || this.#open !== undefined) {
      const why = this.#open === undefined ? 'the writer is not open' : 'the transaction before has not ended';
      throw new TransactionError('TRANSACTION_NOT_BEGUN', why, 'fatal');
    }
    this.#open = new Transaction(this.#link, identity, sender, async (clean) => {
      this.#open = undefined;
      if (!clean) await this.#identify(identity);
    });
    return this.#open;
  }

  /** With the present identity the coordinator gives a new epoch only if nobody else has taken the id over. */
  async #identify(present: WriterIdentity | undefined): Promise<void> {
    const { transactionalId, transactionTimeoutMs } = this.#settings;
    const what = `taking over the transactional id '${transactionalId}'`;
    this.#identity = undefined;
    const { producerId, producerEpoch } = await this.#link.attempt('group', what, async () => {
      const { api, connection } = await this.#link.bind('transaction', transactionalId, apis.initProducerId);
      const [id, epoch] = [present?.producerId ?? -1n, present?.epoch ?? -1];
      const response = await withResponse(api.call(connection, transactionalId, transactionTimeoutMs, id, epoch));
      const error = codeError(errorName(response.errorCode), what);
      if (error !== undefined) throw error;
      return response;
    });
    this.#identity = { transactionalId, producerId, epoch: producerEpoch };
    this.#sender = new TransactionalSender(this.#link, this.#identity);
  }
}
