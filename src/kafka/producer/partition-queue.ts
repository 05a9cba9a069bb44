import type { MessageRecord } from '@platformatic/kafka';
import type { OutputRecord, RecordHeader } from '../record.ts';
import type { ProducerIdentity } from './producer-identity.ts';

/** Records for one partition of an output topic, in order: waiting ones, and the batch that is at the broker. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  /** The batch that was sent and not answered; sent again as it is until it is. */
  batch: OutputRecord[] = [];
  messages: MessageRecord[] = [];
  /** The batch is in a request that is under way; no other may carry it, or one answer would count for two batches. */
  sending = false;
  /** The request that last carried a batch of it, by number. */
  sentTurn = 0;
  /** Since when it waits for its batch to be taken; means nothing while the queue is empty. */
  waitingSinceMs = 0;
  /** What `sequence` counts under; undefined before the first batch, and when it has to be another. */
  identity: ProducerIdentity | undefined;
  /** The batch has been sent and may be stored: what it was sent under has to stay, or a broker would not know it again. */
  inDoubt = false;
  /** Sequence number of the first record of the batch. */
  sequence = 0;
  /** Most records of a batch; falls when the broker finds one too large, and recovers. */
  batchLimit = MAX_BATCH_RECORDS;
  // Slots before the head are empty: what was stored must not be held any longer.
  #waiting: (OutputRecord | undefined)[] = [];
  #head = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get empty(): boolean {
    return this.batch.length === 0 && this.#head === this.#waiting.length;
  }

  push(record: OutputRecord): void {
    if (this.empty) this.waitingSinceMs = performance.now();
    this.#waiting.push(record);
  }

  /** Writes under this identity from now on, unless the batch is in doubt under another. */
  adopt(identity: ProducerIdentity): void {
    if (this.identity === identity || (this.inDoubt && this.identity !== undefined)) return;
    this.identity = identity;
    this.sequence = 0;
  }

  /** Fills the batch, unless one is at the broker already. */
  fill(limitBytes: number): void {
    if (this.batch.length > 0) return;
    let sizeBytes = 0;
    while (this.#head < this.#waiting.length && this.batch.length < this.batchLimit) {
      const record = this.#waiting[this.#head];
      if (record === undefined) break;
      sizeBytes += record.sizeBytes + RECORD_OVERHEAD_BYTES;
      if (sizeBytes > limitBytes && this.batch.length > 0) break;
      this.batch.push(record);
      this.messages.push(toMessage(record));
      this.#waiting[this.#head++] = undefined;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The batch has been answered for good: takes it out. */
  take(): OutputRecord[] {
    this.waitingSinceMs = performance.now();
    const taken = this.batch;
    this.batch = [];
    this.messages = [];
    this.inDoubt = false;
    return taken;
  }

  /** The batch is too large for the broker: its records wait again, for smaller batches. */
  halve(): void {
    this.batchLimit = Math.max(1, this.batch.length >> 1);
    this.#waiting = this.#everything();
    this.#head = 0;
    this.batch = [];
    this.messages = [];
    this.inDoubt = false;
  }

  /** After a success larger batches are tried again. */
  widen(): void {
    this.batchLimit = Math.min(MAX_BATCH_RECORDS, this.batchLimit * 2);
  }

  /** Takes everything out, for giving up. */
  drain(): OutputRecord[] {
    const all = this.#everything();
    this.batch = [];
    this.messages = [];
    this.inDoubt = false;
    this.#waiting = [];
    this.#head = 0;
    return all;
  }

  #everything(): OutputRecord[] {
    return [...this.batch, ...this.#waiting.slice(this.#head).filter((record) => record !== undefined)];
  }
}

const MAX_BATCH_RECORDS = 10_000;
// Length, offset and timestamp of a record, and room for the lengths of its headers.
const RECORD_OVERHEAD_BYTES = 64;

function toMessage(record: OutputRecord): MessageRecord {
  const { topic, partition, key, value, headers } = record;
  return { topic, partition, key: key as Buffer, value: value as Buffer, headers: headerMap(headers) };
}

// The library takes headers as a map. Buffers are distinct keys, so repeated names stay; but of empty ones its reader makes one and
// the same.
function headerMap(headers: readonly RecordHeader[]): Map<Buffer, Buffer> {
  const map = new Map(headers as readonly (readonly [Buffer, Buffer])[]);
  if (map.size === headers.length) return map;
  return new Map(headers.map(([name, value]) => [Buffer.from(name ?? []), value as Buffer]));
}
