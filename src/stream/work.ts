import type { AssignedPartition } from '../kafka/assigned-partition.ts';
import { murmur2 } from '../kafka/partitioner.ts';
import type { InputRecord } from '../kafka/record.ts';
import { DueQueue } from './due-queue.ts';
import { Job } from './job.ts';
import { PartitionWork } from './partition-work.ts';

export type OrderMode = 'key' | 'unordered' | 'partition';

export interface WorkLimits {
  /** Records at the models at one time. */
  readonly workers: number;
  /** Records started and not yet stored, of which some wait for their turn. */
  readonly openRecords: number;
  /** Bytes of those records and of their results. */
  readonly openBytes: number;
  /** Bytes that may wait, over all partitions, before reading pauses. */
  readonly waitingBytes: number;
}

// One partition's share of what may wait: enough to bridge a fetch.
const PARTITION_WAITING_BYTES = 2 * 1024 * 1024;
const WHOLE_PARTITION = 0;

/**
 * What to do next, and whose turn it is: the pure heart of the stream. Records wait by partition, are started in turn within
 * the limits, come back for a retry, and leave in the order the mode asks for. No clock, no promises, no sockets: the pipeline
 * feeds it events and carries out what it says.
 */
export class Work {
  readonly #order: OrderMode;
  readonly #limits: WorkLimits;
  readonly #partitions = new Map<AssignedPartition, PartitionWork>();
  readonly #retries = new DueQueue<Job>();
  /** Jobs that found a model unreachable: first in line when it is back. */
  #postponed: Job[] = [];
  #ring: PartitionWork[] = [];
  #turn = 0;
  #atModels = 0;
  #open = 0;
  #openBytes = 0;
  #waiting = 0;
  #waitingBytes = 0;

  constructor(order: OrderMode, limits: WorkLimits) {
    this.#order = order;
    this.#limits = limits;
  }

  get atModels(): number {
    return this.#atModels;
  }

  get open(): number {
    return this.#open;
  }

  get openBytes(): number {
    return this.#openBytes;
  }

  get retrying(): number {
    return this.#retries.size;
  }

  get postponed(): number {
    return this.#postponed.length;
  }

