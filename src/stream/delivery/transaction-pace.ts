import { sleep } from '../../base/clock.ts';
import type { Outbox } from './outbox.ts';

// How often offsets are looked at that moved without records (control records, compaction).
const OFFSETS_MS = 1_000;

/** When the next transaction begins: after an interval, or as soon as there is enough for it; at once for who is quiet. */
export class TransactionPace {
  readonly #intervalMs: number;
  #change = Promise.withResolvers<void>();
  #hurried = false;
  /** Nothing of what waits could go: more of it changes nothing. */
  #stuck = false;
  #begunMs = -Infinity;

  /** @param intervalMs least time from the begin of a transaction to that of the next */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** When the last one began, on the monotonic clock. */
  get begunMs(): number {
    return this.#begunMs;
  }

  /** Something changed in the outbox. */
  wake(): void {
    this.#change.resolve();
  }

  /** The next one does not wait for its interval. */
  hurry(): void {
    this.#hurried = true;
    this.wake();
  }

  /** @param any whether the transaction has jobs in it */
  begun(any: boolean): void {
    this.#begunMs = performance.now();
    this.#hurried = false;
    this.#stuck = !any;
  }

  /** Resolves when the next transaction should begin, or the signal is aborted. */
  async untilDue(outbox: Outbox, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const { size, full, unmarked } = outbox;
      const wanted = size > 0 || unmarked;
      if (wanted && ((full && !this.#stuck) || this.#hurried)) return;
      const leftMs = this.#begunMs + (wanted ? this.#intervalMs : OFFSETS_MS) - performance.now();
      if (leftMs <= 0) return;
      this.#change = Promise.withResolvers();
      const limit = new AbortController();
      await Promise.race([this.#change.promise, sleep(leftMs, AbortSignal.any([limit.signal, stop]))]);
      limit.abort();
    }
  }
}
