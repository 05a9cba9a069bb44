import type { AssignedPartition } from '../../kafka/offsets/assigned-partition.ts';
import { DueQueue } from './due-queue.ts';
import type { Job } from './job.ts';
import { Shard } from './shard.ts';

/** The work of one assigned partition: records that wait, shards that keep order, and counts of what is under way. */
export class PartitionWork {
  readonly partition: AssignedPartition;
  waitingBytes = 0;
  /** Jobs at the models. */
  atModels = 0;
  /** Jobs whose result or error record is on its way to the broker. */
  atBroker = 0;
  /** Jobs started and not done with, and their bytes. */
  open = 0;
  openBytes = 0;
  /** The partition is gone, and its jobs are counted no more. */
  released = false;
  /** No job of it is started or repeated any more. */
  draining = false;
  /** Jobs whose attempt failed, until they are due again. */
  readonly retries = new DueQueue<Job>();
  /** Jobs that found a model unreachable: first in line when it is back. */
  readonly postponed: Job[] = [];
  readonly #shards = new Map<number, Shard>();
  // Slots before the head are empty: a job that has started must not be held here too.
  #waiting: (Job | undefined)[] = [];
  #head = 0;

  constructor(partition: AssignedPartition) {
    this.partition = partition;
  }

  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  /** The next job that was started before and may be started again. */
  again(nowMs: number): Job | undefined {
    return this.postponed.shift() ?? this.retries.take(nowMs);
  }

  push(job: Job): void {
    this.#waiting.push(job);
    this.waitingBytes += job.heldBytes;
  }

  peek(): Job | undefined {
    return this.#waiting[this.#head];
  }

  shift(): Job | undefined {
    const job = this.#waiting[this.#head];
    if (job === undefined) return undefined;
    this.#waiting[this.#head++] = undefined;
    this.waitingBytes -= job.heldBytes;
    if (this.#head > 256 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return job;
  }

  /**
   * Forgets what waits.
   *
   * @returns the jobs among it that were started before
   */
  clear(): readonly Job[] {
    this.#waiting = [];
    this.#head = 0;
    this.waitingBytes = 0;
    return [...this.postponed.splice(0), ...this.retries.drain()];
  }

  /** The shard for a hash of the key; one hash for two keys keeps more order than asked for, never less. */
  shard(hash: number): Shard {
    let shard = this.#shards.get(hash);
    if (shard === undefined) this.#shards.set(hash, (shard = new Shard()));
    return shard;
  }

  dropShard(hash: number): void {
    this.#shards.delete(hash);
  }
}
