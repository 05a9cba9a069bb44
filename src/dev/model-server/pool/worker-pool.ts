import { sleep } from '../../../base/clock.ts';
import { errorText } from '../../../base/errors.ts';
import type { Answer, RawRequest } from '../engine/raw-request.ts';
import { OverloadError, RequestError } from '../request-error.ts';
import type { Signature } from '../tensors/tensor.ts';
import type { WorkerSettings } from './messages.ts';
import { DEPTH, startWorkerThread, type WorkerThread } from './worker-thread.ts';

export interface PoolLimits {
  readonly threads: number;
  /** Requests that may wait for a thread. */
  readonly queueLength: number;
  /** Bytes of the bodies that may wait. */
  readonly queueBytes: number;
  /** From arrival to answer. */
  readonly requestTimeoutMs: number;
  readonly loadTimeoutMs: number;
}

export interface WorkerPool {
  readonly signature: Signature | undefined;
  /**
   * @param signal the caller has gone: what still waits is forgotten
   * @throws RequestError 503 when too much waits or the pool is closed, 504 after the time limit, 500 when a thread dies
   */
  answer(request: RawRequest, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 10_000;

interface Job {
  readonly id: number;
  readonly request: RawRequest;
  settle(result: Answer | RequestError): void;
}

interface Slot {
  thread: WorkerThread | undefined;
  readonly jobs: Map<number, Job>;
}

/** Threads that each run the model, and the bounded queue before them. A thread that dies is replaced. */
export async function startWorkerPool(settings: WorkerSettings, limits: PoolLimits): Promise<WorkerPool> {
  const slots: Slot[] = Array.from({ length: limits.threads }, () => ({ thread: undefined, jobs: new Map() }));
  const waiting = new Map<number, Job>();
  let waitingBytes = 0;
  let lastId = 0;
  let closed = false;
  // Called when no thread has work left; of interest to the end.
  let idle = () => {};

  function isIdle(): boolean {
    return slots.every(({ jobs }) => jobs.size === 0);
  }

  async function start(slot: Slot): Promise<WorkerThread> {
    const thread = await startWorkerThread(
      settings,
      {
        answered: ({ id, status, body }) => {
          slot.jobs.get(id)?.settle({ status, body });
          slot.jobs.delete(id);
          if (isIdle()) idle();
          assign();
        },
        died: (error) => replace(slot, error),
      },
      limits.loadTimeoutMs,
    );
    if (closed) await thread.stop();
    else slot.thread = thread;
    return thread;
  }

  function replace(slot: Slot, error: Error): void {
    slot.thread = undefined;
    const failed = new RequestError(500, `the inference thread died: ${errorText(error)}`);
    for (const job of slot.jobs.values()) job.settle(failed);
    slot.jobs.clear();
    if (isIdle()) idle();
    if (closed) return;
    start(slot).then(assign, (reason: unknown) => {
      if (slots.some(({ thread }) => thread)) return;
      failWaiting(new RequestError(503, `no inference thread is left: ${errorText(reason)}`));
    });
  }

  function assign(): void {
    for (const job of waiting.values()) {
      const slot = freest();
      if (!slot?.thread) return;
      waiting.delete(job.id);
      waitingBytes -= job.request.body.byteLength;
      slot.jobs.set(job.id, job);
      slot.thread.send({ ...job.request, id: job.id });
    }
  }

  function freest(): Slot | undefined {
    const able = slots.filter(({ thread, jobs }) => thread && jobs.size < DEPTH);
    return able.reduce<Slot | undefined>(
      (best, slot) => (best && best.jobs.size <= slot.jobs.size ? best : slot),
      undefined,
    );
  }

  function failWaiting(error: RequestError): void {
    for (const job of waiting.values()) job.settle(error);
    waiting.clear();
    waitingBytes = 0;
  }

  function answer(request: RawRequest, signal: AbortSignal): Promise<Answer> {
    const size = request.body.byteLength;
    if (closed) return Promise.reject(new RequestError(503, 'the model server is stopping'));
    // One request may always wait, however large: the front bounds its size.
    const full = waiting.size >= limits.queueLength || (waiting.size > 0 && waitingBytes + size > limits.queueBytes);
    if (full) return Promise.reject(new OverloadError(waiting.size));
    if (signal.aborted) return Promise.reject(new RequestError(499, 'the caller has gone'));
    return new Promise((resolve, reject) => {
      const id = ++lastId;
      const forget = (error: RequestError) => {
        if (waiting.delete(id)) waitingBytes -= size;
        settle(error);
      };
      const timer = setTimeout(() => {
        forget(new RequestError(504, `no answer within ${limits.requestTimeoutMs} ms`));
      }, limits.requestTimeoutMs);
      const gone = () => forget(new RequestError(499, 'the caller has gone'));
      signal.addEventListener('abort', gone, { once: true });
      const settle = (result: Answer | RequestError) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', gone);
        if (result instanceof RequestError) reject(result);
        else resolve(result);
      };
      waiting.set(id, { id, request, settle });
      waitingBytes += size;
      assign();
    });
  }

  async function close(): Promise<void> {
    closed = true;
    const stopping = new RequestError(503, 'the model server is stopping');
    failWaiting(stopping);
    // What runs is not interrupted: a thread that ends within ONNX Runtime takes the process with it. It may run for nobody, when its
    // caller has gone.
    if (!isIdle()) {
      const finished = new AbortController();
      idle = () => finished.abort();
      await sleep(CLOSE_TIMEOUT_MS, finished.signal);
    }
    await Promise.all(slots.flatMap(({ thread }) => (thread ? [thread.stop()] : [])));
    for (const { jobs } of slots) for (const job of jobs.values()) job.settle(stopping);
  }

  const started = await Promise.allSettled(slots.map(start));
  const [first] = started;
  const failed = started.find((result) => result.status === 'rejected');
  if (failed || first?.status !== 'fulfilled') {
    await close();
    throw failed?.reason;
  }
  return { signature: first.value.signature, answer, close };
}
