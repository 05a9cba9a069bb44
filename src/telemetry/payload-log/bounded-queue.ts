/** Why an event was not delivered; also the label of the metric. */
export type DropReason = 'full' | 'too-large' | 'unreadable' | 'refused' | 'failed' | 'shutdown';

export interface QueueLimits {
  /** Most events held: those that wait and those that are being delivered. */
  readonly maxEvents: number;
  /** Most bytes held by them. */
  readonly maxBytes: number;
}

interface Entry<T> {
  readonly item: T;
  /** Bytes it is counted with. */
  sizeBytes: number;
}

export type QueueEntry<T> = Readonly<Entry<T>>;

/** Items in their order, bounded by number and by bytes. An item counts until it is released. Pure. */
export class BoundedQueue<T> {
  readonly #limits: QueueLimits;
  // Slots before the head are empty.
  #waiting: (Entry<T> | undefined)[] = [];
  #head = 0;
  #events = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** Items held. */
  get events(): number {
    return this.#events;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why an item of that size cannot be taken now; undefined where it can. */
  refusal(sizeBytes: number): DropReason | undefined {
    if (sizeBytes > this.#limits.maxBytes) return 'too-large';
    if (this.#events >= this.#limits.maxEvents || this.#bytes + sizeBytes > this.#limits.maxBytes) return 'full';
    return undefined;
  }

  push(item: T, sizeBytes: number): void {
    this.#waiting.push({ item, sizeBytes });
    this.#events++;
    this.#bytes += sizeBytes;
  }

  /** The next that waits; it goes on counting until `release`. */
  next(): QueueEntry<T> | undefined {
    const entry = this.#waiting[this.#head];
    if (entry === undefined) return undefined;
    this.#waiting[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Counts a taken item with another size; refused where it would go over the limit. */
  resize(entry: QueueEntry<T>, sizeBytes: number): DropReason | undefined {
    const grownBytes = sizeBytes - entry.sizeBytes;
    if (sizeBytes > this.#limits.maxBytes) return 'too-large';
    if (this.#bytes + grownBytes > this.#limits.maxBytes) return 'full';
    this.#bytes += grownBytes;
    (entry as Entry<T>).sizeBytes = sizeBytes;
    return undefined;
  }

  /** A taken item is done with. */
  release(entry: QueueEntry<T>): void {
    this.#events--;
    this.#bytes -= entry.sizeBytes;
  }
}
