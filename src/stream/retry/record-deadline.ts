import type { Job } from '../work/job.ts';

/** What an attempt is given: the signal is aborted when the record's time is over. */
export interface AttemptLimit {
  readonly signal: AbortSignal;
  /** The attempt has ended. */
  end(): void;
}

/**
 * The time a record may take over all its attempts and the waits between them. What is waited for others does not count: its turn,
 * a free worker, a model that cannot be reached, Kafka.
 */
export class RecordDeadline {
  readonly #deadlineMs: number;
  readonly #longestAttemptMs: number;

  /**
   * @param longestAttemptMs what an attempt takes at most by its own limits: while there is more time than this, it needs no other
   */
  constructor(deadlineMs: number, longestAttemptMs: number) {
    this.#deadlineMs = deadlineMs;
    this.#longestAttemptMs = longestAttemptMs;
  }

  /** The limit of the attempt that begins now; undefined where the limits of its calls are enough. */
  limit(job: Job): AttemptLimit | undefined {
    const leftMs = this.#deadlineMs - job.spentMs;
    if (leftMs >= this.#longestAttemptMs) return undefined;
    const controller = new AbortController();
    // Timers may be early by a fraction of a millisecond, and then the time would not be over.
    const timer = setTimeout(() => controller.abort(), Math.max(1, Math.ceil(leftMs) + 1));
    return { signal: controller.signal, end: () => clearTimeout(timer) };
  }

  /** What is left after the attempt that ends now, in milliseconds; 0 or less when the time is over. */
  leftMs(job: Job, nowMs: number): number {
    return this.#deadlineMs - this.#spent(job, nowMs);
  }

  /** Counts the attempt that ends now, and the wait before the next. */
  count(job: Job, nowMs: number, delayMs: number): void {
    job.spentMs = this.#spent(job, nowMs) + delayMs;
  }

  /** For the error record of a job whose time is over. */
  explain(job: Job, lastError: string): string {
    const attempts = job.attempts === 1 ? 'one attempt' : `${job.attempts} attempts`;
    return `given up after ${attempts}: its ${this.#deadlineMs} ms (KAFKA_DEADLINE_MS) are over; the last one: ${lastError}`;
  }

  #spent(job: Job, nowMs: number): number {
    return job.spentMs + Math.max(0, nowMs - job.startedAtMs);
  }
}
