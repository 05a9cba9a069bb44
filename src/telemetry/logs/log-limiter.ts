import type { Clock } from '../../base/clock.ts';

interface Entry {
  lastMs: number;
  suppressed: number;
}

/**
 * Lets a repeated message through once per interval and counts what it holds back, so that a fault of every record does not
 * become a log line of every record. Pure: the clock is given.
 */
export class LogLimiter {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #maxKeys: number;

  constructor(clock: Clock, intervalMs = 5_000, maxKeys = 1_000) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#maxKeys = maxKeys;
  }

  /** How many of the key were held back since the last that passed, if this one may pass; else undefined. */
  pass(key: string): number | undefined {
    const now = this.#clock.now();
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= this.#maxKeys) this.#entries.clear();
      this.#entries.set(key, { lastMs: now, suppressed: 0 });
      return 0;
    }
    if (now - entry.lastMs < this.#intervalMs) {
      entry.suppressed++;
      return undefined;
    }
    const { suppressed } = entry;
    entry.lastMs = now;
    entry.suppressed = 0;
    return suppressed;
  }
}
