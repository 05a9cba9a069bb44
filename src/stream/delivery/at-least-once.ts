import type { Cluster } from '../../kafka/cluster/cluster.ts';
import { Producer } from '../../kafka/producer/producer.ts';
import type { OutputRecord } from '../../kafka/record.ts';
import type { Job } from '../work/job.ts';
import type { Delivery } from './delivery.ts';

/**
 * At least once: records are stored by an idempotent producer as they come, and the consumer commits at its interval what is
 * stored. After a crash, what was stored since the last commit is stored again.
 */
export class AtLeastOnce implements Delivery {
  readonly #producer: Producer;

  constructor(cluster: Cluster) {
    this.#producer = new Producer(cluster);
  }

  get failed(): Promise<never> {
    return this.#producer.failed;
  }

  get slowest(): Delivery['slowest'] {
    return this.#producer.slowest;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  send(_job: Job, record: OutputRecord): void {
    this.#producer.send(record);
  }

  sendNothing(_job: Job, settled: () => void): void {
    settled();
  }

  assigned(): void {
    // The producer does not care where its records come from.
  }

  released(): void {
    // Nor where they belong: what was sent is stored, and its acknowledgement finds nobody.
  }

  hurry(): void {
    // It never waits for more.
  }

  close(): Promise<void> {
    this.#producer.close();
    return Promise.resolve();
  }
}
