import { constants, type ClientHttp2Stream, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from 'node:http2';
import { errorText } from '../../base/errors.ts';
import { nodeCalled } from '../../graph/channels.ts';
import type { NodeCall } from '../../graph/model-client.ts';
import { NodeError, type NodeErrorDetails, type NodeFailure } from '../../graph/node-error.ts';
import { MAX_KEPT_RESPONSE_BYTES } from '../../graph/walk/step-failure.ts';
import { messagePrefix, PREFIX_BYTES } from '../../protocol/grpc/framing.ts';
import { grpcMessage, grpcStatus, grpcStatusOfHttp, type GrpcStatus } from '../../protocol/grpc/status.ts';
import { MessageError } from '../../protocol/message-error.ts';
import { AnswerBytes } from '../answer-bytes.ts';
import { readAnswer } from './answer.ts';
import type { GrpcSession } from './grpc-session.ts';
import type { SessionPool, WaitingCall } from './session-pool.ts';

/** What bounds a call, and where it goes. */
export interface GrpcCallSettings {
  /** Limit of the whole call, from its start to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  /** Where the call goes, for messages: `host:port/package.Service/Method`. */
  readonly target: string;
  /** Headers in front of the call's own, pseudo headers first. */
  readonly headers: readonly string[];
  /** Whether the call is published: those of readiness checks are not. */
  readonly isPublished: boolean;
}

/** A server may refuse a call before it looks at it; it is safe to repeat it elsewhere so many times. */
const MAX_REFUSALS = 3;
/** Below this, copying a message behind its prefix costs less than a second write. */
const COPIED_BYTES = 4_096;
const MAX_PUSHBACK_MS = 24 * 3_600_000;

/** One unary call: waits for a session, sends the message as it is, gathers the answer and settles one promise. */
export class GrpcCall implements WaitingCall {
  readonly #call: NodeCall;
  readonly #settings: GrpcCallSettings;
  readonly #pool: SessionPool;
  readonly #resolve: (message: Buffer) => void;
  readonly #reject: (error: NodeError) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #session: GrpcSession | undefined;
  #stream: ClientHttp2Stream | undefined;
  #heardAtBegin = 0;
  #refusals = 0;
  #settled = false;
  #httpStatus = 0;
  #status: GrpcStatus | undefined;
  #statusText = '';
  /** In base64. */
  #statusDetails = '';
  #contentType = '';
  #encoding = '';
  #pushbackMs: number | undefined;
  #ended = false;
  #error: Error | undefined;
  readonly #body = new AnswerBytes();
  #sizeBytes = 0;

  constructor(
    call: NodeCall,
    settings: GrpcCallSettings,
    pool: SessionPool,
    resolve: (message: Buffer) => void,
    reject: (error: NodeError) => void,
  ) {
    this.#call = call;
    this.#settings = settings;
    this.#pool = pool;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(onTimeout, settings.timeoutMs, this);
    call.signal?.addEventListener('abort', this);
  }

  /** The caller's signal is aborted. */
  handleEvent(): void {
    this.#fail('cancelled', 'was cancelled');
  }

  cancelled(): void {
    this.#fail('cancelled', 'was cancelled');
  }

  unreachable(error: Error): void {
    this.#fail('unreachable', `cannot be reached: ${errorText(error)}`, { cause: error });
  }

  timedOut(): void {
    const { timeoutMs } = this.#settings;
    const session = this.#session;
    if (session === undefined) {
      return this.#fail('unreachable', `could not be sent the request within ${timeoutMs} ms: no connection is free`);
    }
    // Nobody knows whether a connection that says nothing at all still leads anywhere.
    if (session.heard === this.#heardAtBegin) session.retire();
    this.#fail('timeout', `has not answered within ${timeoutMs} ms`);
  }

  begin(session: GrpcSession): void {
    const { body } = this.#call.payload;
    this.#session = session;
    this.#heardAtBegin = session.heard;
    let stream: ClientHttp2Stream;
    try {
      stream = session.request(this.#headers());
    } catch (error) {
      return this.#fail('request', `cannot be sent the request: ${errorText(error)}`, { cause: error });
    }
    this.#stream = stream;
    stream.on('response', (headers) => this.#answerBegan(headers));
    stream.on('data', (chunk: Buffer) => this.#received(chunk));
    stream.on('trailers', (headers) => this.#trailers(headers));
    stream.on('end', () => this.#bodyEnded());
    stream.on('error', (error: Error) => (this.#error = error));
    stream.on('close', () => this.#closed(stream.rstCode));
    const prefix = messagePrefix(body.length);
    if (body.length < COPIED_BYTES) return void stream.end(Buffer.concat([prefix, body]));
    // Prefix and message leave together, and the message is not copied.
    stream.cork();
    stream.write(prefix);
    stream.end(body);
    stream.uncork();
  }

  #headers(): readonly string[] {
    const { headers, timeoutMs } = this.#settings;
    const left = Math.max(1, Math.ceil(this.#startedAt + timeoutMs - performance.now()));
    return [...headers, 'grpc-timeout', `${left}m`, ...this.#call.headers];
  }

  #answerBegan(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    this.#session?.hear();
    this.#httpStatus = headers[':status'] ?? 0;
    this.#contentType = headers['content-type'] ?? '';
    this.#encoding = text(headers['grpc-encoding']);
    // An answer without a message can be its trailers alone.
    this.#trailers(headers);
  }

  #received(chunk: Buffer): void {
    this.#session?.hear();
    if (this.#settled) return;
    const { maxResponseBytes } = this.#settings;
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > maxResponseBytes + PREFIX_BYTES) {
      this.#fail('answer', `answered with more than ${maxResponseBytes} bytes`);
    } else this.#body.add(chunk);
  }

  #trailers(headers: IncomingHttpHeaders): void {
    const code = headers['grpc-status'];
    if (code === undefined || this.#settled) return;
    this.#status = grpcStatus(text(code));
    this.#statusText = grpcMessage(text(headers['grpc-message']));
    this.#statusDetails = text(headers['grpc-status-details-bin']);
    const pushback = text(headers['grpc-retry-pushback-ms']);
    if (/^\d{1,12}$/.test(pushback)) this.#pushbackMs = Math.min(MAX_PUSHBACK_MS, Number(pushback));
    if (this.#ended) this.#answered();
  }

  // Its trailers may be on their way through the queue of events; or it never had any.
  #bodyEnded(): void {
    this.#ended = true;
    if (this.#status !== undefined) this.#answered();
  }

  #answered(): void {
    if (this.#settled || this.#status === undefined) return;
    if (this.#status !== 'OK') return this.#failed(this.#status, this.#statusText);
    readAnswer(this.#body.all(), this.#encoding, this.#settings.maxResponseBytes).then(
      (message) => {
        if (this.#settled) return;
        this.#settle(undefined, 'OK');
        this.#resolve(message);
      },
      (error: unknown) => {
        const why = error instanceof MessageError ? error.message : errorText(error);
        this.#fail('answer', `gave an answer that cannot be used: ${why}`, { cause: error });
      },
    );
  }

  #failed(status: GrpcStatus, message: string): void {
    const what = message === '' ? `answered ${status}` : `answered ${status}: ${message}`;
    const body = this.#body.all();
    const isPage = this.#contentType !== '' && !isGrpc(this.#contentType) && body.length > 0;
    this.#fail('status', what, {
      status,
      statusMessage: message,
      ...(this.#statusDetails !== '' && { statusDetails: Buffer.from(this.#statusDetails, 'base64') }),
      ...(isPage && { response: Buffer.from(body.subarray(0, MAX_KEPT_RESPONSE_BYTES)) }),
      ...(isPage && { responseType: this.#contentType }),
      ...(this.#pushbackMs !== undefined && { retryAfterMs: this.#pushbackMs }),
    });
  }

  #closed(rstCode: number): void {
    if (this.#settled || (this.#ended && this.#status !== undefined)) return;
    if (this.#httpStatus === 0 && isRefused(rstCode, this.#error) && this.#refusals++ < MAX_REFUSALS) {
      this.#session = this.#stream = this.#error = undefined;
      return this.#pool.submit(this);
    }
    if (this.#httpStatus !== 0 && (this.#httpStatus !== 200 || !isGrpc(this.#contentType)))
      return this.#answeredByOther();
    if (this.#pool.isClosed) return this.#fail('cancelled', 'was cancelled: the connection was closed');
    const why = this.#error === undefined ? 'the stream ended without a status' : errorText(this.#error);
    this.#fail('interrupted', `broke the call off before its answer was complete: ${why}`, { cause: this.#error });
  }

  /** A proxy, or a server that speaks HTTP and not gRPC. */
  #answeredByOther(): void {
    if (this.#httpStatus !== 200) {
      return this.#failed(grpcStatusOfHttp(this.#httpStatus), `HTTP status ${this.#httpStatus} without a gRPC status`);
    }
    this.#fail('answer', `answered with '${this.#contentType}': that is no gRPC`);
  }

  #fail(failure: NodeFailure, what: string, details: Omit<NodeErrorDetails, 'failure' | 'node'> = {}): void {
    if (this.#settled) return;
    this.#settle(failure, details.status);
    const node = this.#call.nodeName;
    this.#reject(new NodeError(`node '${node}' at ${this.#settings.target} ${what}`, { failure, node, ...details }));
  }

  #settle(failure: NodeFailure | undefined, status: number | string | undefined): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#call.signal?.removeEventListener('abort', this);
    if (this.#session === undefined) this.#pool.withdraw(this);
    // What is still under way, of the request or of the answer, is of no use to anyone.
    const stream = this.#stream;
    if (stream !== undefined && !(this.#ended && stream.writableFinished)) stream.close(constants.NGHTTP2_CANCEL);
    if (!this.#settings.isPublished || !nodeCalled.hasSubscribers) return;
    const { nodeName, method } = this.#call;
    nodeCalled.publish({ node: nodeName, method, durationMs: performance.now() - this.#startedAt, status, failure });
  }
}

function onTimeout(call: GrpcCall): void {
  call.timedOut();
}

/** Whether the server says that it has not looked at the call, or the session ended before the call could go out. */
function isRefused(rstCode: number, error: Error | undefined): boolean {
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM) return true;
  return error !== undefined && 'code' in error && error.code === 'ERR_HTTP2_GOAWAY_SESSION';
}

function isGrpc(contentType: string): boolean {
  return /^application\/grpc(?:[+;]|$)/i.test(contentType);
}

function text(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.[0] ?? '');
}
