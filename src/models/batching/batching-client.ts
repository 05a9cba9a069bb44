import { errorText } from '../../base/errors.ts';
import type { ModelClient, NodeCall, NodeEndpoint } from '../../graph/model-client.ts';
import type { NodeMethod } from '../../protocol/node-method.ts';
import { NodeError } from '../../graph/node-error.ts';
import type { BatchPart, BatchRules } from '../../protocol/batch/batch-rules.ts';
import { HEADER } from '../../protocol/headers.ts';
import { MessageError } from '../../protocol/message-error.ts';
import type { Payload } from '../../protocol/payload.ts';
import { Batcher, type BatchLimits } from './batcher.ts';
import { batchSent, batchTakenApart } from './channels.ts';

/** A call that waits for others, or for the answer of the call it is part of. */
interface Waiting {
  readonly call: NodeCall;
  readonly part: BatchPart;
  readonly resolve: (answer: Payload) => void;
  readonly reject: (error: unknown) => void;
}

const METHODS: ReadonlySet<NodeMethod> = new Set(['predict', 'transform-input', 'transform-output']);
// Differ from record to record and say nothing that a model's answer depends on; a batch has those of its first record.
const OWN_HEADERS: ReadonlySet<string> = new Set([HEADER.puid.toLowerCase(), 'traceparent', 'tracestate']);
// What a model answers when it can take nothing for now: none of the requests is at fault, and more calls would not help it.
const BUSY: ReadonlySet<number | string> = new Set([408, 425, 429, 503, 'UNAVAILABLE', 'RESOURCE_EXHAUSTED']);

/**
 * Puts requests to one node that arrive at about the same time into one call, and gives each the rows of the answer that are its own.
 * Only calls that may (`mayBatch`), with the same headers, whose messages say the same but for their rows. A batch that fails in a
 * way that may be one request's fault is taken apart: each of its requests is sent again alone, and fails or not by itself.
 */
export class BatchingClient implements ModelClient {
  readonly #client: ModelClient;
  readonly #rules: BatchRules;
  readonly #maxBytes: number;
  readonly #batcher: Batcher<Waiting>;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Infinity;

  constructor(client: ModelClient, rules: BatchRules, limits: BatchLimits) {
    this.#client = client;
    this.#rules = rules;
    this.#maxBytes = limits.sizeBytes;
    this.#batcher = new Batcher(limits);
  }

  call(call: NodeCall): Promise<Payload> {
    const { payload, method, signal } = call;
    const isSmall = payload.body.length < this.#maxBytes;
    const part = call.mayBatch && isSmall && METHODS.has(method) ? this.#rules.part(payload) : undefined;
    if (part === undefined || signal?.aborted) return this.#client.call(call);
    const key = `${method} ${call.endpoint.host}:${call.endpoint.port} ${call.modelName}\n${sharedHeaders(call.headers)}\n${part.kind}`;
    return new Promise((resolve, reject) => {
      const waiting = abortable({ call, part, resolve, reject }, () => this.#batcher.remove(key, waiting));
      for (const full of this.#batcher.add(key, waiting, payload.body.length, performance.now())) void this.#send(full);
      this.#arm();
    });
  }

  checkReady(nodeName: string, endpoint: NodeEndpoint): Promise<void> {
    return this.#client.checkReady(nodeName, endpoint);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    // The client answers that it is closed.
    const closed = this.#client.close();
    for (const waiting of this.#batcher.due(Infinity)) void this.#send(waiting);
    await closed;
  }

  // One timer for the batch that is due first; a batch that was sent before its time leaves the timer as it is.
  #arm(): void {
    const dueMs = this.#batcher.nextDueMs;
    if (dueMs >= this.#timerDueMs) return;
    clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#timerDueMs = Infinity;
        for (const due of this.#batcher.due(performance.now())) void this.#send(due);
        this.#arm();
      },
      Math.max(0, dueMs - performance.now()),
    );
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const { nodeName } = first.call;
    if (batchSent.hasSubscribers) batchSent.publish({ node: nodeName, requests: batch.length });
    if (batch.length === 1) return this.#sendAlone(first);
    try {
      const parts = batch.map(({ part }) => part);
      const answer = await this.#client.call({ ...first.call, payload: this.#rules.merge(parts), signal: undefined });
      const answers = this.#rules.split(answer, parts);
      batch.forEach(({ resolve }, index) => resolve(answers[index] ?? answer));
    } catch (error) {
      if (!mayBeOnesFault(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      if (batchTakenApart.hasSubscribers) {
        batchTakenApart.publish({ node: nodeName, requests: batch.length, error: errorText(error) });
      }
      await Promise.all(batch.map((waiting) => this.#sendAlone(waiting)));
    }
  }

  async #sendAlone({ call, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await this.#client.call(call));
    } catch (error) {
      reject(error);
    }
  }
}

/** A call whose caller gives up ends at once; the batch it is part of goes on without it. */
function abortable(waiting: Waiting, remove: () => void): Waiting {
  const { signal, nodeName } = waiting.call;
  if (signal === undefined) return waiting;
  const giveUp = () => {
    remove();
    const text = `the call of node '${nodeName}' was cancelled`;
    waiting.reject(new NodeError(text, { failure: 'cancelled', node: nodeName }));
  };
  signal.addEventListener('abort', giveUp, { once: true });
  const ended = () => signal.removeEventListener('abort', giveUp);
  return {
    ...waiting,
    resolve: (answer) => {
      ended();
      waiting.resolve(answer);
    },
    reject: (error) => {
      ended();
      waiting.reject(error);
    },
  };
}

function sharedHeaders(headers: readonly string[]): string {
  const shared: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!OWN_HEADERS.has(name.toLowerCase())) shared.push(name, headers[index + 1] ?? '');
  }
  return shared.join('\n');
}

function mayBeOnesFault(error: unknown): boolean {
  if (error instanceof MessageError) return true;
  if (!(error instanceof NodeError)) return false;
  if (error.failure === 'status') return !BUSY.has(error.status ?? '');
  return (
    error.failure === 'answer' ||
    error.failure === 'request' ||
    error.failure === 'interrupted' ||
    error.failure === 'timeout'
  );
}
