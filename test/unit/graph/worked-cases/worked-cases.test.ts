import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readGraphTests } from '../../../../src/dev/graph-test/format/read-graph-tests.ts';
import { runGraphTests } from '../../../../src/dev/graph-test/run/run-graph-tests.ts';
import type { SeenCall } from '../../../../src/dev/graph-test/run/seen-call.ts';
import { checkOrder } from './check-order.ts';
import { caseDeployment, caseTests, type CaseRequest, type WorkedCase } from './worked-case-file.ts';
import { BETTER, FAILURES, restCases } from './worked-rest-case.ts';

// The worked cases of Seldon Core 1.17's executor that enter or run over REST, at the level of the graph, by the same door as the
// tests of users: each case becomes a file of graph tests, one test for each of its requests. What the HTTP and Kafka fronts add
// (status of an error reply, commits) is tested with them.

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
