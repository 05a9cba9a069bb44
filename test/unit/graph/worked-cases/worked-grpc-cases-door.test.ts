import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readGraphTests } from '../../../../src/dev/graph-test/format/read-graph-tests.ts';
import { messagesOf } from '../../../../src/dev/graph-test/protobuf/message-json.ts';
import { runGraphTests } from '../../../../src/dev/graph-test/run/run-graph-tests.ts';
import { checkOrder } from './check-order.ts';
import { caseDeployment } from './worked-case-file.ts';
import { grpcCaseTests, type GrpcCaseRequest } from './worked-grpc-case-file.ts';
import { BETTER, FAILURES, grpcCases, NOT_THE_GRAPHS, type GrpcCase, type RecordValue } from './worked-grpc-case.ts';

// The worked cases over gRPC by the same door as the tests of users: each case becomes a file of graph tests, one test for each of
// its requests. worked-grpc-cases.test.ts runs them against nodes of another make.

suite('worked cases over gRPC, as graph tests', { concurrency: 4 }, () => {
  for (const one of grpcCases) {
    const skip = NOT_THE_GRAPHS[one.id];
    test(`${one.id}: ${one.description}`, skip === undefined ? {} : { skip }, () => run(one));
  }
});

async function run(one: GrpcCase): Promise<void> {
  const expected = requests(one);
  const text = grpcCaseTests(one, BETTER[one.id]?.nodes ?? one.nodes, expected);
  const { file, problems } = readGraphTests(text, 'case.test.yaml', () => Buffer.from(caseDeployment(one)));
  assert.deepEqual(problems, []);
  assert.ok(file);
  let ran = 0;
  for await (const { mismatches, outcome, calls } of runGraphTests(file)) {
    const request = expected[ran++];
    assert.ok(request && outcome);
    assert.deepEqual(mismatches, []);
    // The JSON of two messages can be the same where their types are not.
    if ('output' in outcome) assert.equal(outcome.output.messageName, request.output?.type);
    checkOrder(request.calls, [], calls);
  }
  assert.equal(ran, expected.length);
}

/** What must come of each request. One that is wrong in itself comes to no node; of several, the others make one call each. */
function requests(one: GrpcCase): readonly GrpcCaseRequest[] {
  const failures = FAILURES[one.id] ?? [];
  const calls = [...(BETTER[one.id]?.calls ?? one.calls)];
  const outputs = [...(BETTER[one.id]?.produced ?? outputsOf(one))];
  const count = one.records?.length ?? 1;
  const expected = Array.from({ length: count }, (_, index) => {
    const failure = failures[index];
    const many = count === 1 ? calls.length : 1;
    return {
      failure,
      calls: failure === 'request' ? [] : calls.splice(0, many),
      output: failure === undefined ? outputs.shift() : undefined,
    };
  });
  assert.deepEqual([calls, outputs], [[], []], 'the case says more than its requests can bring');
  return expected;
}

function outputsOf({ input, output, produced = [] }: GrpcCase): readonly RecordValue[] {
  if (input === undefined) return produced.map(({ valueProto }) => valueProto);
  const type = messagesOf(input.method)?.answer;
  return type === undefined || output?.message === undefined ? [] : [{ type, message: output.message }];
}
