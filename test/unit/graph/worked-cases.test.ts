import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { readGraphTests } from '../../../src/dev/graph-test/format/read-graph-tests.ts';
import { runGraphTests } from '../../../src/dev/graph-test/run/run-graph-tests.ts';
import type { SeenCall } from '../../../src/dev/graph-test/run/seen-call.ts';
import type { NodeFailureCode } from '../../../src/graph/failure-codes.ts';
import { checkOrder } from './check-order.ts';
import { caseDeployment, caseTests, type CaseCall, type CaseRequest, type WorkedCase } from './worked-case-file.ts';

// The worked cases of Seldon Core 1.17's executor that enter or run over REST, at the level of the graph, by the same door as the
// tests of users: each case becomes a file of graph tests, one test for each of its requests. What the HTTP and Kafka fronts add
// (status of an error reply, commits) is tested with them.

/** How requests of a case must fail here, in their order; Seldon's reply does not tell. */
const FAILURES: Readonly<Record<string, readonly (NodeFailureCode | undefined)[]>> = {
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
const BETTER: Readonly<Record<string, Better>> = {
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

const file = new URL('../../cases/graph-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly WorkedCase[] };
const restCases = cases.filter((one) => one.transport === 'rest' && one.entry !== 'grpc');

suite('worked cases over REST', { concurrency: 8 }, () => {
  for (const one of restCases) {
    test(`${one.id}: ${one.description}`, () => run(one));
  }
});

async function run(one: WorkedCase): Promise<void> {
  const readFile = () => Buffer.from(caseDeployment(one));
  const { file: tests, problems } = readGraphTests(caseTests(one, requests(one)), 'case.test.yaml', readFile);
  const { refusedAtStart } = BETTER[one.id] ?? {};
  if (refusedAtStart !== undefined) {
    assert.equal(problems.length, 1);
    assert.match(problems[0]?.message ?? '', refusedAtStart);
    return;
  }
  assert.deepEqual(problems, []);
  assert.ok(tests);
  const calls: SeenCall[] = [];
  for await (const { mismatches, outcome, calls: seen } of runGraphTests(tests)) {
    assert.deepEqual(mismatches, []);
    calls.push(...seen);
    if (outcome !== undefined && 'output' in outcome && one.output !== undefined) {
      assert.equal(outcome.output.contentEncoding, one.output.headers?.['Content-Encoding'] ?? '');
    }
  }
  if (one.records === undefined || one.records.length === 1) checkOrder(one.calls, one.parallel ?? [], calls);
}

/** What must come of each request. A record that fails in the graph before a call has none. */
function requests(one: WorkedCase): readonly CaseRequest[] {
  const failures = FAILURES[one.id] ?? [];
  const calls = [...(BETTER[one.id]?.calls ?? one.calls)];
  if (one.records === undefined) {
    const [error] = failures;
    const output = error === undefined ? outputText(one) : undefined;
    return [{ calls, ...(error && { error }), ...(output !== undefined && { output }) }];
  }
  const produced = [...(BETTER[one.id]?.produced ?? one.produced ?? [])];
  return one.records.map(({ valueText }, index) => {
    const error = failures[index];
    const own = one.records?.length === 1 ? calls : calls.filter(({ bodyText }) => bodyText === valueText);
    return { calls: own, ...(error ? { error } : { output: produced.shift()?.valueText ?? '' }) };
  });
}

/** The body before the HTTP front has escaped what browsers could take for HTML; it leaves compressed ones alone. */
function outputText({ output }: WorkedCase): string | undefined {
  if (output?.gunzip) return output.bodyText;
  return output?.bodyText?.replace(/\\u(003c|003e|0026|2028|2029)/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
