import type { Dispatcher } from 'undici';
import { gunzip } from 'node:zlib';
import { errorText } from '../../base/errors.ts';
import { nodeCalled } from '../../graph/channels.ts';
import type { NodeCall } from '../../graph/model-client.ts';
import { NodeError, type NodeErrorDetails, type NodeFailure } from '../../graph/node-error.ts';
import { MAX_KEPT_RESPONSE_BYTES } from '../../graph/walk/step-failure.ts';
import { isGzip } from '../../protocol/gunzip.ts';
import { HEADER } from '../../protocol/headers.ts';
import type { Payload } from '../../protocol/payload.ts';
import { AnswerBytes } from '../answer-bytes.ts';
import { networkFailure } from '../network-failure.ts';
import { retryAfterMs } from './retry-after.ts';

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What bounds a call. */
export interface CallLimits {
  /** Of the whole call, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
}

/**
 * One call in undici's hands: gathers the answer and settles one promise. Its class has one shape and it makes no closures,
 * because there is one for every record.
 */
export class RestCall implements Dispatcher.DispatchHandler {
  readonly #call: NodeCall;
  readonly #url: string;
  readonly #limits: CallLimits;
  readonly #resolve: (payload: Payload) => void;
  readonly #reject: (error: NodeError) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt: number;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: ResponseHeaders = {};
  readonly #body = new AnswerBytes();
  #sizeBytes = 0;

  constructor(
    call: NodeCall,
    url: string,
    limits: CallLimits,
    resolve: (payload: Payload) => void,
    reject: (error: NodeError) => void,
  ) {
    this.#call = call;
    this.#url = url;
    this.#limits = limits;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#startedAt = nodeCalled.hasSubscribers ? performance.now() : 0;
    this.#timer = setTimeout(onTimeout, limits.timeoutMs, this);
    call.signal?.addEventListener('abort', this);
  }

  /** The caller's signal is aborted. */
  handleEvent(): void {
    this.#fail('cancelled', 'was cancelled');
  }

  timedOut(): void {
    const { timeoutMs } = this.#limits;
    if (this.#controller !== undefined) this.#fail('timeout', `has not answered within ${timeoutMs} ms`);
    else this.#fail('unreachable', `could not be sent the request within ${timeoutMs} ms: no connection is free`);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It had to wait for a connection, and was given up meanwhile.
    if (this.#settled) controller.abort(new Error('given up'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > this.#limits.maxResponseBytes) {
      this.#fail('answer', `answered with more than ${this.#limits.maxResponseBytes} bytes`, this.#kept());
    } else if (this.#status !== 200 && this.#sizeBytes - chunk.length >= MAX_KEPT_RESPONSE_BYTES) {
      // Read to the end so that the connection can be used again, but not kept.
    } else this.#body.add(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    // The body of a failure is for whoever reads the error, and its encoding does not travel with it.
    const isForUs = this.#status !== 200 || !askedForEncoding(this.#call.headers);
    if (isForUs && isGzip(this.#header('content-encoding'))) {
      gunzip(this.#body.all(), { maxOutputLength: this.#limits.maxResponseBytes }, (error, body) => {
        if (error === null) this.#answered(body, '');
        else if (this.#status !== 200) this.#answered(this.#body.all(), 'gzip');
        else this.#fail('answer', `answered with a gzip body that cannot be read: ${errorText(error)}`, this.#kept());
      });
    } else this.#answered(this.#body.all(), this.#header('content-encoding'));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#settled) return;
    const failure = networkFailure(error, this.#controller !== undefined);
    this.#fail(failure, `${DID[failure]}: ${errorText(error)}`, { cause: error });
  }

  #answered(body: Buffer, contentEncoding: string): void {
    if (this.#settled) return;
    const contentType = this.#header('content-type');
    if (this.#status !== 200) {
      const wait = retryAfterMs(this.#header('retry-after'), Date.now());
      this.#fail('status', `answered ${this.#status}`, {
        response: copied(body),
        responseType: contentType,
        ...(wait === undefined ? {} : { retryAfterMs: wait }),
      });
    } else if (body.length === 0 && this.#call.method !== 'status')
      this.#fail('answer', 'answered 200 with an empty body');
    else if (isHtml(contentType)) {
      this.#fail('answer', `answered 200 with a page of HTML ('${contentType}'): that is no model's answer`, {
        response: copied(body),
        responseType: contentType,
      });
    } else {
      this.#settle(undefined);
      const jsonLength = this.#header(JSON_LENGTH);
      this.#resolve(
        jsonLength === '' ? { body, contentType, contentEncoding } : { body, contentType, contentEncoding, jsonLength },
      );
    }
  }

  #fail(failure: NodeFailure, what: string, details: Omit<NodeErrorDetails, 'failure' | 'node' | 'status'> = {}): void {
    if (this.#settled) return;
    this.#settle(failure);
    const node = this.#call.nodeName;
    const status = this.#status === 0 ? {} : { status: this.#status };
    this.#reject(new NodeError(`node '${node}' at ${this.#url} ${what}`, { failure, node, ...status, ...details }));
    // Does nothing when the answer has ended; otherwise it is of no use to anyone, and ends with its connection.
    this.#controller?.abort(new Error('given up'));
  }

  #settle(failure: NodeFailure | undefined): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#call.signal?.removeEventListener('abort', this);
    if (!nodeCalled.hasSubscribers) return;
    nodeCalled.publish({
      node: this.#call.nodeName,
      method: this.#call.method,
      durationMs: this.#startedAt === 0 ? 0 : performance.now() - this.#startedAt,
      status: this.#status === 0 ? undefined : this.#status,
      failure,
    });
  }

  #kept() {
    return { response: copied(this.#body.all()), responseType: this.#header('content-type') };
  }

  #header(name: string): string {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : (value?.[0] ?? '');
  }
}

const JSON_LENGTH = HEADER.jsonLength.toLowerCase();

const DID: Readonly<Record<NodeFailure, string>> = {
  unreachable: 'cannot be reached',
  interrupted: 'broke the connection off before its answer was complete',
  timeout: 'did not answer in time',
  status: 'answered with a failure',
  answer: 'gave an answer that is not HTTP',
  request: 'cannot be sent the request',
  cancelled: 'was not waited for',
};

function onTimeout(call: RestCall): void {
  call.timedOut();
}

/** An error must not hold the buffer of a large answer in memory. */
function copied(body: Buffer): Buffer {
  return Buffer.from(body.subarray(0, MAX_KEPT_RESPONSE_BYTES));
}

function isHtml(contentType: string): boolean {
  return contentType.length > 0 && /^\s*(text\/html|application\/xhtml\+xml)\b/i.test(contentType);
}

/** Whether the caller asked for a compressed answer, and so gets it as it is (Go's rule). */
function askedForEncoding(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i]?.toLowerCase() === 'accept-encoding') return true;
  return false;
}
