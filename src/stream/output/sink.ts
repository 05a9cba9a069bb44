import { errorText } from '../../base/errors.ts';
import type { Cluster } from '../../kafka/cluster/cluster.ts';
import { KafkaError } from '../../kafka/kafka-error.ts';
import { Partitioner, type PartitionerName } from '../../kafka/producer/partitioner.ts';
import { PARTITION_GONE } from '../../kafka/producer/producer.ts';
import { recordSizeBytes, type RecordHeader } from '../../kafka/record.ts';
import { recordFinished, recordRejected } from '../channels.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { describeFailure, type Failure } from '../failure.ts';
import type { Job } from '../work/job.ts';
import { errorHeaders, resultHeaders, valueLeftOutHeader } from './output-headers.ts';

/** Where records go. */
export interface SinkSettings {
  readonly outputTopic: string;
  /** Undefined: failed records are counted and dropped. */
  readonly errorTopic: string | undefined;
  readonly partitioner: PartitionerName;
}

/** How much of an error record is left, when its topic takes no more: all of it, without the value, our own headers alone. */
type ErrorForm = 'whole' | 'without value' | 'bare';

/**
 * Where records end: each job becomes a result in the output topic or an error record in the error topic. A result that the
 * output topic refuses becomes an error record; an error record that is refused is written again with less in it.
 */
export class Sink {
  readonly #cluster: Cluster;
  readonly #delivery: Delivery;
  readonly #settings: SinkSettings;
  readonly #output: Partitioner;
  readonly #errors = new Partitioner('input');
  readonly #counts = new Map<string, number>();
  readonly #settled: (job: Job) => void;
  readonly #failed: (error: KafkaError) => void;

  /**
   * @param settled called when the job's record counts, or was dropped and that counts
   * @param failed called when a record can be stored in no form: the stream must stop rather than lose it
   */
  constructor(
    cluster: Cluster,
    delivery: Delivery,
    settings: SinkSettings,
    settled: (job: Job) => void,
    failed: (error: KafkaError) => void,
  ) {
    this.#cluster = cluster;
    this.#delivery = delivery;
    this.#settings = settings;
    this.#output = new Partitioner(settings.partitioner);
    this.#settled = settled;
    this.#failed = failed;
  }

  /** Writes the result or the error record of a job that has ended. */
  write(job: Job): void {
    if (job.result !== undefined) this.#writeResult(job);
    else this.#writeError(job, job.failure ?? describeFailure(new Error('the job has no outcome')), 'whole');
  }

  #writeResult(job: Job): void {
    const { result, record } = job;
    if (result === undefined) return;
    const { outputTopic } = this.#settings;
    const partition = this.#output.pick(record.key, this.#count(outputTopic), record.partition.partition);
    this.#send(job, outputTopic, partition, record.key, result.body, resultHeaders(job, result), (error) => {
      if (error === undefined) this.#finish(job, 'result', '');
      else if (isGone(error)) this.#writeResult(job);
      else this.#writeError(job, describeFailure(error), 'whole');
    });
  }

  #writeError(job: Job, failure: Failure, form: ErrorForm, again = false): void {
    const { record } = job;
    if (form === 'whole' && !again) this.#reject(job, failure);
    const { errorTopic } = this.#settings;
    if (errorTopic === undefined) {
      return this.#delivery.sendNothing(job, () => this.#finish(job, 'dropped', failure.code));
    }
    const partition = this.#errors.pick(null, this.#count(errorTopic), record.partition.partition);
    let headers = errorHeaders(job, failure, Date.now());
    if (form !== 'whole') headers.push(valueLeftOutHeader(record.value?.length ?? 0));
    if (form === 'bare') headers = headers.slice(record.headers.length);
    const value = form === 'whole' ? record.value : null;
    const key = form === 'bare' ? null : record.key;
    this.#send(job, errorTopic, partition, key, value, headers, (error) => {
      if (error === undefined) this.#finish(job, 'error', failure.code);
      else if (isGone(error)) this.#writeError(job, failure, form, true);
      else if (form === 'whole') this.#writeError(job, failure, 'without value');
      else if (form === 'without value') this.#writeError(job, failure, 'bare');
      else
        this.#failed(
          new KafkaError(
            'ERROR_TOPIC',
            `the error topic '${errorTopic}' refuses even a small record: ${errorText(error)}`,
            'fatal',
            error,
          ),
        );
    });
  }

  #send(
    job: Job,
    topic: string,
    partition: number,
    key: Buffer | null,
    value: Buffer | null,
    headers: readonly RecordHeader[],
    settled: (error: Error | undefined) => void,
  ): void {
    this.#delivery.send(job, {
      topic,
      partition,
      key,
      value,
      headers,
      sizeBytes: recordSizeBytes(key, value, headers),
      settled,
    });
  }

  // Topics were found at the start. Should one be unknown for a while, keys stay where they were and the producer waits.
  #count(topic: string): number {
    const found = this.#cluster.topic(topic)?.partitions.length;
    if (found) this.#counts.set(topic, found);
    return found || (this.#counts.get(topic) ?? 1);
  }

  #reject(job: Job, failure: Failure): void {
    if (!recordRejected.hasSubscribers) return;
    const { partition, offset } = job.record;
    recordRejected.publish({
      partition: partition.partition,
      offset,
      code: failure.code,
      node: failure.node,
      message: failure.message,
    });
  }

  #finish(job: Job, outcome: 'result' | 'error' | 'dropped', errorCode: string): void {
    if (recordFinished.hasSubscribers) {
      const { partition, offset, timestampMs } = job.record;
      recordFinished.publish({
        topic: partition.topic,
        partition: partition.partition,
        offset,
        outcome,
        errorCode,
        attempts: job.attempts,
        endToEndMs: timestampMs < 0 ? NaN : Math.max(0, Date.now() - timestampMs),
        processingMs: performance.now() - job.receivedAtMs,
      });
    }
    this.#settled(job);
  }
}

/** The topic was made again with fewer partitions; the record was given back for another. */
function isGone(error: Error): boolean {
  return error instanceof KafkaError && error.code === PARTITION_GONE;
}
