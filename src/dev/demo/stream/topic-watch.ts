import { sleep } from '../../../base/clock.ts';
import { Cluster } from '../../../kafka/cluster/cluster.ts';
import type { ConnectionOptions } from '../../../kafka/options.ts';
import { logOffsets } from '../../../kafka/offsets/log-offsets.ts';
import { TopicReader } from '../../../kafka/consumer/reader.ts';
import type { InputRecord } from '../../../kafka/record.ts';

const POLL_MS = 20;

/** Reads a topic from its begin on, for as long as the demo runs. */
export class TopicWatch {
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #partitions: readonly number[];
  readonly #reader: TopicReader;
  /** Next offset, by partition. */
  readonly #next: number[];

  /**
   * @param connection its own connections: a fetch that waits for records of one topic would hold up the other's
   * @param failed told when the topic cannot be read any more
   */
  constructor(
    connection: ConnectionOptions,
    topic: { readonly name: string; readonly partitions: number },
    take: (record: InputRecord, nowMs: number) => void,
    failed: (error: unknown) => void,
  ) {
    this.#cluster = new Cluster(connection);
    this.#topic = topic.name;
    this.#partitions = Array.from({ length: topic.partitions }, (_, partition) => partition);
    this.#next = this.#partitions.map(() => 0);
    const ranges = this.#partitions.map((partition) => ({ partition, start: 0, end: undefined }));
    this.#reader = new TopicReader(this.#cluster, topic.name, ranges, {
      records: (records) => {
        const nowMs = performance.now();
        for (const record of records) {
          take(record, nowMs);
          this.#next[record.partition.partition] = record.offset + 1;
        }
      },
      deleted: (partition, from, to) => {
        failed(new Error(`records ${from} to ${to} of ${topic.name}/${partition} are gone before they could be read`));
      },
    });
    this.#reader.run().catch(failed);
  }

  /** Resolves when everything that the topic holds now has been read. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    const ends = await this.#cluster.persist(
      'metadata',
      `end of '${this.#topic}'`,
      async () => logOffsets(this.#cluster, this.#topic, this.#partitions, 'latest'),
      signal,
    );
    const behind = () =>
      this.#partitions.some((partition) => (this.#next[partition] ?? 0) < (ends.get(partition) ?? 0));
    while (behind()) {
      signal.throwIfAborted();
      await sleep(POLL_MS, signal);
    }
  }

  async close(): Promise<void> {
    const closing = this.#reader.close();
    // A fetch that is under way ends with its connection.
    await this.#cluster.close();
    await closing;
  }
}
