interface Waiter {
  readonly sizeBytes: number;
  readonly enter: () => void;
}

/**
 * How much unfolded messages may take over all requests of a graph. Requests wait for room in the order in which they come; one
 * that is larger than all of it goes alone.
 */
export class UnfoldedRoom {
  readonly #limitBytes: number;
  readonly #waiting: Waiter[] = [];
  #takenBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Resolves when there is room, and it is taken. With the signal it rejects with its reason, and nothing is taken. */
  async take(sizeBytes: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(sizeBytes)) return this.add(sizeBytes);
    const turn = Promise.withResolvers<void>();
    const waiter = { sizeBytes, enter: turn.resolve };
    this.#waiting.push(waiter);
    const leave = () => {
      const index = this.#waiting.indexOf(waiter);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      turn.reject(signal?.reason);
      this.#admit();
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Takes what there is no waiting for. */
  add(sizeBytes: number): void {
    this.#takenBytes += sizeBytes;
  }

  give(sizeBytes: number): void {
    this.#takenBytes -= sizeBytes;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.sizeBytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.add(next.sizeBytes);
      next.enter();
    }
  }

  #fits(sizeBytes: number): boolean {
    return this.#takenBytes === 0 || this.#takenBytes + sizeBytes <= this.#limitBytes;
  }
}
