import { MillraceError } from '../../base/errors.ts';
import { Partitioner } from '../../kafka/producer/partitioner.ts';
import type { InputRecord, OutputRecord } from '../../kafka/record.ts';
import { recordSizeBytes } from '../../kafka/record.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import { readErrorRecord, type ErrorRecord } from './selection/error-record.ts';
import type { RedrivePlan } from './redrive-plan.ts';
import { sourceRecord } from './source-record.ts';

/** A request to send again. */
export type Redriven = Omit<OutputRecord, 'settled'>;

/**
 * What becomes of a record of the error topic: passed over because it is no error record, or not meant, dealt with by an
 * earlier run, impossible to send, or sent.
 */
export type Verdict =
  | { readonly kind: 'foreign' | 'skipped' | 'before' }
  | { readonly kind: 'cannot'; readonly error: ErrorRecord; readonly why: string }
  | { readonly kind: 'send'; readonly error: ErrorRecord; readonly request: Redriven };

/** Judges records one by one, and makes the request of those that are to be sent. */
export class RecordJudge {
  readonly #session: KafkaSession;
  readonly #plan: RedrivePlan;
  readonly #toTopic: string;
  readonly #stop: AbortSignal;
  readonly #partitionCounts = new Map<string, number>();
  readonly #partitioners = new Map<string, Partitioner>();

  /** @param toTopic empty: the topic that each record came from */
  constructor(session: KafkaSession, plan: RedrivePlan, toTopic: string, stop: AbortSignal) {
    this.#session = session;
    this.#plan = plan;
    this.#toTopic = toTopic;
    this.#stop = stop;
  }

  /** @throws MillraceError when the topic to send to cannot be used, or Kafka does not answer */
  async judge(record: InputRecord): Promise<Verdict> {
    const error = readErrorRecord(record);
    if (error === undefined) return { kind: 'foreign' };
    if (!this.#plan.filter.matches(error)) return { kind: 'skipped' };
    const progress = this.#plan.progress.get(record.partition.partition);
    if (progress?.isDone(record.offset, error)) return { kind: 'before' };
    const topic = this.#toTopic || error.source?.topic;
    if (topic === undefined) {
      return { kind: 'cannot', error, why: 'it does not say which topic it came from; --to-topic would' };
    }
    if (error.leftOutBytes === undefined) {
      return { kind: 'send', error, request: await this.#request(topic, record, error.headers, record, error) };
    }
    const original = await this.#original(record, error);
    if (original === undefined) {
      return { kind: 'cannot', error, why: 'its value was too large for the error topic, and the request is gone' };
    }
    return { kind: 'send', error, request: await this.#request(topic, original, original.headers, record, error) };
  }

  // The topic may have been made anew, with another record in that place.
  async #original({ key }: InputRecord, { source, leftOutBytes }: ErrorRecord): Promise<InputRecord | undefined> {
    if (source === undefined) return undefined;
    const found = await sourceRecord(this.#session, source, this.#stop);
    const isSame = found?.value?.length === leftOutBytes && (found?.key ?? NONE).equals(key ?? NONE);
    return isSame ? found : undefined;
  }

  async #request(
    topic: string,
    { key, value }: InputRecord,
    headers: InputRecord['headers'],
    record: InputRecord,
    { source }: ErrorRecord,
  ): Promise<Redriven> {
    const count = this.#partitionCounts.get(topic) ?? (await this.#lookUp(topic));
    const wanted = source?.partition ?? record.partition.partition;
    let partition = wanted;
    if (wanted >= count) {
      const partitioner = this.#partitioners.get(topic) ?? new Partitioner('murmur2');
      this.#partitioners.set(topic, partitioner);
      partition = partitioner.pick(key, count, wanted);
    }
    return { topic, partition, key, value, headers, sizeBytes: recordSizeBytes(key, value, headers) };
  }

  async #lookUp(topic: string): Promise<number> {
    if (topic === this.#plan.topic) {
      throw new MillraceError(`'${topic}' is the error topic itself: redriven records would come back for ever`, {
        code: 'REDRIVE_TARGET',
        remedy: 'name the topic of the requests with --to-topic',
      });
    }
    const found = await this.#session.findTopic(topic, this.#stop);
    if (found === undefined) {
      throw new MillraceError(`topic '${topic}' does not exist, and records would go there`, {
        code: 'TOPIC_MISSING',
        remedy: 'create it, or send to another topic with --to-topic',
      });
    }
    this.#partitionCounts.set(topic, found.partitions.length);
    return found.partitions.length;
  }
}

const NONE = Buffer.alloc(0);
