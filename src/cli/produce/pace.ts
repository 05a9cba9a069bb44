import type { Clock } from '../../base/clock.ts';

const MOST_BEHIND_MS = 1_000;

/** When the next record may be sent, at so many a second. What was missed longer than a second ago is not made up for. */
export class Pace {
  readonly #clock: Clock;
  readonly #gapMs: number;
  #dueMs: number;

  /** @param ratePerS 0 is no limit */
  constructor(ratePerS: number, clock: Clock) {
    this.#clock = clock;
    this.#gapMs = ratePerS > 0 ? 1000 / ratePerS : 0;
    this.#dueMs = clock.now();
  }

  /** Takes the next place. Returns how long to wait for it, in milliseconds. */
  next(): number {
    if (this.#gapMs === 0) return 0;
    const now = this.#clock.now();
    const due = Math.max(this.#dueMs, now - MOST_BEHIND_MS);
    this.#dueMs = due + this.#gapMs;
    return Math.max(0, due - now);
  }
}
