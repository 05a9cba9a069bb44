import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { updateExpectations } from '../../../../src/dev/graph-test/update/update-expectations.ts';
import { combiner, deployment, run, saidOf, single } from './test-text.ts';

/** The text after its update, which must hold. */
async function updated(text: string, document = single): Promise<string> {
  const after = updateExpectations(text, await run(text, document));
  assert.deepEqual((await run(after, document)).flatMap(saidOf), []);
  return after;
}

const start =
  '# first\ntests:\n  - name: t # a name\n    request: 1\n    nodes: { m: { answer: { a: [1, 2], b: { c: yes! } } } }\n';

suite('update', () => {
  test('changes only the values that differ', async () => {
    const expect =
      '    expect:\n      output: # what came\n        a: [1, 7] # two numbers\n        b:\n          c: no # a word\n  # last\n';
    assert.equal(await updated(start + expect), start + expect.replace('7', '2').replace('c: no', 'c: yes!'));
  });

  test('keeps matchers that hold, and replaces others', async () => {
    assert.equal(
      await updated(`${start}    expect: { output: { a: [!closeTo 1.1 +- 0.5, !closeTo 9], b: !anything } }\n`),
      `${start}    expect: { output: { a: [!closeTo 1.1 +- 0.5, 2], b: !anything } }\n`,
    );
  });

  test('writes a list of another length anew', async () => {
    assert.equal(
      await updated(`${start}    expect:\n      output:\n        a:\n        - 1\n        b: !anything\n`),
      `${start}    expect:\n      output:\n        a:\n          [1, 2]\n        b: !anything\n`,
    );
  });

  test('adds what is not expected yet, wherever it stands', async () => {
    assert.equal(await updated(start), `${start.trimEnd()}\n    expect: { output: { a: [1, 2], b: { c: yes! } } }\n`);
    assert.equal(
      await updated(`${start}    expect:\n`),
      `${start}    expect: { output: { a: [1, 2], b: { c: yes! } } }\n`,
    );
    assert.match(
      await updated(`${start}    expect: { error: MODEL_STATUS }\n`),
      /expect: \{ output: \{ a: \[1, 2\].* \}\n/,
    );
    assert.equal(
      await updated('tests: [{ name: t, request: 1, nodes: { m: { answer: 5 } } }]\n'),
      'tests: [{ name: t, request: 1, nodes: { m: { answer: 5 } }, expect: { output: 5 } }]\n',
    );
  });

  test('errors', async () => {
    const failing = start.replace('{ answer:', '{ status: 503, answer:');
    assert.equal(
      await updated(`${failing}    expect:\n      output: 5\n`),
      `${failing}    expect:\n      error: { code: MODEL_STATUS, node: m, status: 503 }\n`,
    );
    assert.equal(
      await updated(
        `${failing}    expect: { error: { code: MODEL_TIMEOUT, status: 1 } }\n`.replace('status: 1 }', 'status: 500 }'),
      ),
      `${failing}    expect: { error: { code: MODEL_STATUS, status: 503 } }\n`,
    );
    assert.equal(
      await updated(`${failing}    expect: { error: MODEL_TIMEOUT }\n`),
      `${failing}    expect: { error: MODEL_STATUS }\n`,
    );
  });

  test('bytes stay bytes', async () => {
    const text = 'tests:\n- name: t\n  request: 1\n  nodes: { m: { answer: !text "a: b" } }\n';
    assert.equal(
      await updated(`${text}  expect: { output: !text x }\n`),
      `${text}  expect: { output: !text "a: b" }\n`,
    );
    assert.equal(await updated(`${text}  expect: { output: 1 }\n`), `${text}  expect: { output: !text "a: b" }\n`);
  });

  test('aliases and numbers within the tolerance stay', async () => {
    const expect = '    expect:\n      tolerance: 0.5\n      output: { a: &a [1.2, 2.1], b: { c: no } }\n';
    assert.equal(await updated(start + expect), start + expect.replace('c: no', 'c: yes!'));
    const nodes = 'tests:\n- name: t\n  request: &r [1, 2]\n  nodes: { m: { answer: { a: [1, 2], b: 3 } } }\n';
    assert.equal(
      await updated(`${nodes}  expect: { output: { a: *r , b: 4 } }\n`),
      `${nodes}  expect: { output: { a: *r , b: 3 } }\n`,
    );
    assert.equal(
      await updated(`${nodes}  expect:\n    output:\n    - 1\n`),
      `${nodes}  expect:\n    output:\n      { a: [1, 2], b: 3 }\n`,
    );
  });

  const calls =
    'tests:\n- name: t\n  request: [1, 2]\n  nodes: { a: { answer: 1 }, b: { answer: 2 }, c: { answer: 3 } }\n';

  test('calls: what differs in them, and nothing else', async () => {
    const expect = `  expect:
    calls: # all of them
    - a # the first
    - node: b
      path: /x # another
      method: route
      body:
      - 1 # same
      - 3
    - { node: c, headers: { Content-Type: text/plain, X: y, Seldon-Puid: !anything }, body: [!closeTo 1, 7] }
`;
    const after = expect
      .replace('/x', '/predict')
      .replace('method: route', 'method: predict')
      .replace('- 3', '- 2')
      .replace('text/plain, X: y', 'application/json, X: null')
      .replace('7', '2');
    assert.equal(await updated(calls + expect, combiner), calls + after);
  });

  test('calls of other nodes, or more of them: the list anew, with the fields that it had', async () => {
    const anew = async (before: string, after: string) =>
      assert.equal(await updated(`${calls}  expect: { ${before} }\n`, combiner), `${calls}  expect: { ${after} }\n`);
    await anew('calls: [c]', 'calls: [a, b, c]');
    await anew('calls: []', 'calls: [a, b, c]');
    await anew(
      'calls: [{ node: a, path: /x, body: 1 }]',
      'calls: [{ node: a, path: /predict, body: [1, 2] }, { node: b, path: /predict, body: [1, 2] }, { node: c, path: /aggregate, body: [1, 2] }]',
    );
    await anew(
      'calls: { a: [], b: [{ body: 1 }] }',
      'calls: { a: [{ path: /predict, body: [1, 2] }], b: [{ body: [1, 2] }] }',
    );
    await anew('calls: { a: [{ method: route }, {}] }', 'calls: { a: [{ method: predict }] }');
    await anew('output: 4, calls: [a]', 'output: 3, calls: [a, b, c]');
    assert.equal(
      await updated(`${calls}  expect:\n    calls:\n    - c\n    output: 3\n`, combiner),
      `${calls}  expect:\n    calls:\n      [a, b, c]\n    output: 3\n`,
    );
  });

  test('calls: bytes stay bytes, and the same message in other words stays', async () => {
    const raw =
      'tests:\n- name: t\n  request: !text a\n  headers: { Content-Type: text/plain }\n  nodes: { m: { answer: 1 } }\n';
    assert.equal(
      await updated(`${raw}  expect: { calls: [{ node: m, path: /predict, body: !text b }] }\n`),
      `${raw}  expect: { calls: [{ node: m, path: /predict, body: !text "a" }] }\n`,
    );
    const grpc = deployment({ name: 'm', type: 'MODEL' }, 'seldon', 'grpc');
    const text =
      'tests:\n- name: t\n  request: { data: { ndarray: [1] } }\n  nodes: { m: { answer: { strData: y } } }\n';
    assert.equal(
      await updated(
        `${text}  expect: { output: { strData: z }, calls: [{ node: m, body: { data: { names: [], ndarray: [1] } } }] }\n`,
        grpc,
      ),
      `${text}  expect: { output: { strData: y }, calls: [{ node: m, body: { data: { names: [], ndarray: [1] } } }] }\n`,
    );
  });

  test('a content type', async () => {
    assert.equal(
      await updated(`${start}    expect: { contentType: text/plain }\n`),
      `${start}    expect: { contentType: application/json }\n`,
    );
  });

  test('a content type that no error has is left for a person', async () => {
    const text = 'tests:\n- name: t\n  request: 1\n  nodes: { m: { status: 500 } }\n  expect: { contentType: x }\n';
    assert.equal(updateExpectations(text, await run(text)), text);
  });

  test('gRPC', async () => {
    const grpc = deployment({ name: 'm', type: 'MODEL' }, 'seldon', 'grpc');
    const text = 'tests:\n- name: t\n  request: {}\n  nodes: { m: { answer: { data: { ndarray: [0.5] } } } }\n';
    assert.equal(await updated(text, grpc), `${text}  expect: { output: { data: { ndarray: [0.5] } } }\n`);
  });

  test('a test with a call that has no answer stays as it is', async () => {
    const text = 'tests:\n- name: t\n  request: 1\n  expect: { output: 1 }\n';
    assert.equal(updateExpectations(text, await run(text)), text);
  });
});
