// What brokers do for exactly-once delivery, as the protocol says it: input logs, the group's generation and offsets, transactions
// that are committed, aborted, timed out or fenced, and what a reader of committed records sees.
import assert from 'node:assert/strict';
import type { Batch, StoredPlace } from '../../../src/stream/delivery/outbox.ts';
import type { Seeded } from '../seeded.ts';
import type { VirtualTime } from '../virtual-time.ts';

export interface LogRecord {
  readonly offset: number;
  readonly key: Buffer | null;
}

export interface MadeUpTransaction {
  readonly writer: number;
  readonly epoch: number;
  state: 'open' | 'committed' | 'aborted';
  offsets: Batch['offsets'];
  records: readonly LogRecord[][];
}

export class MadeUpBroker {
  readonly log: readonly LogRecord[][];
  /** What a reader sees, by partition, in its order. */
  readonly seen: number[][];
  readonly #stored: StoredPlace[];
  readonly #time: VirtualTime;
  readonly #timeoutMs: number;
  readonly #epochs = new Map<number, number>();
  readonly #open = new Map<number, MadeUpTransaction>();
  /** Members that the group knows, by writer. */
  readonly members = new Set<number>();
  generation = 1;
  commits = 0;

  constructor(time: VirtualTime, random: Seeded) {
    this.#time = time;
    this.#timeoutMs = random.between(500, 15_000);
    const keys = Array.from({ length: random.between(1, 12) }, (_, id) => Buffer.from(`key-${id}`));
    this.log = Array.from({ length: random.between(1, 4) }, () => {
      let offset = random.between(0, 1_000);
      return Array.from({ length: random.between(0, 90) }, () => {
        offset += random.chance(0.1) ? random.between(2, 9) : 1;
        return { offset, key: random.chance(0.1) ? null : random.pick(keys) };
      });
    });
    this.seen = this.log.map(() => []);
    this.#stored = this.log.map(() => ({ offset: -1, metadata: '' }));
  }

  /** The group's offset; undefined while a transaction is about to change it. */
  stored(partition: number): StoredPlace | undefined {
    for (const { offsets } of this.#open.values()) {
      if (offsets.some((one) => one.partition.partition === partition)) return undefined;
    }
    return this.#stored[partition];
  }

  /** A new epoch for a writer: what it had open is aborted, what it tries under an older one is refused. */
  takeOver(writer: number): number {
    this.#end(this.#open.get(writer), 'aborted');
    const epoch = (this.#epochs.get(writer) ?? 0) + 1;
    this.#epochs.set(writer, epoch);
    return epoch;
  }

  begin(writer: number, epoch: number): MadeUpTransaction {
    return { writer, epoch, state: 'open', offsets: [], records: [] };
  }

  addOffsets(
    transaction: MadeUpTransaction,
    offsets: Batch['offsets'],
    generation: number,
  ): 'stored' | 'revoked' | 'fenced' {
    if (!this.#isOpen(transaction)) return 'fenced';
    if (generation !== this.generation || !this.members.has(transaction.writer)) return 'revoked';
    transaction.offsets = offsets;
    this.#open.set(transaction.writer, transaction);
    this.#time.after(this.#timeoutMs, () => {
      if (transaction.state !== 'open') return;
      this.takeOver(transaction.writer);
    });
    return 'stored';
  }

  /** @returns whether it is committed (also when it has been before) */
  end(transaction: MadeUpTransaction, batch: Batch): 'committed' | 'fenced' {
    if (!this.#isOpen(transaction)) return 'fenced';
    this.#end(transaction, 'committed');
    for (const { partition, offset, metadata } of transaction.offsets) {
      assert.ok(offset >= (this.#stored[partition.partition]?.offset ?? -1), 'the committed offset goes back');
      assert.ok(metadata.length <= 4096);
      this.#stored[partition.partition] = { offset, metadata };
    }
    for (const { job } of batch.departures) {
      const { partition, offset } = job.record;
      const seen = this.seen[partition.partition] ?? [];
      assert.ok(!seen.includes(offset), `${partition.partition}/${offset} is seen twice`);
      seen.push(offset);
    }
    this.commits++;
    return 'committed';
  }

  abort(transaction: MadeUpTransaction): 'aborted' | 'fenced' {
    if (!this.#isOpen(transaction)) return 'fenced';
    this.#end(transaction, 'aborted');
    return 'aborted';
  }

  get done(): boolean {
    return this.log.every((records, partition) => {
      const last = records.at(-1);
      return last === undefined || (this.#stored[partition]?.offset ?? -1) > last.offset;
    });
  }

  #isOpen({ writer, epoch, state }: MadeUpTransaction): boolean {
    return state === 'open' && this.#epochs.get(writer) === epoch;
  }

  #end(transaction: MadeUpTransaction | undefined, state: 'committed' | 'aborted'): void {
    if (transaction === undefined) return;
    transaction.state = state;
    if (this.#open.get(transaction.writer) === transaction) this.#open.delete(transaction.writer);
  }
}
