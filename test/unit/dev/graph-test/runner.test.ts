import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { combiner, deployment, run, saidOf, single } from './test-text.ts';

async function one(body: string, document = single, files: Readonly<Record<string, string>> = {}) {
  const [result] = await run(`tests:\n- name: t\n${body.replace(/^/gm, '  ')}\n`, document, files);
  return { said: saidOf(result), notes: result?.notes ?? [], passed: result?.passed, calls: result?.calls ?? [] };
}

suite('one test', () => {
  test('passes when what came is what was expected', async () => {
    const { passed, said } = await one(
      'request: [1]\nnodes: { m: { answer: { a: 1.0 } } }\nexpect: { output: { a: 1 } }',
    );
    assert.deepEqual(said, []);
    assert.equal(passed, true);
  });

  test('says where the output differs', async () => {
    const { passed, said } = await one(
      'request: 1\nnodes: { m: { answer: { a: [1, 2] } } }\nexpect: { output: { a: [1, 3] } }',
    );
    assert.equal(passed, false);
    assert.deepEqual(said, ['output a[1]: 3 | 2']);
  });

  test('compares bytes where it is told to, and JSON where only that is meant', async () => {
    const bytes = 'request: 1\nnodes: { m: { answer: !text "{ }" } }\n';
    assert.deepEqual((await one(`${bytes}expect: { output: {} }`)).said, []);
    assert.deepEqual((await one(`${bytes}expect: { output: !text "{}" }`)).said, [
      'output from character 2: "{}" | "{ }"',
    ]);
    const { said } = await one('request: 1\nnodes: { m: { answer: !text no } }\nexpect: { output: {} }');
    assert.match(said[0] ?? '', /^output: is not JSON .*: no$/);
  });

  test('bodies from files', async () => {
    const files = { 'in.bin': 'raw', 'out.json': '{"a": 1}' };
    const { said, calls } = await one(
      'request: !file in.bin\nheaders: { Content-Type: text/plain }\nnodes: { m: { answer: { a: 1 } } }\nexpect:\n  output: !file out.json\n  calls: [{ node: m, body: !text raw, headers: { content-type: text/plain, x: null } }]',
      single,
      files,
    );
    assert.deepEqual(said, []);
    assert.equal(calls[0]?.body.toString(), 'raw');
  });

  test('a call without an answer fails it, and nothing else is said', async () => {
    const { said } = await one('request: 1\nnodes: { a: { answer: 1 } }\nexpect: { output: 1 }', combiner);
    assert.deepEqual(said, [
      "nodes: node 'b' was called (predict, /predict) and has no answer left; add one to its nodes",
    ]);
  });

  test('answers come in turn, each once, and for the call that they are for', async () => {
    const document = deployment({ name: 'm', type: 'MODEL', methods: ['TRANSFORM_OUTPUT'] });
    const turn = await one('request: 1\nnodes: { m: [{ answer: 1 }, { answer: 2 }] }\nexpect: { output: 2 }', document);
    assert.deepEqual(turn.said, []);
    const matched = await one(
      'request: 1\nnodes:\n  m:\n  - { answer: 2, method: transform-output }\n  - { answer: 1, path: /predict }\nexpect: { output: 2 }',
      document,
    );
    assert.deepEqual(matched.said, []);
    const once = await one('request: 1\nnodes: { m: { answer: 1 } }\nexpect: { output: 1 }', document);
    assert.match(
      once.said[0] ?? '',
      /node 'm' was called \(transform-output, \/transform-output\) and has no answer left/,
    );
    const often = await one('request: 1\nnodes: { m: { answer: 1, times: 2 } }\nexpect: { output: 1 }', document);
    assert.deepEqual(often.said, []);
  });

  test('an answer that nobody needed is noted, unless it is a default', async () => {
    const [result] = await run(
      'nodes: { m: { answer: 9 } }\ntests:\n- name: t\n  request: 1\n  nodes: { m: [{ answer: 1 }, { answer: 2 }] }\n  expect: { output: 1 }\n- { name: u, request: 1, expect: { output: 9 } }',
    );
    assert.deepEqual([result?.passed, result?.notes], [true, ["line 5: no call got this answer of node 'm'"]]);
  });

  test('an error that is not expected fails it, with all that is known', async () => {
    const { said } = await one('request: 1\nnodes: { m: { status: 500, answer: { why: x } } }\nexpect: { output: 1 }');
    assert.match(
      said[0] ?? '',
      /^output: the request failed with MODEL_STATUS: node 'm' at .* answered 500; it answered .*why/,
    );
  });

  test('an error that is expected: every part that is named', async () => {
    const failing = 'request: 1\nnodes: { m: { status: 500, answer: { why: x } } }\n';
    const right = '{ code: MODEL_STATUS, node: m, status: 500, message: answered 500, response: { why: x } }';
    assert.deepEqual((await one(`${failing}expect: { error: ${right} }`)).said, []);
    assert.deepEqual((await one(`${failing}expect: { error: MODEL_STATUS }`)).said, []);
    const wrong = '{ code: MODEL_TIMEOUT, status: 501, message: !regex ^x, response: { why: z } }';
    const { said } = await one(`${failing}expect: { error: ${wrong} }`);
    assert.deepEqual(said.slice(0, 2), ['error code: "MODEL_TIMEOUT" | "MODEL_STATUS"', 'error status: 501 | 500']);
    assert.match(said[2] ?? '', /^error message: !regex "\^x" \| /);
    assert.equal(said[3], 'error, response why: "z" | "x"');
    const success = await one('request: 1\nnodes: { m: { answer: 5 } }\nexpect: { error: MODEL_STATUS }');
    assert.deepEqual(success.said, ['error: the request succeeded, with 5']);
  });

  for (const [error, code] of [
    ['unreachable', 'MODEL_UNREACHABLE'],
    ['timeout', 'MODEL_TIMEOUT'],
    ['reset', 'MODEL_INTERRUPTED'],
  ]) {
    for (const transport of ['rest', 'grpc']) {
      test(`${error} over ${transport} is ${code}`, async () => {
        const document = deployment({ name: 'm', type: 'MODEL' }, 'seldon', transport);
        const { said } = await one(
          `request: {}\nnodes: { m: { error: ${error} } }\nexpect: { error: ${code} }`,
          document,
        );
        assert.deepEqual(said, []);
      });
    }
  }

  test('a delay beyond the limit of the test is a timeout', async () => {
    const { said } = await one(
      'request: 1\ntimeoutMs: 50\nnodes: { m: { answer: 1, delayMs: 5000 } }\nexpect: { error: MODEL_TIMEOUT }',
    );
    assert.deepEqual(said, []);
  });

  test('without expectations it fails, and says what to do', async () => {
    const { said } = await one('request: 1\nnodes: { m: { answer: 1 } }');
    assert.match(said[0] ?? '', /nothing is expected yet; .*--update/);
  });

  test('compressed bodies are compared without their compression', async () => {
    const packed = gzipSync('{"x":1}').toString('base64');
    const { said } = await one(
      `request: !base64 ${packed}\nheaders: { Content-Encoding: gzip, Accept-Encoding: gzip }\nnodes: { m: { answer: { y: 1 }, gzip: true } }\nexpect:\n  output: { y: 1 }\n  calls: [{ node: m, body: { x: 1 }, headers: { content-encoding: gzip } }]`,
    );
    assert.deepEqual(said, []);
  });

  test('feedback', async () => {
    const { said } = await one(
      'feedback: { reward: 1 }\nnodes: { m: { answer: {} } }\nexpect: { calls: [{ node: m, method: send-feedback, path: /send-feedback }] }',
    );
    assert.deepEqual(said, []);
  });
});

