import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { combiner, deployment, problemsOf, read, single } from './test-text.ts';

const one = (body: string) => `tests:\n- name: t\n${body.replace(/^/gm, '  ')}\n`;

function assertOnly(problems: readonly string[], expected: RegExp): void {
  assert.equal(problems.length, 1, problems.join('\n'));
  assert.match(problems[0] ?? '', expected);
}

suite('what is wrong with a file of graph tests', () => {
  test('fields that nobody knows, with the one that was meant', () => {
    assertOnly(
      problemsOf(one('request: {}\nexpects: { output: 1 }')),
      /^4 tests\[0\]\.expects: there is no field 'expects' here; did you mean expect\?/,
    );
  });

  test('nodes that the graph does not have, wherever they are named', () => {
    const text = one(
      'request: {}\nnodes:\n  modle: { answer: 1 }\nexpect:\n  error: { node: n }\n  calls: [x, { node: y }]',
    );
    const problems = problemsOf(text, deployment({ name: 'model', type: 'MODEL' }));
    assert.match(problems[0] ?? '', /^5 tests\[0\]\.nodes\.modle: the graph has no node 'modle'; did you mean model\?/);
    assert.match(problems[1] ?? '', /^7 tests\[0\]\.expect\.error\.node: the graph has no node 'n'/);
    assert.match(problems[2] ?? '', /^8 tests\[0\]\.expect\.calls\[0\]: the graph has no node 'x'/);
    assert.match(problems[3] ?? '', /^8 tests\[0\]\.expect\.calls\[1\]\.node: the graph has no node 'y'/);
    assert.equal(problems.length, 4);
  });

  test('a node that the graph never calls', () => {
    const graph = { name: 'ab', implementation: 'RANDOM_ABTEST', children: [{ name: 'a' }, { name: 'b' }] };
    assertOnly(
      problemsOf(one('request: {}\nnodes: { ab: { answer: 1 } }'), deployment(graph)),
      /node 'ab' gets no calls/,
    );
  });

  test('a test without a request, and one with two', () => {
    assertOnly(problemsOf(one('expect: { output: 1 }')), /^2 tests\[0\]: test 't' sends nothing; add request:/);
    assertOnly(problemsOf(one('request: 1\nfeedback: 2')), /^4 tests\[0\]\.feedback: .*make two tests of it/);
  });

  test('an output and an error at once', () => {
    assertOnly(
      problemsOf(one('request: {}\nexpect:\n  output: 1\n  error: MODEL_STATUS')),
      /^6 tests\[0\]\.expect\.error: an output and an error are expected/,
    );
  });

  test('answers that say nothing, or two things', () => {
    assertOnly(
      problemsOf(one('request: {}\nnodes: { m: { delayMs: 1 } }')),
      /nothing says what the node answers; add answer:/,
    );
    assertOnly(
      problemsOf(one('request: {}\nnodes: { m: { error: reset, status: 500 } }')),
      /error: reset gives no answer/,
    );
    assertOnly(
      problemsOf(one('request: {}\nnodes:\n  m:\n  - error: unreachable\n  - answer: 1')),
      /^5 tests\[0\]\.nodes\.m: node 'm' is unreachable and answers all the same/,
    );
    assertOnly(
      problemsOf(one('request: {}\nnodes: { m: { error: slow } }')),
      /'slow' is not known here; use one of unreachable/,
    );
    assertOnly(problemsOf(one('request: {}\nnodes: { m: { status: 99 } }')), /'99' is not a number from 200 to 599/);
    assertOnly(
      problemsOf(one('request: {}\nnodes: { m: { status: 200, headers: { a b: x } } }')),
      /^4 tests\[0\]\.nodes\.m\.headers\["a b"\]: .*write a header that HTTP can carry/,
    );
  });

  test('statuses of the other transport', () => {
    assertOnly(
      problemsOf(one('request: {}\nnodes: { m: { status: UNAVAILABLE } }')),
      /no status of this transport; write a number/,
    );
    const grpc = deployment({ name: 'm' }, 'seldon', 'grpc');
    assertOnly(problemsOf(one('request: {}\nnodes: { m: { status: 503 } }'), grpc), /write the name of a gRPC status/);
    assertOnly(
      problemsOf(one('request: {}\nnodes: { m: { status: UNAVAILBLE } }'), grpc),
      /did you mean UNAVAILABLE\?/,
    );
  });

  test('messages that are not of their type', () => {
    const grpc = deployment({ name: 'm' }, 'v2', 'grpc');
    assertOnly(
      problemsOf(one('request: { inptus: [] }'), grpc),
      /^3 tests\[0\]\.request: it is no inference\.ModelInferRequest: .*"inptus".*; write a inference\.ModelInferRequest/,
    );
  });

  test('what stands in the wrong place: matchers that are sent, numbers that JSON has not', () => {
    assertOnly(
      problemsOf(one('request: { x: [1, !anything] }')),
      /^3 tests\[0\]\.request\.x\[1\]: !anything is no value/,
    );
    assertOnly(problemsOf(one('request: { x: .nan }')), /tests\[0\]\.request\.x: JSON has no NaN/);
    assertOnly(problemsOf(one('request: { x: !text a }')), /a tag for a whole body stands inside of one/);
  });

  test('tags that do not exist, or hold what they cannot', () => {
    assertOnly(problemsOf(one('request: !fiel x')), /^3 tests\[0\]\.request: Unresolved tag: !fiel; mend the tag/);
    assertOnly(
      problemsOf(one('request: 1\nexpect: { output: !closeTo much }')),
      /'much' is not a number, nor NUMBER \+- TOLERANCE/,
    );
    assertOnly(problemsOf(one('request: 1\nexpect: { output: !regex "(" }')), /no regular expression/);
    assertOnly(problemsOf(one('request: !base64 "%"')), /not Base64/);
  });

  test('files that are not there, or not JSON', () => {
    assertOnly(problemsOf(one('request: !file a.bin')), /^3 tests\[0\]\.request: there is no 'a\.bin'/);
    const { problems } = read(one('request: 1\nexpect: { output: !file a.json }'), single, { 'a.json': 'x' });
    assert.match(problems[0]?.message ?? '', /'a\.json' is not JSON/);
  });

  test('deployments that are not there, not to be found, or cannot run', () => {
    assertOnly(problemsOf('deployment: y.yaml\ntests: []'), /^1 deployment: there is no 'y\.yaml'; check the path/);
    assertOnly(problemsOf('tests: []', single, 'tests.yaml'), /does not end in \.test\.yaml; write deployment:/);
    assertOnly(problemsOf('predictor: q\ntests: []'), /x\.yaml has no predictor 'q'; write predictor: and one of p/);
    assertOnly(
      problemsOf('tests: []', deployment({ name: 'm' }, 'tensorflo')),
      /spec\.protocol of x\.yaml is 'tensorflo'; did you mean tensorflow/,
    );
    const lonely = { name: 'ab', implementation: 'RANDOM_ABTEST', children: [{ name: 'a' }] };
    assertOnly(problemsOf('tests: []', deployment(lonely)), /cannot run\n.*draws between two children/s);
  });

  test('a deployment that is given for its tests', () => {
    assertOnly(
      problemsOf(single, single, 'x.yaml'),
      /this is a SeldonDeployment, not a list of tests; write its tests in x\.test\.yaml/,
    );
  });

  test('nothing, several documents, broken YAML, the same name twice', () => {
    assertOnly(problemsOf(''), /the file is empty/);
    assertOnly(problemsOf('tests: []\n---\ntests: []'), /several YAML documents/);
    assertOnly(problemsOf('tests:\n\t- name: a'), /^2 .*indented with a tab/);
    assertOnly(problemsOf('tests: [{ name: a, request: 1 }, { name: a, request: 2 }]'), /a second test is named 'a'/);
  });
});

test('what the file leaves out has its defaults', () => {
  const { file } = read(
    'nodes: { a: { answer: 1 } }\ntests:\n- { name: t, request: {}, nodes: { b: { answer: 2, times: 3 } } }',
    combiner,
  );
  const [found] = file?.tests ?? [];
  assert.deepEqual([found?.line, found?.kind, found?.expect, found?.draws], [3, 'request', undefined, []]);
  assert.equal(found?.answers.get('a')?.[0]?.times, Infinity);
  assert.deepEqual(found?.answers.get('b')?.[0]?.reply, {
    status: 200,
    details: '',
    headers: [['Content-Type', 'application/json']],
    body: { kind: 'json', value: 2 },
    gzip: false,
  });
});
