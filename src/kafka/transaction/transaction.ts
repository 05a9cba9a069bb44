import { apis } from '../cluster/api.ts';
import { errorName, withResponse } from '../cluster/cluster.ts';
import type { GroupPlace } from '../group/group-place.ts';
import type { OutputRecord } from '../record.ts';
import { codeError, gravest, toTransactionError, TransactionError } from './transaction-error.ts';
import type { TransactionLink } from './transaction-link.ts';
import type { TransactionalSender, WriterIdentity } from './transactional-sender.ts';

/** Offsets of a consumer group that are stored if, and only if, the transaction is committed. */
export interface TransactionOffsets {
  readonly group: string;
  /** Undefined: the broker asks for no membership, and fencing by the transactional id is all there is. */
  readonly place: GroupPlace | undefined;
  readonly topic: string;
  readonly offsets: readonly {
    readonly partition: number;
    /** Of the next record to read. */
    readonly offset: number;
    /** Kept with the offset; the broker bounds it (`offset.metadata.max.bytes`, 4096 by default). */
    readonly metadata?: string;
  }[];
}

const NO_MEMBER: GroupPlace = { generation: -1, memberId: '', instanceId: null };

/**
 * Records and offsets that become visible together, or not at all. After an error the transaction has to be aborted; only `commit`
 * makes anything of it visible to readers of committed records.
 */
export class Transaction {
  readonly #link: TransactionLink;
  readonly #identity: WriterIdentity;
  readonly #sender: TransactionalSender;
  readonly #over: (clean: boolean) => Promise<void>;
  readonly #groups = new Set<string>();
  #error: TransactionError | undefined;
  #ended = false;

  /** @param over is told the end, and whether the identity can be used further */
  constructor(
    link: TransactionLink,
    identity: WriterIdentity,
    sender: TransactionalSender,
    over: (clean: boolean) => Promise<void>,
  ) {
    this.#link = link;
    this.#identity = identity;
    this.#sender = sender;
    this.#over = over;
  }

  /**
   * Takes a record; `flush` and `commit` write it. Its `settled` is told when the broker has stored it (it counts when the
   * transaction is committed) or will never take it; the transaction can go on without that one. Records of an aborted
   * transaction that were not settled are forgotten.
   */
  send(record: OutputRecord): void {
    this.#check();
    this.#sender.send(record);
  }

  /**
   * Resolves when all records so far are settled.
   *
   * @throws TransactionError
   */
  async flush(): Promise<void> {
    this.#check();
    await this.#noting(this.#sender.flush());
  }

  /**
   * Makes offsets part of the transaction; later ones of the same partition replace earlier ones.
   *
   * @throws TransactionError, of ending `revoked` when the group does not know the place (any more)
   */
  async addOffsets(what: TransactionOffsets): Promise<void> {
    this.#check();
    await this.#noting(this.#addOffsets(what));
  }

  /**
   * Writes what is left and commits.
   *
   * @throws TransactionError; of ending `unknown` when nobody knows yet whether it was committed
   */
  async commit(): Promise<void> {
    await this.flush();
    if (this.#touched) await this.#noting(this.#end(true));
    this.#ended = true;
    await this.#over(this.#sender.reset());
  }

  /**
   * Undoes it all. Afterwards the writer can begin another transaction.
   *
   * @throws TransactionError when the writer is fenced, or no coordinator answered: open a new writer then
   */
  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const touched = this.#touched || this.#error !== undefined;
    const answered = this.#sender.reset();
    if (this.#error?.ending === 'fenced') throw this.#error;
    if (touched) await this.#end(false).catch(notThere);
    await this.#over(answered && this.#error?.ending !== 'renew' && this.#error?.ending !== 'unknown');
  }

  get #touched(): boolean {
    return this.#sender.enlisted > 0 || this.#groups.size > 0;
  }

  #check(): void {
    if (this.#error !== undefined) throw this.#error;
    if (this.#ended) throw new TransactionError('TRANSACTION_ENDED', 'the transaction has ended', 'fatal');
  }

  async #noting<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (thrown) {
      this.#error ??= toTransactionError(thrown);
      throw this.#error;
    }
  }

  async #addOffsets({ group, place = NO_MEMBER, topic, offsets }: TransactionOffsets): Promise<void> {
    const { transactionalId, producerId, epoch } = this.#identity;
    const what = `offsets of group '${group}'`;
    if (!this.#groups.has(group)) {
      this.#groups.add(group);
      await this.#link.attempt('group', what, async () => {
        const { api, connection } = await this.#link.bind('transaction', transactionalId, apis.addOffsetsToTxn);
        const response = await withResponse(api.call(connection, transactionalId, producerId, epoch, group));
        throwCode(response.errorCode, what);
      });
    }
    const partitions = offsets.map(({ partition, offset, metadata }) => ({
      partitionIndex: partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: metadata ?? null,
    }));
    await this.#link.attempt('group', what, async () => {
      const { api, connection } = await this.#link.bind('group', group, apis.txnOffsetCommit);
      const { generation, memberId, instanceId } = place;
      const topics = [{ name: topic, partitions }];
      const request = api.call(connection, transactionalId, group, producerId, epoch, generation, memberId, instanceId, topics); // prettier-ignore
      const response = await withResponse(request);
      const codes = response.topics.flatMap((entry) => entry.partitions).map(({ errorCode }) => errorName(errorCode));
      const error = gravest(codes.map((code) => codeError(code, what)).filter((found) => found !== undefined));
      if (error !== undefined) throw error;
    });
  }

  async #end(committed: boolean): Promise<void> {
    const { transactionalId, producerId, epoch } = this.#identity;
    const what = `${committed ? 'committing' : 'aborting'} the transaction of '${transactionalId}'`;
    await this.#link.attempt('group', what, async () => {
      const { api, connection } = await this.#link.bind('transaction', transactionalId, apis.endTxn);
      const response = await withResponse(api.call(connection, transactionalId, producerId, epoch, committed));
      throwCode(response.errorCode, what);
    });
  }
}

function throwCode(errorCode: number, what: string): void {
  const error = codeError(errorName(errorCode), what);
  if (error !== undefined) throw error;
}

// What failed may have failed before the coordinator knew of the transaction.
function notThere(thrown: unknown): void {
  if (toTransactionError(thrown).ending !== 'renew') throw thrown;
}
