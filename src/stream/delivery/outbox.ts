import type { AssignedPartition } from '../../kafka/offsets/assigned-partition.ts';
import { decodeFinishedAhead, encodeFinishedAhead } from '../../kafka/offsets/finished-ahead.ts';
import type { OutputRecord } from '../../kafka/record.ts';
import type { Job } from '../work/job.ts';

/** A job on its way out. */
export interface Departure {
  readonly job: Job;
  /** Undefined: the job is only counted. Another one when the broker has refused the one before. */
  record: OutputRecord | undefined;
  settled: (error: Error | undefined) => void;
}

/** What one transaction holds: jobs, and the offsets that are true when all of them are done. */
export interface Batch {
  /** Of one partition in the order of their offsets. */
  readonly departures: readonly Departure[];
  readonly offsets: readonly {
    readonly partition: AssignedPartition;
    readonly offset: number;
    readonly metadata: string;
  }[];
}

/** What bounds a transaction. */
export interface OutboxLimits {
  readonly records: number;
  readonly sizeBytes: number;
}

/** What a group has stored for a partition: -1 for nothing. */
export interface StoredPlace {
  readonly offset: number;
  readonly metadata: string;
}

// The broker's default of `offset.metadata.max.bytes`, which counts characters.
const METADATA_CHARACTERS = 4096;
// What the offset itself may grow by when it moves.
const METADATA_RESERVE = 16;

