import { sleep } from '../../base/clock.ts';
import type { Cluster } from '../../kafka/cluster/cluster.ts';
import { TopicReader, type PartitionRange } from '../../kafka/consumer/reader.ts';
import type { InputRecord } from '../../kafka/record.ts';

const BUFFERED_BYTES = 8 * 1024 * 1024;
// What a record takes beside its key, value and headers, roughly.
const RECORD_OVERHEAD_BYTES = 1024;

/** Records of a topic, asked for as they can be dealt with; reading ahead is bounded. */
export class RecordFeed {
  readonly #reader: TopicReader;
  #buffered: (readonly InputRecord[])[] = [];
  #bufferedBytes = 0;
  #paused = false;
  #ended = false;
  #failure: Error | undefined;
  #change = Promise.withResolvers<void>();

  /** @param deleted is told of records that were deleted before they could be read */
  constructor(
    cluster: Cluster,
    topic: string,
    ranges: readonly PartitionRange[],
    deleted: (partition: number, from: number, to: number) => void,
  ) {
    this.#reader = new TopicReader(cluster, topic, ranges, { records: (records) => this.#take(records), deleted });
    this.#reader.run().then(
      () => this.#changed(() => (this.#ended = true)),
      (error: unknown) =>
        this.#changed(() => (this.#failure = error instanceof Error ? error : new Error(String(error)))),
    );
  }

  /** How long Kafka has not answered, in milliseconds. */
  get silentMs(): number {
    return this.#reader.silentMs;
  }

  /**
   * Records of one partition, in order; `end` after the last ones, `later` when none have come in the time.
   *
   * @throws KafkaError of kind `fatal`
   */
  async next(limitMs: number): Promise<readonly InputRecord[] | 'end' | 'later'> {
    if (this.#buffered.length === 0 && !this.#ended && this.#failure === undefined) {
      const limit = new AbortController();
      await Promise.race([this.#change.promise, sleep(limitMs, limit.signal)]);
      limit.abort();
    }
    const records = this.#buffered.shift();
    if (records !== undefined) {
      this.#bufferedBytes -= memoryOf(records);
      if (this.#paused && this.#bufferedBytes * 2 <= BUFFERED_BYTES) {
        this.#paused = false;
        this.#reader.resume();
      }
      return records;
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#ended ? 'end' : 'later';
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  #take(records: readonly InputRecord[]): void {
    this.#bufferedBytes += memoryOf(records);
    if (!this.#paused && this.#bufferedBytes > BUFFERED_BYTES) {
      this.#paused = true;
      this.#reader.pause();
    }
    this.#changed(() => this.#buffered.push(records));
  }

  #changed(change: () => void): void {
    change();
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

function memoryOf(records: readonly InputRecord[]): number {
  return records.reduce((sum, { sizeBytes }) => sum + sizeBytes + RECORD_OVERHEAD_BYTES, 0);
}
