import { Producer, type CompressionAlgorithmValue } from '@platformatic/kafka';
import type { FuzzRecord } from '../mutations/record.ts';

// All that Kafka knows, so that reading knows them too.
const COMPRESSIONS: readonly CompressionAlgorithmValue[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

const REQUEST_TIMEOUT_MS = 120_000;

/** A record with its place in the topic. */
export interface PlacedRecord {
  readonly record: FuzzRecord;
  readonly partition: number;
  readonly offset: bigint;
}

/** Writes records into the input topic, and knows where each of them is. */
export class RecordFeed {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #partitions: number;
  #sends = 0;

  constructor(bootstrap: string, topic: string, partitions: number) {
    this.#producer = new Producer({
      clientId: 'millrace-fuzz',
      bootstrapBrokers: [bootstrap],
      idempotent: true,
      autocreateTopics: false,
      // On a busy machine a broker can be late.
      timeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retries: 60,
    });
    this.#topic = topic;
    this.#partitions = partitions;
  }

  /** Stores the records, in their order within each partition. */
  async send(records: readonly FuzzRecord[]): Promise<readonly PlacedRecord[]> {
    const compression = COMPRESSIONS[this.#sends++ % COMPRESSIONS.length] ?? 'none';
    const messages = records.map((record) => ({
      topic: this.#topic,
      partition: record.index % this.#partitions,
      ...(record.key !== null && { key: record.key }),
      // The library takes null for a value, which its types leave out.
      value: record.value as Buffer,
      headers: headerMap(record),
    }));
    const { offsets = [] } = await this.#producer.send({ messages, acks: -1, compression });
    const next = new Map(offsets.map(({ partition, offset }) => [partition, offset]));
    return records.map((record) => {
      const partition = record.index % this.#partitions;
      const offset = next.get(partition);
      if (offset === undefined) throw new Error(`the broker does not say where record ${record.index} is`);
      next.set(partition, offset + 1n);
      return { record, partition, offset };
    });
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }
}

// Keyed by buffers, which differ by identity, so names may repeat.
function headerMap({ headers }: FuzzRecord): Map<Buffer, Buffer> {
  return new Map(headers.map(([name, value]) => [Buffer.from(name), value as Buffer]));
}
