import type { AssignedPartition } from '../../kafka/offsets/assigned-partition.ts';
import { murmur2 } from '../../kafka/producer/partitioner.ts';
import type { InputRecord } from '../../kafka/record.ts';
import { withinShare } from './fair-share.ts';
import { Job } from './job.ts';
import { PartitionWork } from './partition-work.ts';
import type { OrderMode, WorkLimits } from './work-limits.ts';

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
  #ring: readonly PartitionWork[] = [];
  #turn = 0;
  /** Partitions with anything to do, when last counted. */
  #busy = 0;
  /** Jobs at the models, the oldest first. */
  readonly #underWay = new Set<Job>();
  #retrying = 0;
  #postponed = 0;
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

  /** When the oldest attempt under way began; undefined for none. */
  get oldestStartMs(): number | undefined {
    for (const job of this.#underWay) return job.startedAtMs;
    return undefined;
  }

  get open(): number {
    return this.#open;
  }

  get openBytes(): number {
    return this.#openBytes;
  }

  get retrying(): number {
    return this.#retrying;
  }

  get postponed(): number {
    return this.#postponed;
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
    if (this.#retrying === 0 || this.#atModels >= this.#limits.workers) return Infinity;
    let nextMs = Infinity;
    for (const { retries } of this.#ring) nextMs = Math.min(nextMs, retries.nextDueMs);
    return nextMs;
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
    const { workers } = this.#limits;
    if (this.#atModels >= workers) return undefined;
    // Who has its share of the workers lets the others go first.
    const share = Math.max(1, Math.floor(workers / this.#busy));
    const job = (this.#busy > 1 ? this.#next(nowMs, share) : undefined) ?? this.#next(nowMs, workers);
    if (job === undefined) return undefined;
    job.attempts++;
    job.startedAtMs = nowMs;
    this.#underWay.add(job);
    job.work.atModels++;
    this.#atModels++;
    return job;
  }

  /** The attempt failed in a way that may pass: the job is due again at that time. */
  retry(job: Job, dueMs: number): void {
    this.#leaveModels(job);
    if (job.work.draining) return this.#close(job);
    this.#retrying++;
    job.work.retries.add(job, dueMs);
  }

  /** The model could not be reached: the attempt does not count, the job is first in line later. */
  postpone(job: Job): void {
    this.#leaveModels(job);
    job.attempts--;
    if (job.work.draining) return this.#close(job);
    this.#postponed++;
    job.work.postponed.push(job);
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
      this.#retrying -= work.retries.size;
      this.#postponed -= work.postponed.length;
      for (const job of work.clear()) this.#close(job);
    }
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
    this.#busy = 0;
    for (const work of this.#ring) {
      if (work.waiting > 0 || work.open > 0) this.#busy++;
      const paused = work.draining || (work.waiting > 0 && (full || work.waitingBytes >= PARTITION_WAITING_BYTES));
      if (work.partition.paused && !paused) resumed = true;
      work.partition.paused = paused;
    }
    return resumed;
  }

  /**
   * The next job of the partition whose turn it is: one that was started before, if it is due, or else the next that waits.
   *
   * @param most only partitions that have fewer jobs at the models than this
   */
  #next(nowMs: number, most: number): Job | undefined {
    const ring = this.#ring;
    const first = this.#turn;
    let held = false;
    for (let turn = first; turn < first + ring.length; turn++) {
      const work = ring[turn % ring.length];
      if (work === undefined || work.atModels >= most) continue;
      const job = this.#again(work, nowMs) ?? (held ? undefined : this.#fresh(work));
      if (job === 'held') {
        // It keeps the turn, or smaller ones would never let a large one pass. What was started before is not held up by it.
        held = true;
        this.#turn = turn;
      } else if (job !== undefined) {
        if (!held) this.#turn = turn + 1;
        return job;
      }
    }
    return undefined;
  }

  #again(work: PartitionWork, nowMs: number): Job | undefined {
    if (work.postponed.length > 0) this.#postponed--;
    else if (work.retries.nextDueMs <= nowMs) this.#retrying--;
    else return undefined;
    return work.again(nowMs);
  }

  #fresh(work: PartitionWork): Job | 'held' | undefined {
    const job = work.peek();
    if (job === undefined || this.#open >= this.#limits.openRecords || !this.#hasShare(work)) return undefined;
    // A record larger than the whole limit must pass too: alone.
    if (this.#openBytes + job.heldBytes > this.#limits.openBytes && this.#open > 0) return 'held';
    work.shift();
    this.#waiting--;
    this.#waitingBytes -= job.heldBytes;
    this.#count(job, 1);
    if (this.#order === 'partition' || (this.#order === 'key' && job.record.key !== null)) {
      work.shard(this.#hash(job.record)).join(job);
    }
    return job;
  }

  #hasShare({ open, openBytes }: PartitionWork): boolean {
    const limit = { records: this.#limits.openRecords, bytes: this.#limits.openBytes };
    const all = { records: this.#open, bytes: this.#openBytes };
    return withinShare({ records: open, bytes: openBytes }, all, limit, this.#ring.length);
  }

  #hash(record: InputRecord): number {
    return this.#order === 'partition' || record.key === null ? WHOLE_PARTITION : murmur2(record.key);
  }

  #leaveModels(job: Job): void {
    this.#underWay.delete(job);
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
