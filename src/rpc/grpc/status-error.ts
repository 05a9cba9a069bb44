import { status } from '@grpc/grpc-js';
import { UnknownModelError } from '../../graph/model-query.ts';
import { NodeError, type NodeFailure } from '../../graph/node-error.ts';
import { MessageError } from '../../protocol/message-error.ts';
import type { GrpcStatus } from '../../protocol/grpc/status.ts';

/** A call that ends with a status of the server's own choice. */
export class StatusError extends Error {
  readonly code: GrpcStatus;

  constructor(code: GrpcStatus, message: string) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
  }
}

/** How a failed call is told. */
export interface CallStatus {
  readonly name: GrpcStatus;
  readonly code: number;
  readonly details: string;
  /** The node's `google.rpc.Status`, encoded: error details that client libraries can read. */
  readonly statusDetails?: Buffer;
}

/** Trailers beyond 8 KiB are refused by some clients, and the status with them. */
const MAX_DETAILS_BYTES = 6_000;

const OF_FAILURE: Readonly<Record<Exclude<NodeFailure, 'status'>, GrpcStatus>> = {
  unreachable: 'UNAVAILABLE',
  interrupted: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
  cancelled: 'CANCELLED',
  answer: 'UNKNOWN',
  request: 'INVALID_ARGUMENT',
};

/** What a client is told of a call that failed: the node's own status, message and details where it gave them. */
export function callStatus(error: unknown): CallStatus {
  if (error instanceof StatusError) return of(error.code, error.message);
  if (error instanceof MessageError) return of('INVALID_ARGUMENT', error.message);
  if (error instanceof UnknownModelError) return of('NOT_FOUND', error.message);
  if (!(error instanceof NodeError)) return of('UNKNOWN', 'internal error of the executor');
  if (error.failure !== 'status') return of(OF_FAILURE[error.failure], error.message);
  const told = of(isStatus(error.status) ? error.status : 'UNKNOWN', error.statusMessage ?? error.message);
  const { statusDetails } = error;
  return statusDetails && statusDetails.length <= MAX_DETAILS_BYTES ? { ...told, statusDetails } : told;
}

/** Whether it is a fault of ours, which the log has to tell as no client can be told. */
export function isFault(error: unknown): boolean {
  return !(error instanceof StatusError || error instanceof MessageError || error instanceof NodeError);
}

function of(name: GrpcStatus, details: string): CallStatus {
  return { name, code: status[name], details };
}

function isStatus(text: number | string | undefined): text is GrpcStatus {
  return typeof text === 'string' && text !== 'OK' && Object.hasOwn(status, text);
}
