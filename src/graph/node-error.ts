/**
 * - `unreachable`: no connection could be made; the request was not sent.
 * - `interrupted`: the connection broke after the request was sent, or the answer was cut short.
 * - `timeout`: no answer within the limit.
 * - `status`: the model answered, but not with success.
 * - `answer`: the model answered with success, and the answer cannot be used (empty, not what the graph step needs).
 * - `request`: the message cannot be sent to the node as it is (not JSON where a step must read it, no endpoint ...).
 * - `cancelled`: the caller gave up.
 */
export type NodeFailure = 'unreachable' | 'interrupted' | 'timeout' | 'status' | 'answer' | 'request' | 'cancelled';

/** What is known of the failure of a node. */
export interface NodeErrorDetails {
  readonly failure: NodeFailure;
  /** Name of the node; empty where no node is to blame. */
  readonly node: string;
  /** HTTP status of the answer, or the gRPC status code's name. */
  readonly status?: number | string;
  /** What a gRPC node said beside its status. */
  readonly statusMessage?: string;
  /** The `google.rpc.Status` that a gRPC node sent beside its status, encoded. */
  readonly statusDetails?: Buffer;
  /** What the node answered. */
  readonly response?: Buffer;
  /** MIME type of `response`. */
  readonly responseType?: string;
  /** What the node asked for with `Retry-After`. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** A step of the graph failed. The stream decides from it whether to retry, wait or dead-letter. */
export class NodeError extends Error {
  readonly failure: NodeFailure;
  readonly node: string;
  readonly status: number | string | undefined;
  readonly statusMessage: string | undefined;
  readonly statusDetails: Buffer | undefined;
  readonly response: Buffer | undefined;
  readonly responseType: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: NodeErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'NodeError';
    this.failure = details.failure;
    this.node = details.node;
    this.status = details.status;
    this.statusMessage = details.statusMessage;
    this.statusDetails = details.statusDetails;
    this.response = details.response;
    this.responseType = details.responseType;
    this.retryAfterMs = details.retryAfterMs;
  }
}
