import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Payload, Protocol } from '../../../../src/protocol/payload.ts';
import { batchRules } from '../../../../src/protocol/batch/rules.ts';

function json(text: string, contentType = 'application/json'): Payload {
  return { body: Buffer.from(text), contentType, contentEncoding: '' };
}

/** Merges the requests; they must be of one kind. */
function merged(protocol: Protocol, requests: readonly string[]) {
  const rules = batchRules(protocol, 'rest');
  const parts = requests.map((request) => {
    const part = rules.part(json(request));
    assert.ok(part, `${request} goes alone`);
    return part;
  });
  assert.equal(new Set(parts.map(({ kind }) => kind)).size, 1, 'the requests are of several kinds');
  return { rules, parts, text: rules.merge(parts).body.toString() };
}

function split(protocol: Protocol, requests: readonly string[], answer: string): string[] {
  const { rules, parts } = merged(protocol, requests);
  return rules.split(json(answer), parts).map(({ body }) => body.toString());
}

const kinds = (protocol: Protocol, requests: readonly string[]) =>
  new Set(requests.map((request) => batchRules(protocol, 'rest').part(json(request))?.kind)).size;
const goesAlone = (protocol: Protocol, request: string, type?: string) =>
  batchRules(protocol, 'rest').part(json(request, type)) === undefined;

test('instances of tensorflow requests become one list, with their numbers as they were written', () => {
  const { text } = merged('tensorflow', [
    '{"signature_name":"s", "instances": [[1.50, 2e3], [3, 4]]}',
    '{"signature_name":"s", "instances": [[9007199254740993,0.1]]}',
  ]);
  assert.equal(text, '{"signature_name":"s", "instances": [[1.50, 2e3], [3, 4],[9007199254740993,0.1]]}');
});

test('predictions go back to those who asked, in their number, with what else the answer says', () => {
  const requests = ['{"instances":[[1],[2]]}', '{"instances":[[3]]}'];
  assert.deepEqual(split('tensorflow', requests, '{"predictions": [{"a":1.0}, {"a":2.0}, {"a":3.00}], "model":"m"}'), [
    '{"predictions": [{"a":1.0}, {"a":2.0}], "model":"m"}',
    '{"predictions": [{"a":3.00}], "model":"m"}',
  ]);
});

test('v2 inputs grow along their first axis, flat or nested, and outputs shrink again; ids are kept apart', () => {
  const request = (id: string, rows: number, data: string) =>
    `{"id":"${id}","inputs":[{"name":"x","shape":[${rows},2],"datatype":"FP32","data":[${data}]}]}`;
  const requests = [request('one', 1, '1,2'), request('two', 2, '3,4, 5,6')];
  assert.equal(
    merged('v2', requests).text,
    '{"id":"one","inputs":[{"name":"x","shape":[3,2],"datatype":"FP32","data":[1,2,3,4, 5,6]}]}',
  );
  const answer =
    '{"model_name":"m","id":"one","outputs":[{"name":"y","shape":[3,1],"datatype":"INT64","data":[7,8,9]},' +
    '{"name":"z","shape":[3],"datatype":"BYTES","data":["a","b","c,]"]}]}';
  assert.deepEqual(split('v2', requests, answer), [
    '{"model_name":"m","id":"one","outputs":[{"name":"y","shape":[1,1],"datatype":"INT64","data":[7]},' +
      '{"name":"z","shape":[1],"datatype":"BYTES","data":["a"]}]}',
    '{"model_name":"m","id":"two","outputs":[{"name":"y","shape":[2,1],"datatype":"INT64","data":[8,9]},' +
      '{"name":"z","shape":[2],"datatype":"BYTES","data":["b","c,]"]}]}',
  ]);
  const nested = ['[1,2]', '[3,4],[5,6]'].map((data, index) => request(`n${index}`, index + 1, data));
  assert.match(merged('v2', nested).text, /"shape":\[3,2\].*"data":\[\[1,2\],\[3,4\],\[5,6\]\]/);
});

test('seldon ndarrays and tensors are put together and taken apart', () => {
  const ndarrays = ['{"data":{"names":["a"],"ndarray":[[1],[2]]}}', '{"data":{"names":["a"],"ndarray":[[3]]}}'];
  assert.equal(merged('seldon', ndarrays).text, '{"data":{"names":["a"],"ndarray":[[1],[2],[3]]}}');
  assert.deepEqual(
    split(
      'seldon',
      ndarrays,
      '{"meta":{"tags":{"v":1}},"data":{"names":["p"],"ndarray":[[.5]]}}'.replace('[[.5]]', '[0.50,1,2]'),
    ),
    [
      // prettier-ignore
      '{"meta":{"tags":{"v":1}},"data":{"names":["p"],"ndarray":[0.50,1]}}',
      '{"meta":{"tags":{"v":1}},"data":{"names":["p"],"ndarray":[2]}}',
    ],
  );
  const tensors = ['{"data":{"tensor":{"shape":[1,2],"values":[1,2]}}}', '{"data":{"tensor":{"shape":[2,2],"values":[3,4,5,6]}}}']; // prettier-ignore
  assert.equal(merged('seldon', tensors).text, '{"data":{"tensor":{"shape":[3,2],"values":[1,2,3,4,5,6]}}}');
  assert.deepEqual(split('seldon', tensors, '{"data":{"tensor":{"shape":[3],"values":[7,8,9]}}}'), [
    '{"data":{"tensor":{"shape":[1],"values":[7]}}}',
    '{"data":{"tensor":{"shape":[2],"values":[8,9]}}}',
  ]);
});