/**
 * Jobs that have ended and wait for their transaction; gathers what the next one holds. Pure: it knows no broker.
 *
 * Jobs end in any order, and what is visible to readers must never be done again. So the finished offsets above the committed one are
 * kept with it, and that list has a limit: a job that would make it too long waits until those below it have ended.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  /** What a transaction holds for now: less after one that did not come to its end in time. */
  #room: OutboxLimits;
  readonly #note: (partition: AssignedPartition) => string;
  readonly #lists = new Map<AssignedPartition, Departure[]>();
  #metadataLimit = METADATA_CHARACTERS;
  #size = 0;
  #sizeBytes = 0;

  /** @param note what else is kept with an offset of the partition, in a few characters */
  constructor(limits: OutboxLimits, note: (partition: AssignedPartition) => string) {
    this.#note = note;
    this.#limits = limits;
    this.#room = limits;
  }

  /** Jobs that wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether as much waits as a transaction holds. */
  get full(): boolean {
    return this.#size >= this.#room.records || this.#sizeBytes >= this.#room.sizeBytes;
  }

  /** Whether there are partitions with nothing stored, so that a crash would forget where they began. */
  get unmarked(): boolean {
    for (const partition of this.#lists.keys()) if (partition.committed < 0) return true;
    return false;
  }

  assign(partitions: readonly AssignedPartition[]): void {
    for (const partition of partitions) this.#lists.set(partition, []);
  }

  /** The partitions are gone, and what waits of them is dropped: their next owner does it again. */
  release(partitions: readonly AssignedPartition[]): void {
    for (const partition of partitions) {
      for (const departure of this.#lists.get(partition) ?? []) this.#count(departure, -1);
      this.#lists.delete(partition);
    }
  }

  add(departure: Departure): void {
    const list = this.#lists.get(departure.job.record.partition);
    if (list === undefined) return;
    list.push(departure);
    this.#count(departure, 1);
  }

  /** What the next transaction holds; undefined when there is nothing. It has to be ended by one of the three below. */
  take(): Batch | undefined {
    const departures: Departure[] = [];
    const offsets: Batch['offsets'][number][] = [];
    let { records, sizeBytes } = this.#room;
    for (const [partition, list] of this.#lists) {
      const chosen = this.#choose(partition, list, records, sizeBytes);
      for (const departure of chosen) {
        records--;
        sizeBytes -= departure.record?.sizeBytes ?? 0;
        this.#count(departure, -1);
        departures.push(departure);
      }
      const { offset, metadata } = this.#progress(partition);
      if (chosen.length > 0 || offset > partition.committed) offsets.push({ partition, offset, metadata });
    }
    this.#turn();
    return offsets.length === 0 ? undefined : { departures, offsets };
  }

  /** It counts: the jobs are done. */
  committed({ departures, offsets }: Batch): void {
    const { records, sizeBytes } = this.#room;
    this.#room = {
      records: Math.min(this.#limits.records, records * 2),
      sizeBytes: Math.min(this.#limits.sizeBytes, sizeBytes * 2),
    };
    for (const { partition, offset } of offsets) partition.committed = offset;
    for (const departure of departures) departure.settled(undefined);
  }

  /** It does not count: the jobs wait for the next one, but for those whose partition is gone. */
  putBack({ departures }: Batch): void {
    for (const departure of departures) this.#putBack(departure);
  }

  /**
   * Whether it counts is to be seen from what the group has stored.
   *
   * @param stored by number of the partition; only of those that are still ours
   * @returns whether it counts
   */
  resolve({ departures, offsets }: Batch, stored: ReadonlyMap<number, StoredPlace>): boolean {
    let counts: boolean | undefined;
    const done = new Map<AssignedPartition, (offset: number) => boolean>();
    for (const { partition, offset, metadata } of offsets) {
      if (partition.revoked) continue;
      const place = stored.get(partition.partition);
      // Nobody else stores offsets of a partition that is still ours.
      counts = (counts ?? true) && place?.offset === offset && place.metadata === metadata;
      if (place === undefined || place.offset < 0) continue;
      const ahead = decodeFinishedAhead(place.offset, place.metadata);
      done.set(partition, (at) => at < place.offset || ahead.some(({ from, to }) => from <= at && at < to));
      partition.committed = place.offset;
    }
    for (const departure of departures) {
      const { partition, offset } = departure.job.record;
      if (done.get(partition)?.(offset)) departure.settled(undefined);
      else this.#putBack(departure);
    }
    return counts ?? false;
  }

  /** It took longer than a transaction may: the next ones hold half of it, until they come about. */
  narrow({ departures }: Batch): void {
    const sizeBytes = departures.reduce((sum, { record }) => sum + (record?.sizeBytes ?? 0), 0);
    this.#room = { records: Math.max(1, departures.length >> 1), sizeBytes: Math.max(1, sizeBytes >> 1) };
  }

  /**
   * The broker keeps less with an offset than was tried.
   *
   * @returns false when not even less would do
   */
  shorten(): boolean {
    this.#metadataLimit >>= 1;
    return this.#metadataLimit > 0;
  }

  /** Marks as leaving, and takes out, what goes next: always the lowest first, so that the order of a key is kept. */
  #choose(partition: AssignedPartition, list: Departure[], records: number, sizeBytes: number): Departure[] {
    const { tracker } = partition;
    list.sort((a, b) => a.job.sequence - b.job.sequence);
    let count = 0;
    for (let room = sizeBytes; count < list.length && count < records && room > 0; count++) {
      room -= list[count]?.record?.sizeBytes ?? 0;
    }
    const [first] = list;
    if (first === undefined || count === 0) return [];
    // The lowest one of all makes the list shorter, whatever the limit.
    const least = first.job.record.offset === tracker.committable ? 1 : 0;
    let marked = 0;
    const mark = (upTo: number) => {
      for (; marked < upTo; marked++) tracker.leaving(list[marked]?.job.sequence ?? -1);
      for (; marked > upTo; marked--) tracker.staying(list[marked - 1]?.job.sequence ?? -1);
    };
    mark(count);
    if (!this.#fits(partition)) {
      let fitting = least;
      for (let beyond = count; beyond - fitting > 1;) {
        const middle = (fitting + beyond) >> 1;
        mark(middle);
        if (this.#fits(partition)) fitting = middle;
        else beyond = middle;
      }
      mark(fitting);
    }
    return list.splice(0, marked);
  }

  #fits(partition: AssignedPartition): boolean {
    return this.#progress(partition).metadata.length <= this.#metadataLimit - METADATA_RESERVE;
  }

  #progress(partition: AssignedPartition): { readonly offset: number; readonly metadata: string } {
    const { offset, ahead } = partition.tracker.progress();
    const words = [encodeFinishedAhead(offset, ahead), this.#note(partition)];
    return { offset, metadata: words.filter((word) => word !== '').join(' ') };
  }

  #putBack(departure: Departure): void {
    const { partition } = departure.job.record;
    const list = this.#lists.get(partition);
    if (list === undefined || partition.revoked) return;
    partition.tracker.staying(departure.job.sequence);
    list.push(departure);
    this.#count(departure, 1);
  }

  #count({ record }: Departure, by: 1 | -1): void {
    this.#size += by;
    this.#sizeBytes += by * (record?.sizeBytes ?? 0);
  }

  // Whoever was first is last next time, so that one full partition does not keep the others from going.
  #turn(): void {
    const [first] = this.#lists;
    if (first === undefined) return;
    this.#lists.delete(first[0]);
    this.#lists.set(...first);
  }
}
