/**
 * Which offset of a partition may be committed: the lowest one that is received and not finished, or the next one to read
 * when all are finished. Pure: no clock, no promises. Offsets that were never received (gaps of compaction, control records)
 * cost nothing.
 *
 * A ring over the received records; `received` hands out a sequence number, so that finishing needs no search.
 */
export class OffsetTracker {
  #offsets = new Float64Array(64);
  #finished = new Uint8Array(64);
  /** Sequence number of the lowest record not finished. */
  #head = 0;
  /** Sequence number the next record gets. */
  #tail = 0;
  #incomplete = 0;
  #next: number;

  /** @param position offset of the next record to read */
  constructor(position: number) {
    this.#next = position;
  }

  /** The committable offset: everything below it is finished. */
  get committable(): number {
    return this.#head < this.#tail ? this.#at(this.#offsets, this.#head) : this.#next;
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
    this.#finished[slot] = 0;
    this.#next = offset + 1;
    this.#incomplete++;
    return this.#tail++;
  }

  /** The reader has passed offsets without records (control records, compacted ones): they need no finishing. */
  skippedTo(position: number): void {
    if (position > this.#next) this.#next = position;
  }

  /**
   * The record's result or error record is stored.
   *
   * @returns whether the committable offset moved
   */
  finished(sequence: number): boolean {
    if (sequence < this.#head || sequence >= this.#tail) throw new RangeError(`record ${sequence} is not open`);
    const mask = this.#offsets.length - 1;
    if (this.#finished[sequence & mask] === 1) throw new RangeError(`record ${sequence} is finished already`);
    this.#finished[sequence & mask] = 1;
    this.#incomplete--;
    if (sequence !== this.#head) return false;
    while (this.#head < this.#tail && this.#finished[this.#head & mask] === 1) this.#head++;
    return true;
  }

  #at(ring: Float64Array, sequence: number): number {
    return ring[sequence & (ring.length - 1)] ?? 0;
  }

  #grow(): void {
    const size = this.#offsets.length * 2;
    const offsets = new Float64Array(size);
    const finished = new Uint8Array(size);
    for (let sequence = this.#head; sequence < this.#tail; sequence++) {
      offsets[sequence & (size - 1)] = this.#at(this.#offsets, sequence);
      finished[sequence & (size - 1)] = this.#finished[sequence & (this.#finished.length - 1)] ?? 0;
    }
    this.#offsets = offsets;
    this.#finished = finished;
  }
}
