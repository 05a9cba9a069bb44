import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startModelServer, type ModelServer } from '../../../../src/dev/model-server/server.ts';
import { ask, DIGITS, EXAMPLES, noRuntime } from './served-model.ts';

interface V2Request {
  readonly id: string;
  readonly inputs: readonly [{ readonly data: readonly number[] }];
}

const read = (name: string) =>
  readFileSync(join(EXAMPLES, 'digits', name), 'utf8')
    .trimEnd()
    .split('\n');
const requests = read('requests.jsonl').map((line) => JSON.parse(line) as V2Request);
const labels = read('labels.txt').map(Number);
const pixelsOf = (i: number) => requests[i]?.inputs[0].data ?? [];
const first = pixelsOf(0);
const input = { name: 'pixels', datatype: 'FP32', shape: [1, 64], data: first };

suite('model server', { skip: noRuntime }, () => {
  let server: ModelServer;
  before(async () => {
    server = await startModelServer({ name: 'digits', model: DIGITS, version: '3', port: 0, grpc: false, threads: 1 });
  });
  after(() => server.close());
  const at = (path: string) => `${server.url}${path}`;
  const predict = (body: unknown) => ask(at('/v1/models/digits:predict'), body);
  const infer = (body: unknown) => ask(at('/v2/models/digits/infer'), body);
  const seldon = (body: unknown) => ask(at('/predict'), body);

  test('v2: reads the held-out digits, echoes the id, and filters outputs', async () => {
    let right = 0;
    for (const [i, request] of requests.entries()) {
      const { status, json } = await infer({ ...request, outputs: [{ name: 'digit' }] });
      assert.equal(status, 200);
      const answer = json as { id: string; outputs: { name: string; data: number[] }[] };
      assert.equal(answer.id, request.id);
      assert.deepEqual(
        answer.outputs.map(({ name }) => name),
        ['digit'],
      );
      if (answer.outputs[0]?.data[0] === labels[i]) right++;
    }
    assert.ok(right / requests.length >= 0.96, `${right} of ${requests.length}`);
    assert.ok(right < requests.length, 'no real model is always right');
  });

  test('v2: a batch, nested data, other number types, and both outputs with shape and type', async () => {
    const data = [first, pixelsOf(1)];
    const { status, json } = await ask(at('/v2/models/digits/versions/3/infer'), {
      inputs: [{ ...input, datatype: 'INT64', shape: [2, 64], data }],
    });
    assert.equal(status, 200);
    const { outputs, ...rest } = json as { outputs: { name: string; datatype: string; shape: number[] }[] };
    assert.deepEqual(rest, { model_name: 'digits', model_version: '3' });
    assert.deepEqual(
      outputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
      [
        ['probabilities', 'FP32', [2, 10]],
        ['digit', 'INT64', [2]],
      ],
    );
  });

  test('tensorflow: rows and columns, bare and named, answer in the form of the request', async () => {
    const [a, b] = [pixelsOf(0), pixelsOf(2)];
    const bare = await predict({ signature_name: 'serving_default', instances: [a, b] });
    const named = await predict({ instances: [{ pixels: a }, { pixels: b }] });
    assert.equal(bare.text, named.text);
    const { predictions } = bare.json as { predictions: { probabilities: number[]; digit: number }[] };
    assert.deepEqual(
      predictions.map(({ digit }) => digit),
      [labels[0], labels[2]],
    );
    const column = await predict({ inputs: [a, b] });
    assert.equal(column.text, (await predict({ inputs: { pixels: [a, b] } })).text);
    assert.deepEqual(column.json, {
      outputs: {
        probabilities: predictions.map(({ probabilities }) => probabilities),
        digit: predictions.map(({ digit }) => digit),
      },
    });
  });

  test('seldon: ndarray, tensor and tftensor come back in kind, with puid and tags', async () => {
    const meta = { puid: 'p1', tags: { a: 1 } };
    const ndarray = await seldon({ meta, data: { names: ['x'], ndarray: [first] } });
    const answer = ndarray.json as { data: { names: string[]; ndarray: number[][] }; meta: unknown };
    assert.deepEqual(answer.meta, meta);
    assert.deepEqual([answer.data.names[0], answer.data.names.length], ['t:0', 10]);
    const values = answer.data.ndarray[0] ?? [];
    assert.equal(values.indexOf(Math.max(...values)), labels[0]);
    const tensor = await ask(at('/api/v1.0/predictions'), { data: { tensor: { shape: [1, 64], values: first } } });
    assert.deepEqual(tensor.json, { data: { names: answer.data.names, tensor: { shape: [1, 10], values } }, meta: {} });
    const tensorShape = { dim: [{ size: '1' }, { size: '64' }] };
    const tf = await seldon({ data: { tftensor: { dtype: 'DT_FLOAT', tensorShape, floatVal: first } } });
    assert.deepEqual((tf.json as { data: { tftensor: unknown } }).data.tftensor, {
      dtype: 'DT_FLOAT',
      tensorShape: { dim: [{ size: '1' }, { size: '10' }] },
      floatVal: values,
    });
  });

  test('float32 results are written as float32: nine digits at most', async () => {
    const { text } = await seldon({ data: { ndarray: [first] } });
    const numbers = /"ndarray":\[\[([^\]]*)\]\]/.exec(text)?.[1]?.split(',') ?? [];
    assert.equal(numbers.length, 10);
    for (const number of numbers) {
      const digits = number.replace(/e.*$/, '').replace(/^0\.0*|\./g, '');
      assert.ok(digits.length <= 9, number);
    }
  });

  test('a gzip body and a form with the field json are read', async () => {
    const body = { data: { ndarray: [first] } };
    const plain = await seldon(body);
    const headers = { 'content-encoding': 'gzip' };
    const packed = await ask(at('/predict'), gzipSync(JSON.stringify(body)), { headers });
    assert.equal(packed.text, plain.text);
    const form = new URLSearchParams({ json: JSON.stringify(body) }).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await ask(at('/predict'), form, { headers: type })).text, plain.text);
    const broken = await ask(at('/predict'), 'no gzip', { headers });
    assert.deepEqual([broken.status, /no gzip/.test(broken.text)], [400, true]);
  });

  test('status and metadata of each protocol', async () => {
    const get = async (path: string) => {
      const { status, json, text } = await ask(at(path));
      assert.equal(status, 200, path);
      return json ?? text;
    };
    const available = { version: '3', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } };
    assert.deepEqual(await get('/v1/models/digits'), { model_version_status: [available] });
    assert.deepEqual(await get('/v1/models/digits/versions/3'), { model_version_status: [available] });
    assert.match(JSON.stringify(await get('/v1/models/digits/metadata')), /"pixels":\{"dtype":"DT_FLOAT"/);
    assert.deepEqual(await get('/v2/health/live'), { live: true });
    assert.deepEqual(await get('/v2/health/ready'), { ready: true });
    assert.deepEqual(await get('/v2/models/digits/ready'), { name: 'digits', ready: true });
    assert.match(JSON.stringify(await get('/v2')), /"name":"millrace model-server"/);
    assert.match(JSON.stringify(await get('/v2/models/digits')), /"datatype":"FP32","shape":\[-1,64\]/);
    assert.equal(await get('/health/ping'), 'pong');
    assert.deepEqual(await get('/health/status'), { meta: {} });
    assert.deepEqual(await get('/api/v1.0/health/status'), { meta: {} });
    assert.match(JSON.stringify(await get('/metadata')), /"shape":\[-1,64\]/);
  });

  test('bad tensors are 400, with the place and what is expected, in each protocol', async () => {
    const ragged = [first, first.slice(1)];
    const nan = JSON.stringify({ instances: [first] }).replace('[[0', '[[NaN');
    const deep = `{"instances":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const cases: readonly (readonly [(body: unknown) => ReturnType<typeof ask>, unknown, RegExp])[] = [
      [predict, '', /the request is empty/],
      [predict, '{"instances":', /the request is not JSON/],
      [predict, nan, /the request is not JSON/],
      [predict, deep, /nests lists (and objects )?deeper than|empty list/],
      [predict, [], /the request is a list/],
      [predict, {}, /neither of 'instances'/],
      [predict, { instances: [first], inputs: [first] }, /both of 'instances'/],
      [predict, { instances: [] }, /instances is an empty list/],
      [predict, { instances: [[]] }, /instances\[0\] is an empty list/],
      [predict, { instances: 'x' }, /instances is \\"x\\", and a list is expected/],
      [predict, { instances: ragged }, /instances\[1\] is a list of 63, where its neighbours are lists of 64/],
      [predict, { instances: [first.slice(1)] }, /shape \[1,63\], and input 'pixels' takes \[\?,64\]/],
      [predict, { instances: [[...first.slice(1), 'a']] }, /instances\[0\]\[63\] is \\"a\\", and a number/],
      [predict, { instances: [[...first.slice(1), null]] }, /instances\[0\]\[63\] is null/],
      [predict, { instances: [[...first.slice(1), 1e39]] }, /instances\[0\]\[63\] is 1e\+39/],
      [predict, { instances: [{ image: first }] }, /lacks the input 'pixels'/],
      [predict, { instances: [{ pixels: first, __proto: 1 }] }, /has '__proto', and the model's inputs are 'pixels'/],
      [predict, { inputs: { pixels: 1 } }, /inputs\.pixels has the shape \[\]/],
      [predict, { signature_name: 1, instances: [first] }, /signature_name is 1/],
      [infer, { inputs: [] }, /inputs lacks 'pixels'/],
      [infer, {}, /inputs is missing/],
      [infer, { inputs: [{ ...input, name: 'x' }] }, /inputs\[0\]\.name is \\"x\\"/],
      [infer, { inputs: [input, input] }, /is there twice/],
      [infer, { inputs: [{ ...input, shape: [1, 63] }] }, /takes \[\?,64\]/],
      [infer, { inputs: [{ ...input, shape: [2, 64] }] }, /holds 64 values, and the shape \[2,64\] wants 128/],
      [infer, { inputs: [{ ...input, shape: [-1, 64] }] }, /inputs\[0\]\.shape is not a list of whole numbers/],
      [infer, { inputs: [{ ...input, shape: [9e15, 64] }] }, /inputs\[0\]\.shape is not/],
      [infer, { inputs: [{ ...input, datatype: 'BYTES' }] }, /datatype is \\"BYTES\\", and 'pixels' is FP32/],
      [infer, { inputs: [{ ...input, data: undefined }] }, /data is missing/],
      [infer, { inputs: [input], outputs: [{ name: 'x' }] }, /outputs\[0\]\.name is \\"x\\"/],
      [seldon, {}, /no 'data'/],
      [seldon, { strData: 'x' }, /no 'data'/],
      [seldon, { data: {} }, /none of 'ndarray'/],
      [seldon, { data: { ndarray: ragged } }, /data\.ndarray\[1\] is a list of 63/],
      [seldon, { data: { tensor: { values: first } } }, /data\.tensor\.shape is not/],
      [seldon, { data: { tftensor: { dtype: 'DT_INT8' } } }, /data\.tftensor\.dtype is \\"DT_INT8\\"/],
      [seldon, { meta: 1, data: { ndarray: [first] } }, /meta is 1/],
    ];
    for (const [send, body, expected] of cases) {
      const { status, text, json } = await send(body);
      const shown = `${JSON.stringify(body)?.slice(0, 60)}: ${text}`;
      assert.equal(status, 400, shown);
      assert.match(text, expected, shown);
      if (send === seldon) {
        const { status: error } = json as { status: { code: number; status: string; info: string; reason: string } };
        assert.deepEqual([error.code, error.status, error.reason], [400, 'FAILURE', 'MICROSERVICE_BAD_DATA']);
      } else assert.equal(typeof (json as { error: unknown }).error, 'string');
    }
    assert.equal((await predict({ instances: [first] })).status, 200);
  });

  test('wrong paths, models, versions and methods have the error body of their protocol', async () => {
    const cases: readonly (readonly [string, string, number, RegExp])[] = [
      ['GET', '/v1/models/other', 404, /^\{"error":"no model 'other' is served here, only 'digits'"\}$/],
      ['POST', '/v1/models/digits/versions/9:predict', 404, /^\{"error":".*no version '9'/],
      ['POST', '/v1/models/digits:classify', 404, /^\{"error":"nothing is served at/],
      ['GET', '/v1/models/digits:predict', 405, /^\{"error":".*takes POST, not GET"/],
      ['POST', '/v2/models/other/infer', 404, /^\{"error":"no model 'other'/],
      ['DELETE', '/v2/models/digits/infer', 405, /^\{"error":/],
      ['GET', '/predict', 405, /^\{"status":\{"code":405,.*"status":"FAILURE"\}\}$/],
      ['GET', '/', 404, /^\{"status":\{"code":404,/],
      ['GET', '/v1/%zz', 400, /^\{"error":/],
      ['GET', '/%zz', 400, /^\{"status":\{"code":400,/],
    ];
    for (const [method, path, status, body] of cases) {
      const reply = await ask(at(path), undefined, { method });
      assert.equal(reply.status, status, path);
      assert.match(reply.text, body, path);
    }
    assert.equal((await ask(at('/predict'))).headers.get('allow'), 'POST');
  });
});
