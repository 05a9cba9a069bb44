import { AssignedPartition } from '../offsets/assigned-partition.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { Fetcher } from './fetcher.ts';
import { toKafkaError } from '../kafka-error.ts';
import { logOffsets } from '../offsets/log-offsets.ts';
import type { InputRecord } from '../record.ts';

/** What to read of a partition. */
export interface PartitionRange {
  readonly partition: number;
  /** Offset of the first record. */
  readonly start: number;
  /** Offset after the last one; undefined reads on for ever. */
  readonly end: number | undefined;
}

/** What the reader tells its user. */
export interface ReaderHandler {
  /** Records of one partition, in order. Never empty. */
  records(records: readonly InputRecord[]): void;
  /** The records from `from` up to `to` were deleted before they could be read. */
  deleted(partition: number, from: number, to: number): void;
}

/**
 * Reads partitions of one topic without a consumer group: nothing is committed and nobody else is disturbed. Sees what
 * committed transactions wrote, as every reader here does.
 */
export class TopicReader {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #handler: ReaderHandler;
  readonly #fetcher: Fetcher;
  readonly #finished = Promise.withResolvers<void>();
  readonly #ends: ReadonlyMap<number, number>;
  #open: readonly AssignedPartition[];
  readonly #answeredAtMs = new Map<AssignedPartition, number>();
  #paused = false;

  constructor(cluster: Cluster, topic: string, ranges: readonly PartitionRange[], handler: ReaderHandler) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#handler = handler;
    this.#ends = new Map(ranges.map(({ partition, end }) => [partition, end ?? Infinity]));
    this.#open = ranges.map(({ partition, start }) => new AssignedPartition(topic, partition, start));
    this.#fetcher = new Fetcher(cluster, topic, {
      records: (partition, records) => this.#take(partition, records),
      answered: (partitions, any) => this.#answered(partitions, any),
      outOfRange: (partition) => void this.#reset(partition),
      failed: (error) => this.#finished.reject(error),
    });
    this.#finished.promise.catch(() => undefined);
  }

  /** How long a partition has waited for an answer of its broker, the longest of all, in milliseconds; 0 while paused. */
  get silentMs(): number {
    if (this.#paused) return 0;
    const now = performance.now();
    return Math.max(0, ...this.#open.map((partition) => now - (this.#answeredAtMs.get(partition) ?? now)));
  }

  /** Begins to read. Resolves when every range is read; rejects with a KafkaError of kind `fatal`. */
  async run(): Promise<void> {
    this.#noteAnswer(this.#open);
    this.#dropFinished(false, []);
    if (this.#open.length > 0) this.#fetcher.assign(this.#open);
    await this.#finished.promise;
  }

  /** Sends no more requests; what is under way is still delivered. */
  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#noteAnswer(this.#open);
    this.#setPaused(false);
    this.#fetcher.update();
  }

  /** Stops reading; `run` resolves. */
  async close(): Promise<void> {
    this.#finished.resolve();
    this.#setPaused(false);
    await this.#fetcher.close();
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused;
    for (const partition of this.#open) partition.paused = paused;
  }

  #take(partition: AssignedPartition, records: readonly InputRecord[]): void {
    const end = this.#ends.get(partition.partition) ?? Infinity;
    const last = records.at(-1);
    const wanted = last !== undefined && last.offset < end ? records : records.filter((record) => record.offset < end);
    if (wanted.length > 0) this.#handler.records(wanted);
  }

  #answered(partitions: readonly AssignedPartition[], any: boolean): void {
    this.#noteAnswer(partitions);
    const before = this.#open.length;
    // The last records before the end can be gone (compaction): then the broker has nothing there, and that is the end.
    this.#dropFinished(!any, partitions);
    if (this.#open.length < before) this.#fetcher.assign(this.#open);
  }

  #noteAnswer(partitions: readonly AssignedPartition[]): void {
    const now = performance.now();
    for (const partition of partitions) this.#answeredAtMs.set(partition, now);
  }

  #dropFinished(nothing: boolean, asked: readonly AssignedPartition[]): void {
    this.#open = this.#open.filter((partition) => {
      const end = this.#ends.get(partition.partition) ?? Infinity;
      if (partition.position >= end) return false;
      return !(nothing && end !== Infinity && partition.retryAtMs !== Infinity && asked.includes(partition));
    });
    if (this.#open.length === 0) this.#finished.resolve();
  }

  async #reset(partition: AssignedPartition): Promise<void> {
    try {
      const what = `offsets of '${this.#topic}'/${partition.partition}`;
      const offsets = await this.#cluster.persist('metadata', what, async () =>
        logOffsets(this.#cluster, this.#topic, [partition.partition], 'earliest'),
      );
      const to = offsets.get(partition.partition) ?? 0;
      this.#handler.deleted(partition.partition, partition.position, to);
      partition.position = to;
      partition.retryAtMs = 0;
      this.#dropFinished(false, []);
      this.#fetcher.assign(this.#open);
    } catch (error) {
      this.#finished.reject(toKafkaError(error));
    }
  }
}