  /** Records read and not started. */
  get waiting(): number {
    return this.#waiting;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** When the next retry is due; Infinity when there is none, or no worker free to do it (one that frees itself looks again). */
  get nextDueMs(): number {
    return this.#atModels < this.#limits.workers ? this.#retries.nextDueMs : Infinity;
  }

  assign(partition: AssignedPartition): void {
    const work = new PartitionWork(partition);
    this.#partitions.set(partition, work);
    this.#ring = [...this.#partitions.values()];
  }

  /**
   * Records were read: they wait for their turn to start. Those that an earlier owner has finished are done with. Those of a
   * partition that is being given up are noted by its tracker and go no further, so that nothing above them is committed.
   */
  receive(partition: AssignedPartition, records: readonly InputRecord[], nowMs: number): void {
    const work = this.#partitions.get(partition);
    for (const record of records) {
      const sequence = partition.tracker.received(record.offset);
      if (work === undefined || work.draining || partition.tracker.isFinished(sequence)) continue;
      const job = new Job(record, sequence, work, nowMs);
      work.push(job);
      this.#waiting++;
      this.#waitingBytes += job.heldBytes;
    }
  }

  /** The next job to start (again), or undefined while none may be. Its attempt is counted. */
  start(nowMs: number): Job | undefined {
    if (this.#atModels >= this.#limits.workers) return undefined;
    const job = this.#postponed.shift() ?? this.#retries.take(nowMs) ?? this.#fresh();
    if (job === undefined) return undefined;
    job.attempts++;
    job.work.atModels++;
    this.#atModels++;
    return job;
  }

  /** The attempt failed in a way that may pass: the job is due again at that time. */
  retry(job: Job, dueMs: number): void {
    this.#leaveModels(job);
    if (job.work.draining) this.#close(job);
    else this.#retries.add(job, dueMs);
  }

  /** The model could not be reached: the attempt does not count, the job is first in line later. */
  postpone(job: Job): void {
    this.#leaveModels(job);
    job.attempts--;
    if (job.work.draining) this.#close(job);
    else this.#postponed.push(job);
  }

  /**
   * The job has its result or its final failure.
   *
   * @returns the jobs whose records may leave now, in order; none when the partition is gone: its next owner does them again
   */
  end(job: Job): readonly Job[] {
    this.#leaveModels(job);
    if (job.work.released) return [];
    this.#hold(job, (job.result?.body.length ?? 0) + (job.failure?.response?.length ?? 0));
    const released = job.shard === undefined ? [job] : job.shard.release();
    for (const one of released) one.work.atBroker++;
    if (job.shard?.empty) job.work.dropShard(this.#hash(job.record));
    return released;
  }

  /** The job's record is stored (or counted and dropped): it is done with. */
  settle(job: Job): void {
    job.work.atBroker--;
    this.#close(job);
    if (!job.work.partition.revoked) job.work.partition.tracker.finished(job.sequence);
  }

  /** Starts nothing more of these partitions, and forgets what waits of them; what is under way goes on. */
  drain(partitions: readonly AssignedPartition[]): void {
    for (const partition of partitions) {
      const work = this.#partitions.get(partition);
      if (work === undefined) continue;
      work.draining = true;
      this.#waiting -= work.waiting;
      this.#waitingBytes -= work.waitingBytes;
      work.clear();
    }
    for (const job of this.#retries.remove((one) => one.work.draining)) this.#close(job);
    const stopped = this.#postponed.filter((job) => job.work.draining);
    this.#postponed = this.#postponed.filter((job) => !job.work.draining);
    for (const job of stopped) this.#close(job);
  }

  /** Whether nothing of the draining partitions is at the models or on its way to the broker. */
  drained(partitions: readonly AssignedPartition[]): boolean {
    return partitions.every((partition) => {
      const work = this.#partitions.get(partition);
      return work === undefined || (work.atModels === 0 && work.atBroker === 0);
    });
  }

  /** The partitions are gone. Jobs still under way end without effect. */
  release(partitions: readonly AssignedPartition[]): void {
    this.drain(partitions);
    for (const partition of partitions) {
      const work = this.#partitions.get(partition);
      if (work === undefined) continue;
      // Results that were held back behind a dropped job go with it.
      work.released = true;
      this.#open -= work.open;
      this.#openBytes -= work.openBytes;
      this.#partitions.delete(partition);
    }
    this.#ring = [...this.#partitions.values()];
  }

  /** Sets `paused` of every partition to what the limits say. Returns whether a partition may be read again. */
  applyPauses(): boolean {
    const full = this.#waitingBytes >= this.#limits.waitingBytes;
    let resumed = false;
    for (const work of this.#ring) {
      const paused = work.draining || (work.waiting > 0 && (full || work.waitingBytes >= PARTITION_WAITING_BYTES));
      if (work.partition.paused && !paused) resumed = true;
      work.partition.paused = paused;
    }
    return resumed;
  }

  #fresh(): Job | undefined {
    if (this.#open >= this.#limits.openRecords) return undefined;
    for (let tried = 0; tried < this.#ring.length; tried++, this.#turn++) {
      const work = this.#ring[this.#turn % this.#ring.length];
      const job = work?.peek();
      if (work === undefined || job === undefined) continue;
      // A record larger than the whole limit must pass too: alone. It keeps the turn, or smaller ones would never let it.
      if (this.#openBytes + job.heldBytes > this.#limits.openBytes && this.#open > 0) return undefined;
      this.#turn++;
      work.shift();
      this.#waiting--;
      this.#waitingBytes -= job.heldBytes;
      this.#count(job, 1);
      if (this.#order === 'partition' || (this.#order === 'key' && job.record.key !== null)) {
        work.shard(this.#hash(job.record)).join(job);
      }
      return job;
    }
    return undefined;
  }

  #hash(record: InputRecord): number {
    return this.#order === 'partition' || record.key === null ? WHOLE_PARTITION : murmur2(record.key);
  }

  #leaveModels(job: Job): void {
    job.work.atModels--;
    this.#atModels--;
  }

  #close(job: Job): void {
    if (!job.work.released) this.#count(job, -1);
  }

  #count(job: Job, by: 1 | -1): void {
    const sizeBytes = by * job.heldBytes;
    this.#open += by;
    this.#openBytes += sizeBytes;
    job.work.open += by;
    job.work.openBytes += sizeBytes;
  }

  // A result can be many times as large as its request.
  #hold(job: Job, moreBytes: number): void {
    job.heldBytes += moreBytes;
    this.#openBytes += moreBytes;
    job.work.openBytes += moreBytes;
  }
}