test('requests that say more than rows differently are of different kinds', () => {
  assert.equal(kinds('tensorflow', ['{"signature_name":"a","instances":[1]}', '{"signature_name":"b","instances":[1]}']), 2); // prettier-ignore
  assert.equal(kinds('tensorflow', ['{"instances":[[1,2]]}', '{"instances":[[1,2,3]]}', '{"instances":[[[1,2]]]}']), 3);
  const v2 = (extra: string) => `{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[1]${extra}}]}`;
  assert.equal(kinds('v2', [v2(''), v2(',"parameters":{"content_type":"np"}')]), 2);
  assert.equal(kinds('v2', [v2('').replace('{"inputs', '{"id":"1","inputs'), v2('')]), 2);
  const tensor = (name: string, data: string) => `{"name":"${name}","shape":[1,2],"datatype":"FP32","data":${data}}`;
  const second = (data: string) => `{"inputs":[${tensor('x', '[1,2]')},${tensor('y', data)}]}`;
  assert.equal(kinds('v2', [second('[1,2]'), second('[[1,2]]')]), 2, 'a nested tensor and a flat one');
  assert.equal(kinds('seldon', ['{"meta":{"puid":"a"},"data":{"ndarray":[[1]]}}', '{"meta":{"puid":"b"},"data":{"ndarray":[[1]]}}']), 2); // prettier-ignore
});

test('what has no rows, or rows nobody can tell apart, goes alone', () => {
  const alone: [Protocol, string][] = [
    ['tensorflow', '{"inputs":{"x":[1,2]}}'],
    ['tensorflow', '{"instances":[]}'],
    ['tensorflow', '{"instances":[1],"instances":[2]}'],
    ['tensorflow', '{"instances":[1]} x'],
    ['tensorflow', '{"instances":[1'],
    ['tensorflow', ''],
    ['seldon', '{"strData":"x"}'],
    ['seldon', '{"jsonData":{"data":{"ndarray":[1]}}}'],
    ['seldon', '{"data":{"tensor":{"shape":[2,2],"values":[1,2,3]}}}'],
    ['seldon', '{"data":{"tftensor":{}}}'],
    ['v2', '{"inputs":[]}'],
    ['v2', '{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1]}]}'],
    ['v2', '{"inputs":[{"name":"x","shape":[],"datatype":"FP32","data":[]}]}'],
    ['v2', '{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"y","shape":[2],"datatype":"FP32","data":[1,2]}]}'], // prettier-ignore
    ['v2', '{"parameters":{"sequence_id":7},"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}'],
  ];
  for (const [protocol, request] of alone) assert.ok(goesAlone(protocol, request), `${protocol}: ${request}`);
  assert.ok(goesAlone('tensorflow', '{"instances":[1]}', 'application/octet-stream'));
  const zipped = { ...json('{"instances":[1]}'), contentEncoding: 'gzip' };
  assert.equal(batchRules('tensorflow', 'rest').part(zipped), undefined);
  const binary = { ...json('{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}'), jsonLength: '10' };
  assert.equal(batchRules('v2', 'rest').part(binary), undefined);
});

test('an answer with another number of rows, or none, is refused', () => {
  const requests = ['{"instances":[1,2]}', '{"instances":[3]}'];
  assert.throws(() => split('tensorflow', requests, '{"predictions":[1,2]}'), /2 rows for a batch of 2 requests with 3 rows/); // prettier-ignore
  assert.throws(() => split('tensorflow', requests, '{"outputs":{"a":[1,2,3]}}'), /no rows/);
  assert.throws(() => split('tensorflow', requests, 'oops'), /not JSON|no rows/);
});

test('whatever is merged comes apart as it was, for a model that answers with what it got', () => {
  for (let seed = 1; seed <= 200; seed++) {
    let state = seed;
    const next = (below: number) => (state = (state * 48271) % 2147483647) % below;
    const width = 1 + next(3);
    const rows = () => Array.from({ length: 1 + next(4) }, () => Array.from({ length: width }, () => next(1e6) / 1e3));
    const requests = Array.from({ length: 1 + next(6) }, () => rows());
    const texts = requests.map((matrix) => JSON.stringify({ instances: matrix }));
    const { text } = merged('tensorflow', texts);
    const answers = split('tensorflow', texts, text.replace('instances', 'predictions'));
    assert.deepEqual(answers, texts.map((request) => request.replace('instances', 'predictions'))); // prettier-ignore
    const flat = requests.map((matrix) =>
      JSON.stringify({ inputs: [{ name: 'x', shape: [matrix.length, width], datatype: 'FP64', data: matrix.flat() }] }),
    );
    const echoed = split('v2', flat, merged('v2', flat).text.replace('inputs', 'outputs'));
    assert.deepEqual(echoed, flat.map((request) => request.replace('inputs', 'outputs'))); // prettier-ignore
  }
});
