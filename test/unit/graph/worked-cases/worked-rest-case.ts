import { readFileSync } from 'node:fs';
import type { NodeFailureCode } from '../../../../src/graph/failure-codes.ts';
import type { CaseCall, WorkedCase } from './worked-case-file.ts';

// The worked cases over REST, and where we differ from them on purpose: for each of the tests that run them.

/** How requests of a case must fail here, in their order; Seldon's reply does not tell. */
export const FAILURES: Readonly<Record<string, readonly (NodeFailureCode | undefined)[]>> = {
  'seldon-rest-router-crash-strdata': ['MODEL_ANSWER'],
  'seldon-rest-router-crash-empty-ndarray': ['MODEL_ANSWER'],
  'seldon-rest-router-crash-empty-list': ['MODEL_ANSWER'],
  'seldon-rest-router-crash-index-too-big': ['MODEL_ANSWER'],
  'seldon-rest-router-crash-index-minus-3': ['MODEL_ANSWER'],
  'seldon-rest-router-error-status': ['MODEL_STATUS'],
  'seldon-rest-node-error': ['MODEL_STATUS'],
  'seldon-rest-node-201': ['MODEL_STATUS'],
  'seldon-rest-node-down': ['MODEL_UNREACHABLE'],
  'seldon-rest-combiner-child-not-json': ['MODEL_ANSWER'],
  'tf-rest-chain-outputs-error': ['MODEL_ANSWER'],
  'tf-rest-array-body-under-fanout-crash': ['REQUEST_INVALID'],
  'v2-rest-gzip-request-fails': ['REQUEST_INVALID'],
  'v2-rest-chain-no-keys': ['REQUEST_INVALID'],
  'kafka-rest-error-dropped': ['MODEL_STATUS', undefined],
  'kafka-rest-manual-commit-error-then-ok': ['MODEL_STATUS', undefined],
  'kafka-rest-manual-commit-only-error': ['MODEL_STATUS'],
  'kafka-tf-null-value': ['REQUEST_INVALID', undefined],
  'kafka-router-bad-index-crash': ['MODEL_ANSWER'],
};

interface Better {
  readonly why: string;
  readonly calls?: readonly CaseCall[];
  readonly produced?: WorkedCase['produced'];
  readonly refusedAtStart?: RegExp;
}

/** Where we mean to be better than Seldon, beside its crashes, which are failures of their one request in `FAILURES`. */
export const BETTER: Readonly<Record<string, Better>> = {
  'seldon-rest-abtest-bad-ratio': {
    why: 'a ratio that fails every request is refused before the first',
    refusedAtStart: /graph\.parameters\[0\]\.value.*'half', not a number/,
  },
  'kafka-rest-invalid-header-name': {
    why: 'a header that HTTP cannot carry is left out and counted, and the record is predicted',
    calls: ['x', 'y', 'z'].map((bodyText) => ({ node: 'm', method: 'POST', path: '/predict', bodyText })),
    produced: ['1', '2', '3'].map(() => ({ valueText: '{"strData":"b"}' })),
  },
};

const file = new URL('../../../cases/graph-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly WorkedCase[] };
export const restCases = cases.filter((one) => one.transport === 'rest' && one.entry !== 'grpc');
