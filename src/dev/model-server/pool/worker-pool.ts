import { errorText } from '../../../base/errors.ts';
import type { Answer, RawRequest } from '../engine/answer-request.ts';
import { RequestError } from '../request-error.ts';
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
  readonly signature: Signature;
  /** @throws RequestError 503 when too much waits or the pool is closed, 504 after the time limit, 500 when a thread dies */
  answer(request: RawRequest): Promise<Answer>;
  close(): Promise<void>;
}

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

  async function start(slot: Slot): Promise<WorkerThread> {
    const thread = await startWorkerThread(
      settings,
      {
        answered: ({ id, status, body }) => {
          slot.jobs.get(id)?.settle({ status, body });
          slot.jobs.delete(id);
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
      slot.thread.send({ id: job.id, ...job.request });
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

  function answer(request: RawRequest): Promise<Answer> {
    const size = request.body.byteLength;
    if (closed) return Promise.reject(new RequestError(503, 'the model server is stopping'));
    // One request may always wait, however large: the front bounds its size.
    const full = waiting.size >= limits.queueLength || (waiting.size > 0 && waitingBytes + size > limits.queueBytes);
    if (full) return Promise.reject(new RequestError(503, `${waiting.size} requests are waiting; try again later`));
    return new Promise((resolve, reject) => {
      const id = ++lastId;
      const timer = setTimeout(() => {
        if (waiting.delete(id)) waitingBytes -= size;
        reject(new RequestError(504, `no answer within ${limits.requestTimeoutMs} ms`));
      }, limits.requestTimeoutMs);
      const settle = (result: Answer | RequestError) => {
        clearTimeout(timer);
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
