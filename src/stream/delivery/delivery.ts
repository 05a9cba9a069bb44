import type { AssignedPartition } from '../../kafka/offsets/assigned-partition.ts';
import type { OutputRecord } from '../../kafka/record.ts';
import type { Job } from '../work/job.ts';

/**
 * The stream's way out: how results and error records get to the brokers, and with which promise. A record's `settled` is told
 * when it counts, or with an error when the broker will never take it; then another record of the job may follow.
 */
export interface Delivery {
  /** Rejects with a KafkaError of kind `fatal` when a person must act; never resolves. */
  readonly failed: Promise<never>;
  /** The output partition that has waited longest for its broker to take records; undefined when there is nothing to write. */
  readonly slowest: { readonly topic: string; readonly partition: number; readonly forMs: number } | undefined;
  /**
   * Gets ready; to be called before the group is joined. Waits as long as the brokers are away.
   *
   * @throws KafkaError of kind `fatal`
   */
  open(): Promise<void>;
  send(job: Job, record: OutputRecord): void;
  /** The job ends without a record: it is only counted. */
  sendNothing(job: Job, settled: () => void): void;
  assigned(partitions: readonly AssignedPartition[]): void;
  /** The partitions are gone: what was not stored of them is dropped. */
  released(partitions: readonly AssignedPartition[]): void;
  /** Partitions are being given up: what is there leaves without waiting for more. */
  hurry(): void;
  /** Takes nothing more. What is not settled is forgotten. */
  close(): Promise<void>;
}