suite('calls', () => {
  const nodes = 'request: 1\nnodes: { a: { answer: 1, delayMs: 40 }, b: { answer: 2 }, c: { answer: 3 } }\n';

  test('come in the order of the graph, whichever was first', async () => {
    assert.deepEqual((await one(`${nodes}expect: { calls: [a, b, c] }`, combiner)).said, []);
  });

  test('are all that were made', async () => {
    assert.deepEqual((await one(`${nodes}expect: { calls: [a, c] }`, combiner)).said, ['calls : a, c | a, b, c']);
    assert.deepEqual((await one(`${nodes}expect: { calls: [a, b, { node: c, method: route }] }`, combiner)).said, [
      'call 3 (node c) method: route | aggregate',
    ]);
    assert.deepEqual((await one(`${nodes}expect: { calls: [] }`, combiner)).said, ['calls : none | a, b, c']);
  });

  test('or those of some nodes', async () => {
    assert.deepEqual((await one(`${nodes}expect: { calls: { b: [{ body: 1 }] } }`, combiner)).said, []);
    assert.deepEqual((await one(`${nodes}expect: { calls: { b: [] } }`, combiner)).said, ['calls of b : none | b']);
  });

  test('that are other ones are shown with their bodies, if more than nodes is expected', async () => {
    const { said } = await one(
      `${nodes}expect: { calls: [a, { node: c, path: /x, body: [1, 3] }, { node: c, body: !text x }] }`,
      combiner,
    );
    assert.deepEqual(said, [
      'calls : a, c, c | a, b, c',
      'calls [1]: c /x: [1, 3] | b predict /predict: 1',
      'calls [2]: c: x | c aggregate /aggregate: [1,2]',
    ]);
    const less = await one(`${nodes}expect: { calls: [{ node: a, body: 7 }, { node: b, body: 1 }] }`, combiner);
    assert.deepEqual(less.said, [
      'calls : a, b | a, b, c',
      'calls [0]: a: 7 | a predict /predict: 1',
      'calls [2]: undefined | c aggregate /aggregate: [1,2]',
    ]);
    const other = await one(`${nodes}expect: { calls: [a, { node: b, path: /x, body: 2 }, c] }`, combiner);
    assert.deepEqual(other.said, ['call 2 (node b) path: /x | /predict', 'call 2 (node b), body : 2 | 1']);
  });

  test('have bodies and headers', async () => {
    const { said } = await one(
      `${nodes}expect: { calls: [a, b, { node: c, body: [1, 3], headers: { Content-Type: text/plain, Seldon-Puid: null } }] }`,
      combiner,
    );
    assert.deepEqual(said, [
      'call 3 (node c), headers content-type: text/plain | application/json',
      'call 3 (node c), headers seldon-puid: undefined | graph-test',
      'call 3 (node c), body [1]: 3 | 2',
    ]);
  });
});

