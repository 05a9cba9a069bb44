import { FAILURE_CODES } from '../../../graph/failure-codes.ts';
import type { NodeError } from '../../../graph/node-error.ts';
import type { Payload } from '../../../protocol/payload.ts';
import type { Expectation, ExpectedError } from '../format/graph-test.ts';
import { bodyMismatch } from './body-mismatch.ts';
import { isMatcher } from './matcher.ts';
import { mismatchOf, type Difference, type Mismatch } from './mismatch.ts';
import { gotBody, startOf } from './got-body.ts';
import { clipped, writtenValue } from './written-value.ts';

/** What came of a request. */
export type Outcome = { readonly output: Payload } | { readonly error: NodeError };

/** What is wrong with the output, or with the error. */
export function outcomeMismatches(expect: Expectation, outcome: Outcome): Mismatch[] {
  if ('error' in outcome) {
    if (expect.error === undefined)
      return [{ about: 'output', message: unexpectedError(outcome.error), differences: [] }];
    return errorMismatches(expect.error, outcome.error);
  }
  const { output } = outcome;
  if (expect.error !== undefined) {
    const got = startOf(gotBody(output.body, output.contentEncoding, output.messageName));
    return [{ about: 'error', message: `the request succeeded, with ${got}`, differences: [] }];
  }
  return outputMismatches(expect, output);
}

function outputMismatches(expect: Expectation, output: Payload): Mismatch[] {
  const mismatches: (Mismatch | undefined)[] = [];
  const { contentType } = expect;
  if (contentType !== undefined && !sameText(contentType, output.contentType)) {
    const difference = { path: '', expected: String(contentType), got: output.contentType };
    mismatches.push({ about: 'content type', differences: [difference] });
  }
  if (expect.output !== undefined) {
    const got = gotBody(output.body, output.contentEncoding, output.messageName);
    mismatches.push(bodyMismatch('output', expect.output, got, expect.tolerance));
  }
  return mismatches.filter((mismatch) => mismatch !== undefined);
}

function errorMismatches(expected: ExpectedError, error: NodeError): Mismatch[] {
  const fields = mismatchOf('error', errorDifferences(expected, error));
  const { response } = expected;
  const body =
    response && bodyMismatch('error, response', response, gotBody(error.response ?? Buffer.alloc(0), undefined), 0);
  return [fields, body].filter((mismatch) => mismatch !== undefined);
}

function* errorDifferences(expected: ExpectedError, error: NodeError): Generator<Difference> {
  const got = { code: FAILURE_CODES[error.failure], node: error.node, status: error.status };
  for (const path of ['code', 'node', 'status'] as const) {
    if (expected[path] === undefined || expected[path] === got[path]) continue;
    yield {
      path,
      expected: writtenValue(expected[path]),
      got: got[path] === undefined ? undefined : writtenValue(got[path]),
    };
  }
  const { message } = expected;
  if (message === undefined) return;
  const same = isMatcher(message) ? message.matches(error.message) : error.message.includes(message);
  if (!same) yield { path: 'message', expected: writtenValue(message), got: clipped(JSON.stringify(error.message)) };
}

function unexpectedError(error: NodeError): string {
  const response = error.response?.length ? `; it answered ${clipped(JSON.stringify(error.response.toString()))}` : '';
  return `the request failed with ${FAILURE_CODES[error.failure]}: ${error.message}${response}`;
}

function sameText(expected: NonNullable<Expectation['contentType']>, got: string): boolean {
  return isMatcher(expected) ? expected.matches(got) : expected === got;
}
