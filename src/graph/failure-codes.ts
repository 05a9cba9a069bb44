import type { NodeFailure } from './node-error.ts';

/** What users see of a node's failure: in `millrace-error-code` of error records, and in the tests of their graphs. */
export const FAILURE_CODES = {
  unreachable: 'MODEL_UNREACHABLE',
  interrupted: 'MODEL_INTERRUPTED',
  cancelled: 'MODEL_INTERRUPTED',
  timeout: 'MODEL_TIMEOUT',
  status: 'MODEL_STATUS',
  answer: 'MODEL_ANSWER',
  request: 'REQUEST_INVALID',
} as const satisfies Readonly<Record<NodeFailure, string>>;

export type NodeFailureCode = (typeof FAILURE_CODES)[NodeFailure];
