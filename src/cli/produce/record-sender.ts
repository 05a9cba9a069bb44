import { Partitioner } from '../../kafka/producer/partitioner.ts';
import { Producer } from '../../kafka/producer/producer.ts';
import { recordSizeBytes, type RecordHeader } from '../../kafka/record.ts';
import { explainKafkaError } from '../kafka/kafka-failure.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import type { RecordParts } from './record-parts.ts';

/** Where produced records go. */
export interface SendTarget {
  readonly topic: string;
  /** How many partitions the topic has. */
  readonly partitions: number;
  /** The only one to write to; undefined: the partitioner chooses. */
  readonly partition: number | undefined;
  readonly partitioner: 'murmur2' | 'crc32';
  readonly headers: readonly RecordHeader[];
}

const UNSETTLED_RECORDS = 20_000;
const UNSETTLED_BYTES = 32 * 1024 * 1024;
const WATCH_MS = 100;
const GRACE_MS = 5_000;

/** Sends records with bounded memory, counts what became of them, and notices when Kafka has fallen silent. */
export class RecordSender {
  sent = 0;
  acknowledged = 0;
  refused = 0;
  /** Of the acknowledged records. */
  sizeBytes = 0;
  readonly #session: KafkaSession;
  readonly #producer: Producer;
  readonly #target: SendTarget;
  readonly #partitioner: Partitioner;
  readonly #refusal: (place: string, error: Error) => void;
  readonly #failed = new AbortController();
  readonly #watch: NodeJS.Timeout;
  #failure: Error | undefined;
  #unsettledBytes = 0;
  #progressAtMs = performance.now();
  #room: PromiseWithResolvers<void> | undefined;

  /** @param refusal is told of each record that Kafka will never take */
  constructor(session: KafkaSession, target: SendTarget, refusal: (place: string, error: Error) => void) {
    this.#session = session;
    this.#producer = new Producer(session.cluster);
    this.#target = target;
    this.#partitioner = new Partitioner(target.partitioner);
    this.#refusal = refusal;
    this.#producer.failed.catch((error: unknown) => this.#fail(explainKafkaError(error, target.topic)));
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
  }

  /** Aborted when sending cannot go on; `failure` says why. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Nothing more should be sent before `room` resolves. */
  get full(): boolean {
    return this.#producer.unsettled >= UNSETTLED_RECORDS || this.#unsettledBytes >= UNSETTLED_BYTES;
  }

  /** @param place of the record in its file, for messages */
  send({ key, value }: RecordParts, place: () => string): void {
    const { topic, partitions, partition, headers } = this.#target;
    const sizeBytes = recordSizeBytes(key, value, headers);
    if (this.#producer.unsettled === 0) this.#progressAtMs = performance.now();
    this.#unsettledBytes += sizeBytes;
    this.sent++;
    this.#producer.send({
      topic,
      partition: partition ?? this.#partitioner.pick(key, partitions, 0),
      key,
      value,
      headers,
      sizeBytes,
      settled: (error) => this.#settled(sizeBytes, place, error),
    });
  }

  /** Resolves when there is room for more, or `stop` is aborted. */
  async room(stop: AbortSignal): Promise<void> {
    if (!this.full || stop.aborted) return;
    this.#room ??= Promise.withResolvers();
    const room = this.#room;
    stop.addEventListener('abort', () => room.resolve(), { once: true });
    await room.promise;
  }

  /** Waits until every record is settled or sending has failed; for a few seconds only once `stop` is aborted. */
  async settle(stop: AbortSignal): Promise<void> {
    let untilMs = Infinity;
    while (this.#producer.unsettled > 0 && !this.failed.aborted && performance.now() < untilMs) {
      if (stop.aborted) untilMs = Math.min(untilMs, performance.now() + GRACE_MS);
      await this.#producer.flush(WATCH_MS);
    }
  }

  close(): void {
    clearInterval(this.#watch);
    this.#producer.close();
  }

  #settled(sizeBytes: number, place: () => string, error: Error | undefined): void {
    this.#unsettledBytes -= sizeBytes;
    this.#progressAtMs = performance.now();
    if (error === undefined) {
      this.acknowledged++;
      this.sizeBytes += sizeBytes;
    } else {
      this.refused++;
      this.#refusal(place(), error);
    }
    // Half empty, so that the reader of the file does not go on by single records.
    if (
      this.#room &&
      this.#producer.unsettled * 2 <= UNSETTLED_RECORDS &&
      this.#unsettledBytes * 2 <= UNSETTLED_BYTES
    ) {
      this.#room.resolve();
      this.#room = undefined;
    }
  }

  #look(): void {
    if (this.#producer.unsettled === 0) return;
    if (performance.now() - this.#progressAtMs > this.#session.timeoutMs) this.#fail(this.#session.silence());
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#failed.abort();
  }
}
