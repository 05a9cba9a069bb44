import { errorText } from '../base/errors.ts';
import { FAILURE_CODES, type NodeFailureCode } from '../graph/failure-codes.ts';
import { NodeError } from '../graph/node-error.ts';
import { KafkaError } from '../kafka/kafka-error.ts';

/**
 * - `retry`: may pass; counted, repeated with backoff, dead-lettered when the attempts are used up;
 * - `wait`: the model cannot be reached: the record waits as long as it takes, nothing is counted;
 * - `dead-letter`: will fail again the same way: the record goes to the error topic;
 * - `fatal`: the stream cannot go on until a person acts.
 */
export type FailureClass = 'retry' | 'wait' | 'dead-letter' | 'fatal';

/** Why a record failed, as its error record says it. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  /** Node of the graph; empty where no node is to blame. */
  readonly node: string;
  /** HTTP status or gRPC status name of the model's answer; empty for none. */
  readonly status: string;
  readonly response: Buffer | undefined;
}

const STREAM_CODES = ['EMPTY_RECORD', 'DEADLINE', 'OUTPUT_REFUSED', 'INTERNAL'] as const;

export type FailureCode = NodeFailureCode | (typeof STREAM_CODES)[number];

/** Every code that an error record can have; a model that cannot be reached makes none. */
export const ERROR_CODES: readonly FailureCode[] = [
  ...new Set(Object.values(FAILURE_CODES).filter((code) => code !== FAILURE_CODES.unreachable)),
  ...STREAM_CODES,
];

const RETRY_STATUS = new Set<number | string>([
  408,
  425,
  429,
  'UNAVAILABLE',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
  // We have not cancelled it: the server did, as one does that goes down.
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
  'UNKNOWN',
]);
// Servers say these of a request they will never take.
const FINAL_5XX = new Set<number | string>([501, 505]);

/** Sorts whatever was thrown. Total: an error nobody knows is a fault of Millrace's and must not stop the stream. */
export function classifyFailure(error: unknown): FailureClass {
  if (error instanceof KafkaError)
    return error.failure === 'fatal' || error.failure === 'fenced' ? 'fatal' : 'dead-letter';
  if (!(error instanceof NodeError)) return 'dead-letter';
  switch (error.failure) {
    case 'unreachable':
      return 'wait';
    case 'interrupted':
    case 'timeout':
    case 'cancelled':
      return 'retry';
    case 'answer':
    case 'request':
      return 'dead-letter';
    case 'status': {
      const status = error.status ?? '';
      if (RETRY_STATUS.has(status)) return 'retry';
      return typeof status === 'number' && status >= 500 && !FINAL_5XX.has(status) ? 'retry' : 'dead-letter';
    }
  }
}

/** Whether the model said that it cannot answer for now (HTTP 503, gRPC UNAVAILABLE): it, and not the record, may be at fault. */
export function isBusy(error: unknown): boolean {
  return error instanceof NodeError && (error.status === 503 || error.status === 'UNAVAILABLE');
}

/** What the error record will say. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof NodeError) {
    const { node, response } = error;
    return {
      code: FAILURE_CODES[error.failure],
      message: error.message,
      node,
      status: String(error.status ?? ''),
      response,
    };
  }
  const code = error instanceof KafkaError ? 'OUTPUT_REFUSED' : 'INTERNAL';
  return { code, message: errorText(error), node: '', status: '', response: undefined };
}

/** The failure of a record without a value: there is nothing to ask a model about. */
export const EMPTY_RECORD: Failure = {
  code: 'EMPTY_RECORD',
  message: 'the record has no value, so there is no request in it',
  node: '',
  status: '',
  response: undefined,
};
