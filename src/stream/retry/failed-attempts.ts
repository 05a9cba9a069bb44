import { backoffMs } from '../../base/backoff.ts';
import { NodeError } from '../../graph/node-error.ts';
import { attemptFailed } from '../channels.ts';
import { classifyFailure, describeFailure, isBusy } from '../failure.ts';
import type { Job } from '../work/job.ts';
import type { ModelGate } from './model-gate.ts';
import type { StreamOptions } from '../options.ts';
import type { RecordDeadline } from './record-deadline.ts';
import type { Work } from '../work/work.ts';

const MAX_RETRY_FACTOR = 30;

/** What becomes of a job whose attempt failed: another attempt later, a wait for the model, or its end. */
export class FailedAttempts {
  readonly #options: Pick<StreamOptions, 'retries' | 'retryBackoffMs'>;
  readonly #deadline: RecordDeadline;
  readonly #work: Work;
  readonly #gate: ModelGate;
  readonly #checkReady: () => Promise<void>;

  constructor(
    options: Pick<StreamOptions, 'retries' | 'retryBackoffMs'>,
    deadline: RecordDeadline,
    work: Work,
    gate: ModelGate,
    checkReady: () => Promise<void>,
  ) {
    this.#options = options;
    this.#deadline = deadline;
    this.#work = work;
    this.#gate = gate;
    this.#checkReady = checkReady;
  }

  /** @returns `ended` when the job has its final failure and must leave; `later` when it will be started again */
  async handle(job: Job, error: unknown): Promise<'ended' | 'later'> {
    const kind = classifyFailure(error);
    if (kind === 'wait') return this.#wait(job, error);
    if (kind !== 'retry') {
      job.failure = describeFailure(error);
      return 'ended';
    }
    const nowMs = performance.now();
    const leftMs = this.#deadline.leftMs(job, nowMs);
    const delayMs = this.#delay(job, error, leftMs);
    const inTime = delayMs < leftMs;
    if (inTime && job.attempts <= this.#options.retries) return this.#retry(job, error, nowMs, delayMs);
    // A server that says "not now" to the last attempt may be on its way down or up: while its own check fails, it is waited for.
    if (isBusy(error)) {
      const unready = await this.#unready();
      if (unready !== undefined) return this.#wait(job, unready);
      // It may have come up between its answer and the check: one attempt more, once.
      if (inTime && !job.hadLastChance) {
        job.hadLastChance = true;
        return this.#retry(job, error, nowMs, delayMs);
      }
    }
    const failure = describeFailure(error);
    const isOver = leftMs <= 0 || job.attempts <= this.#options.retries;
    job.failure = isOver
      ? { ...failure, code: 'DEADLINE', message: this.#deadline.explain(job, failure.message) }
      : failure;
    return 'ended';
  }

  #wait(job: Job, error: unknown): 'later' {
    this.#work.postpone(job);
    this.#gate.shut(error);
    return 'later';
  }

  #delay(job: Job, error: unknown, leftMs: number): number {
    const { retryBackoffMs } = this.#options;
    const backoff = { initialMs: retryBackoffMs, maxMs: retryBackoffMs * MAX_RETRY_FACTOR };
    const ownMs = backoffMs(backoff, job.attempts, Math.random());
    const askedMs = (error instanceof NodeError ? error.retryAfterMs : undefined) ?? 0;
    if (askedMs <= ownMs) return ownMs;
    // A model that asks for more time than there is gets half of it: to give up at once would burn the stream while it asks for rest.
    return askedMs < leftMs ? askedMs : leftMs / 2;
  }

  #retry(job: Job, error: unknown, nowMs: number, delayMs: number): 'later' {
    const { partition, offset } = job.record;
    // Of a partition that is no longer ours nothing is repeated here.
    if (attemptFailed.hasSubscribers && !partition.revoked) {
      const { node, message } = describeFailure(error);
      const attempt = job.attempts;
      attemptFailed.publish({ partition: partition.partition, offset, node, attempt, error: message, delayMs });
    }
    this.#deadline.count(job, nowMs, delayMs);
    this.#work.retry(job, nowMs + delayMs);
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
