import { sleep } from '../../../base/clock.ts';
import { recordSizeBytes, type RecordHeader } from '../../../kafka/record.ts';
import { Partitioner } from '../../../kafka/producer/partitioner.ts';
import type { Producer } from '../../../kafka/producer/producer.ts';
import type { StreamBook } from './stream-book.ts';

/** Bytes handed to the producer and not stored yet, at most: beyond it the feed waits. */
const UNSETTLED_BYTES = 8 * 1024 * 1024;
/** How long a full producer is left alone, ms. */
const FULL_WAIT_MS = 5;

/** A request as it is written to the topic. */
export interface FeedRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

/** Writes requests of the book to the input topic, in their order. */
export class RequestFeed {
  readonly #producer: Producer;
  readonly #book: StreamBook;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #recordOf: (index: number) => FeedRecord | undefined;
  readonly #partitioner = new Partitioner('murmur2');
  readonly #refused: (error: Error) => void;
  #unsettledBytes = 0;
  #stored = 0;

  /**
   * @param recordOf the record of each request, by its index in the book
   * @param refused told when the broker will never take a record
   */
  constructor(
    producer: Producer,
    book: StreamBook,
    topic: { readonly name: string; readonly partitions: number },
    recordOf: (index: number) => FeedRecord | undefined,
    refused: (error: Error) => void,
  ) {
    this.#producer = producer;
    this.#book = book;
    this.#topic = topic.name;
    this.#partitions = topic.partitions;
    this.#recordOf = recordOf;
    this.#refused = refused;
  }

  /** Requests that the broker has stored. */
  get stored(): number {
    return this.#stored;
  }

  /**
   * Sends the requests from index `from` up to `to`, evenly `ratePerSecond`, or as fast as the broker takes them. Resolves when
   * all are sent or the signal is aborted.
   */
  async send(from: number, to: number, ratePerSecond: number | undefined, signal: AbortSignal): Promise<void> {
    const begunMs = performance.now();
    for (let index = from; index < to && !signal.aborted;) {
      const due = ratePerSecond === undefined ? to : from + 1 + ((performance.now() - begunMs) * ratePerSecond) / 1000;
      while (index < Math.min(to, Math.floor(due)) && this.#unsettledBytes < UNSETTLED_BYTES) this.#send(index++);
      const fullMs = this.#unsettledBytes < UNSETTLED_BYTES ? 0 : FULL_WAIT_MS;
      const nextDueMs = ratePerSecond === undefined ? 0 : begunMs + ((index - from) * 1000) / ratePerSecond;
      if (index < to) await sleep(Math.max(fullMs, nextDueMs - performance.now()), signal);
    }
  }

  #send(index: number): void {
    const record = this.#recordOf(index);
    if (record === undefined) return;
    const { key, value, headers } = record;
    const partition = this.#partitioner.pick(key, this.#partitions, 0);
    const sizeBytes = recordSizeBytes(key, value, headers);
    this.#book.send(index, partition, performance.now());
    this.#unsettledBytes += sizeBytes;
    this.#producer.send({
      topic: this.#topic,
      partition,
      key,
      value,
      headers,
      sizeBytes,
      settled: (error) => {
        this.#unsettledBytes -= sizeBytes;
        if (error) this.#refused(error);
        else this.#stored++;
      },
    });
  }
}
