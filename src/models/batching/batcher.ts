/** What bounds a batch. */
export interface BatchLimits {
  /** Requests in one call. */
  readonly size: number;
  /** How long the first request of a batch may wait for others, in milliseconds. */
  readonly delayMs: number;
  /** Bytes of the requests in one call. */
  readonly sizeBytes: number;
}

interface Batch<T> {
  readonly items: { readonly item: T; readonly sizeBytes: number }[];
  readonly dueMs: number;
  bytes: number;
}

/**
 * Collects requests that can go together until a batch is full or its first request has waited long enough. Pure: the caller brings
 * the time.
 */
export class Batcher<T> {
  readonly #limits: BatchLimits;
  /** In the order in which they were begun, which is that in which they are due. */
  readonly #batches = new Map<string, Batch<T>>();

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** When the next batch is due, full or not; Infinity while nothing waits. */
  get nextDueMs(): number {
    const [first] = this.#batches.values();
    return first?.dueMs ?? Infinity;
  }

  /**
   * Adds a request to the batch of its key.
   *
   * @returns the batches to send now: the one that is full with it, and before it one it does not fit into any more
   */
  add(key: string, item: T, sizeBytes: number, nowMs: number): readonly (readonly T[])[] {
    const full: (readonly T[])[] = [];
    const open = this.#batches.get(key);
    if (open !== undefined && open.bytes + sizeBytes > this.#limits.sizeBytes) full.push(this.#take(key, open));
    const batch = this.#batches.get(key) ?? { items: [], bytes: 0, dueMs: nowMs + this.#limits.delayMs };
    this.#batches.set(key, batch);
    batch.items.push({ item, sizeBytes });
    batch.bytes += sizeBytes;
    if (batch.items.length >= this.#limits.size || batch.bytes >= this.#limits.sizeBytes) {
      full.push(this.#take(key, batch));
    }
    return full;
  }

  /** The batches whose time is over. */
  due(nowMs: number): readonly (readonly T[])[] {
    const due: (readonly T[])[] = [];
    for (const [key, batch] of this.#batches) {
      if (batch.dueMs > nowMs) break;
      due.push(this.#take(key, batch));
    }
    return due;
  }

  /** Takes a request back that is not sent yet. */
  remove(key: string, item: T): boolean {
    const batch = this.#batches.get(key);
    const index = batch?.items.findIndex((waiting) => waiting.item === item) ?? -1;
    if (batch === undefined || index < 0) return false;
    const [removed] = batch.items.splice(index, 1);
    batch.bytes -= removed?.sizeBytes ?? 0;
    if (batch.items.length === 0) this.#batches.delete(key);
    return true;
  }

  #take(key: string, batch: Batch<T>): readonly T[] {
    this.#batches.delete(key);
    return batch.items.map(({ item }) => item);
  }
}