suite('the graph', () => {
  test('draws of A/B tests are what the test says', async () => {
    const ab = { name: 'ab', implementation: 'RANDOM_ABTEST', children: [{ name: 'a' }, { name: 'b' }] };
    const nodes = 'nodes: { a: { answer: 1, times: any }, b: { answer: 2, times: any } }';
    for (const [draw, output] of [
      ['', 1],
      ['draw: 0.4\n', 1],
      ['draw: [0.5]\n', 2],
    ] as const) {
      assert.deepEqual(
        (await one(`request: 1\n${draw}${nodes}\nexpect: { output: ${output} }`, deployment(ab))).said,
        [],
      );
    }
  });

  test('gRPC: messages are the same however they are written, and floats have no more digits than they need', async () => {
    const grpc = deployment({ name: 'm', type: 'MODEL' }, 'tensorflow', 'grpc');
    const tensor = '{ dtype: DT_FLOAT, tensor_shape: { dim: [{ size: 2 }] }, floatVal: [0.1, 0.7] }';
    const test = (answer: string, output: string) =>
      one(
        `request: { inputs: { x: ${tensor} } }\nnodes: { m: { answer: ${answer} } }\nexpect:\n  output: ${output}\n  calls: [{ node: m, body: { inputs: { x: ${tensor} } } }]`,
        grpc,
      );
    assert.deepEqual((await test(`{ outputs: { y: ${tensor} } }`, `{ outputs: { y: ${tensor} } }`)).said, []);
    const matched =
      '{ outputs: { y: { dtype: DT_FLOAT, tensorShape: !anything, floatVal: [0.1, !closeTo 0.7 +- 0.1] } } }';
    assert.deepEqual((await test(`{ outputs: { y: ${tensor} } }`, matched)).said, []);
    const { said } = await test(`{ outputs: { y: ${tensor.replace('0.7', '0.8')} } }`, `{ outputs: { y: ${tensor} } }`);
    assert.deepEqual(said, ['output outputs.y.floatVal[1]: 0.7 | 0.8']);
    const wrong = await test('{ oputs: 1 }', '{}');
    assert.match(
      wrong.said[0] ?? '',
      /^nodes: the answer of line 4 cannot be sent: it is no tensorflow\.serving\.PredictResponse: .*"oputs"/,
    );
  });

  test('gRPC: what is not answered', async () => {
    const grpc = deployment({ name: 'm', type: 'MODEL' }, 'seldon', 'grpc');
    assert.match(
      (await one('request: {}\nexpect: { output: {} }', grpc)).said[0] ?? '',
      /^nodes: node 'm' was called \(predict, \/seldon\.protos\.Model\/Predict\) and has no answer left/,
    );
  });

  test('a hundred tests take less than two seconds of work', async () => {
    const many = Array.from(
      { length: 100 },
      (_, index) =>
        `- { name: t${index}, request: ${index}, nodes: { a: { answer: 1 }, b: { answer: 2 }, c: { answer: ${index} } }, expect: { output: ${index}, calls: [a, b, c] } }`,
    );
    const before = process.cpuUsage();
    const results = await run(`tests:\n${many.join('\n')}`, combiner);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 2_000_000, `${user + system} µs`);
    assert.deepEqual(results.flatMap(saidOf), []);
    assert.deepEqual(
      results.map(({ test: { index } }) => index),
      Array.from({ length: 100 }, (_, index) => index),
    );
  });
});
