import { backoffMs } from '../base/backoff.ts';
import { NodeError } from '../graph/node-error.ts';
import { attemptFailed } from './channels.ts';
import { classifyFailure, describeFailure, isBusy } from './failure.ts';
import type { Job } from './job.ts';
import type { ModelGate } from './model-gate.ts';
import type { StreamOptions } from './options.ts';
import type { Work } from './work.ts';

const MAX_RETRY_FACTOR = 30;
const MAX_RETRY_AFTER_MS = 60_000;

/** What becomes of a job whose attempt failed: another attempt later, a wait for the model, or its end. */
export class FailedAttempts {
  readonly #options: Pick<StreamOptions, 'retries' | 'retryBackoffMs'>;
  readonly #work: Work;
  readonly #gate: ModelGate;
  readonly #checkReady: () => Promise<void>;

  constructor(
    options: Pick<StreamOptions, 'retries' | 'retryBackoffMs'>,
    work: Work,
    gate: ModelGate,
    checkReady: () => Promise<void>,
  ) {
    this.#options = options;
    this.#work = work;
    this.#gate = gate;
    this.#checkReady = checkReady;
  }

  /** @returns `ended` when the job has its final failure and must leave; `later` when it will be started again */
  async handle(job: Job, error: unknown): Promise<'ended' | 'later'> {
    const kind = classifyFailure(error);
    if (kind === 'wait') return this.#wait(job, error);
    if (kind === 'retry') {
      if (job.attempts <= this.#options.retries) return this.#retry(job, error);
      // A server that says "not now" to the last attempt may be on its way down or up: while its own check fails, it is waited for.
      if (isBusy(error)) {
        const unready = await this.#unready();
        if (unready !== undefined) return this.#wait(job, unready);
        // It may have come up between its answer and the check: one attempt more, once.
        if (!job.hadLastChance) {
          job.hadLastChance = true;
          return this.#retry(job, error);
        }
      }
    }
    job.failure = describeFailure(error);
    return 'ended';
  }

  #wait(job: Job, error: unknown): 'later' {
    this.#work.postpone(job);
    this.#gate.shut(error);
    return 'later';
  }

  #retry(job: Job, error: unknown): 'later' {
    const { retryBackoffMs } = this.#options;
    const backoff = { initialMs: retryBackoffMs, maxMs: retryBackoffMs * MAX_RETRY_FACTOR };
    const asked = error instanceof NodeError ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
    const delayMs = Math.max(asked, backoffMs(backoff, job.attempts, Math.random()));
    if (attemptFailed.hasSubscribers) {
      const { partition, offset } = job.record;
      const { node, message } = describeFailure(error);
      const attempt = job.attempts;
      attemptFailed.publish({ partition: partition.partition, offset, node, attempt, error: message, delayMs });
    }
    this.#work.retry(job, performance.now() + delayMs);
    return 'later';
  }

  async #unready(): Promise<unknown> {
    try {
      await this.#checkReady();
      return undefined;
    } catch (error) {
      return error;
    }
  }
}
