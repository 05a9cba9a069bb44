import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../../base/errors.ts';
import type { Signature } from '../tensors/tensor.ts';
import { ownMemory } from './own-memory.ts';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './messages.ts';

// This file is .ts in a checkout and .js in the package, and so is the worker beside it.
const ENTRY = new URL(`./worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);

/** Requests that a thread holds: one runs, the next is there when it ends. */
export const DEPTH = 2;

/** A worker thread with its model loaded. */
export interface WorkerThread {
  readonly signature: Signature | undefined;
  send(request: WorkerRequest): void;
  stop(): Promise<void>;
}

export interface WorkerEvents {
  answered(reply: Extract<WorkerReply, { readonly kind: 'answer' }>): void;
  /** The thread has ended, and nobody stopped it. */
  died(error: Error): void;
}

/** @throws MillraceError when the model cannot be loaded, or not within the limit */
export function startWorkerThread(
  settings: WorkerSettings,
  events: WorkerEvents,
  loadTimeoutMs: number,
): Promise<WorkerThread> {
  const worker = new Worker(ENTRY, { workerData: settings, name: 'model' });
  let stopped = false;
  const stop = async () => {
    stopped = true;
    await worker.terminate();
  };
  return new Promise((resolve, reject) => {
    let ready = false;
    const giveUp = (error: Error) => {
      clearTimeout(timer);
      void stop().then(() => reject(error));
    };
    const timer = setTimeout(() => {
      const message = `the model ${settings.name} was not loaded within ${loadTimeoutMs} ms`;
      giveUp(
        new MillraceError(message, { code: 'MODEL_LOAD_TIMEOUT', remedy: 'give it a smaller model or a faster disk' }),
      );
    }, loadTimeoutMs);
    const lost = (error: Error) => {
      if (stopped) return;
      stopped = true;
      if (ready) events.died(error);
      else giveUp(error);
    };
    worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'answer') return events.answered(reply);
      if (reply.kind === 'failed') {
        const { message, code, remedy } = reply;
        return giveUp(new MillraceError(message, remedy === undefined ? { code } : { code, remedy }));
      }
      ready = true;
      clearTimeout(timer);
      resolve({ signature: reply.signature, send: (request) => send(worker, request), stop });
    });
    worker.on('error', lost);
    worker.on('exit', (code) => lost(new Error(`the inference thread ended with code ${code}`)));
  });
}

function send(worker: Worker, request: WorkerRequest): void {
  worker.postMessage(request, ownMemory(request.body));
}
