import { sleep } from '../../base/clock.ts';
import { recordSizeBytes, type RecordHeader } from '../../kafka/record.ts';
import { Partitioner } from '../../kafka/partitioner.ts';
import type { Producer } from '../../kafka/producer.ts';
import type { Ledger } from './ledger/ledger.ts';

/** Bytes handed to the producer and not stored yet, at most: beyond it the feed waits. */
const UNSETTLED_BYTES = 8 * 1024 * 1024;
/** How long a full producer is left alone, ms. */
const FULL_WAIT_MS = 5;
const NO_HEADERS: readonly RecordHeader[] = [];

/** Writes requests of the ledger to the input topic, in their order. */
export class RequestFeed {
  readonly #producer: Producer;
  readonly #ledger: Ledger;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #images: readonly Buffer[];
  readonly #partitioner = new Partitioner('murmur2');
  readonly #refused: (error: Error) => void;
  #unsettledBytes = 0;
  #stored = 0;

  /**
   * @param images the request of each picture
   * @param refused told when the broker will never take a record
   */
  constructor(
    producer: Producer,
    ledger: Ledger,
    topic: { readonly name: string; readonly partitions: number },
    images: readonly Buffer[],
    refused: (error: Error) => void,
  ) {
    this.#producer = producer;
    this.#ledger = ledger;
    this.#topic = topic.name;
    this.#partitions = topic.partitions;
    this.#images = images;
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
    const request = this.#ledger.requests[index];
    if (request === undefined) return;
    const key = Buffer.from(request.key);
    const value = request.malformed ? request.malformed.value : (this.#images[request.image] ?? null);
    const partition = this.#partitioner.pick(key, this.#partitions, 0);
    const sizeBytes = recordSizeBytes(key, value, NO_HEADERS);
    this.#ledger.send(index, partition, performance.now());
    this.#unsettledBytes += sizeBytes;
    this.#producer.send({
      topic: this.#topic,
      partition,
      key,
      value,
      headers: NO_HEADERS,
      sizeBytes,
      settled: (error) => {
        this.#unsettledBytes -= sizeBytes;
        if (error) this.#refused(error);
        else this.#stored++;
      },
    });
  }
}
