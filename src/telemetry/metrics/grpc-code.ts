import type { NodeFailure } from '../../graph/node-error.ts';
import type { GrpcStatus } from '../../protocol/grpc/status.ts';

/** `NOT_FOUND` as Go writes it, `NotFound`: the label `code` of gRPC calls in Seldon's metrics, by which dashboards choose. */
export function goCode(status: string): string {
  if (status === 'OK') return status;
  // Go's one name with another spelling.
  if (status === 'CANCELLED') return 'Canceled';
  return status.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * The status of a gRPC call that ended without an answer, as Go's client reports it; undefined where none was made, or where the node
 * has told its own.
 */
export function statusOfFailure(failure: NodeFailure): GrpcStatus | undefined {
  return OF_FAILURE[failure];
}

const OF_FAILURE: Readonly<Partial<Record<NodeFailure, GrpcStatus>>> = {
  unreachable: 'UNAVAILABLE',
  interrupted: 'UNAVAILABLE',
  timeout: 'DEADLINE_EXCEEDED',
  cancelled: 'CANCELLED',
  answer: 'INTERNAL',
};
