import type { OffsetRange } from './finished-ahead.ts';

/** What may be committed of a partition. */
export interface OffsetProgress {
  /** Everything below is finished. */
  readonly offset: number;
  /** What is finished above it. In rising order; no range touches the next. */
  readonly ahead: readonly OffsetRange[];
}

const OPEN = 0;
const LEAVING = 1;
const FINISHED = 2;

/**
 * Which offset of a partition may be committed: the lowest one that is received and not finished, or the next one to read
 * when all are finished; and which records above it are finished. Pure: no clock, no promises. Offsets that were never received
 * (gaps of compaction, control records) cost nothing.
 *
 * A ring over the received records; `received` hands out a sequence number, so that finishing needs no search.
 */
export class OffsetTracker {
  #offsets = new Float64Array(64);
  #states = new Uint8Array(64);
  /** Sequence number of the lowest record not finished. */
  #head = 0;
  /** Sequence number the next record gets. */
  #tail = 0;
  /** Sequence number after the highest record that is finished or leaving. */
  #reach = 0;
  #incomplete = 0;
  #next: number;
  /** Finished by an earlier owner, and not received here yet. */
  #before: readonly OffsetRange[];

  /**
   * @param position offset of the next record to read
   * @param before what an earlier owner has finished above it, in rising order
   */
  constructor(position: number, before: readonly OffsetRange[] = []) {
    this.#next = position;
    this.#before = before;
  }

  /** The committable offset: everything below it is finished. */
  get committable(): number {
    return this.#head < this.#tail ? this.#offset(this.#head) : this.#next;
  }

  /** Records received and not finished. */
  get incomplete(): number {
    return this.#incomplete;
  }

  /** Offset of the record that will be read next, as far as is known. */
  get next(): number {
    return this.#next;
  }

  /**
   * Takes note of a record. Offsets come in rising order.
   *
   * @returns the sequence number to finish it with
   */
  received(offset: number): number {
    if (offset < this.#next) throw new RangeError(`offset ${offset} was received before (next is ${this.#next})`);
    if (this.#tail - this.#head === this.#offsets.length) this.#grow();
    const slot = this.#tail & (this.#offsets.length - 1);
    this.#offsets[slot] = offset;
    this.#states[slot] = OPEN;
    this.#next = offset + 1;
    this.#incomplete++;
    const sequence = this.#tail++;
    while (this.#before[0] !== undefined && this.#before[0].to <= offset) this.#before = this.#before.slice(1);
    if (this.#before[0] !== undefined && this.#before[0].from <= offset) this.finished(sequence);
    return sequence;
  }

  /** Whether the record is finished: right after `received`, whether an earlier owner has done so. */
  isFinished(sequence: number): boolean {
    return sequence < this.#head || this.#state(sequence) === FINISHED;
  }

  /** The reader has passed offsets without records (control records, compacted ones): they need no finishing. */
  skippedTo(position: number): void {
    if (position > this.#next) this.#next = position;
  }

  /** The record is part of a commit that is being tried: `progress` counts it as finished, until `finished` or `staying`. */
  leaving(sequence: number): void {
    this.#mark(sequence, LEAVING);
  }

  /** The commit with the record has not come about. */
  staying(sequence: number): void {
    this.#mark(sequence, OPEN);
  }

  /**
   * The record's result or error record is stored.
   *
   * @returns whether the committable offset moved
   */
  finished(sequence: number): boolean {
    this.#mark(sequence, FINISHED);
    this.#incomplete--;
    if (sequence !== this.#head) return false;
    while (this.#head < this.#tail && this.#state(this.#head) === FINISHED) this.#head++;
    return true;
  }

  /** What may be committed when those that are leaving are finished. */
  progress(): OffsetProgress {
    let sequence = this.#head;
    while (sequence < this.#tail && this.#state(sequence) !== OPEN) sequence++;
    const offset = sequence < this.#tail ? this.#offset(sequence) : this.#next;
    const ahead: OffsetRange[] = [];
    for (let from = -1; sequence < this.#reach; sequence++) {
      const open = this.#state(sequence) === OPEN;
      if (open && from >= 0) ahead.push({ from, to: this.#offset(sequence) });
      if (open) from = -1;
      else if (from < 0) from = this.#offset(sequence);
      if (from >= 0 && sequence === this.#reach - 1) ahead.push({ from, to: this.#offset(sequence) + 1 });
    }
    for (const range of this.#before) {
      const from = Math.max(range.from, this.#next);
      const last = ahead.at(-1);
      if (from >= range.to) continue;
      if (last?.to === from) ahead[ahead.length - 1] = { from: last.from, to: range.to };
      else ahead.push({ from, to: range.to });
    }
    return { offset, ahead };
  }

  #mark(sequence: number, state: typeof OPEN | typeof LEAVING | typeof FINISHED): void {
    if (sequence < this.#head || sequence >= this.#tail) throw new RangeError(`record ${sequence} is not open`);
    if (this.#state(sequence) === FINISHED) throw new RangeError(`record ${sequence} is finished already`);
    this.#states[sequence & (this.#states.length - 1)] = state;
    if (state !== OPEN) this.#reach = Math.max(this.#reach, sequence + 1);
  }

  #state(sequence: number): number {
    return this.#states[sequence & (this.#states.length - 1)] ?? OPEN;
  }

  #offset(sequence: number): number {
    return this.#offsets[sequence & (this.#offsets.length - 1)] ?? 0;
  }

  #grow(): void {
    const size = this.#offsets.length * 2;
    const offsets = new Float64Array(size);
    const states = new Uint8Array(size);
    for (let sequence = this.#head; sequence < this.#tail; sequence++) {
      offsets[sequence & (size - 1)] = this.#offset(sequence);
      states[sequence & (size - 1)] = this.#state(sequence);
    }
    this.#offsets = offsets;
    this.#states = states;
  }
}
