import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { create, fromBinary, fromJson, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { MillraceError } from '../../../../src/base/errors.ts';
import { startModelServer, type ModelServer } from '../../../../src/dev/model-server/server.ts';
import * as v2 from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import * as seldon from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import * as serving from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import {
  combineTensorflow,
  readTensorflowRoute,
  tensorflowRouteRequest,
} from '../../../../src/protocol/grpc/tensorflow/tensorflow.ts';
import { combineV2, readV2Route, v2RouteRequest } from '../../../../src/protocol/grpc/v2/v2.ts';
import { readSeldonRoute } from '../../../../src/protocol/grpc/seldon/seldon.ts';
import { readRoute } from '../../../../src/protocol/rest/route-answer.ts';
import { failure, GrpcCaller } from './grpc-caller.ts';
import { ask, serve } from './served-model.ts';

type Options = Omit<Parameters<typeof startModelServer>[0], 'name'>;

const PREDICT = '/tensorflow.serving.PredictionService/Predict';
const INFER = '/inference.GRPCInferenceService/ModelInfer';

/** A scripted node `n`, and a gRPC client of it. */
async function start(t: TestContext, options: Options): Promise<{ server: ModelServer; grpc: GrpcCaller }> {
  const server = await serve(t, { name: 'n', ...options });
  const grpc = new GrpcCaller(server.grpcPort);
  t.after(() => grpc.close());
  return { server, grpc };
}

const payload = (messageName: string, body: Uint8Array) => ({
  body: Buffer.from(body),
  contentType: 'application/protobuf',
  contentEncoding: '',
  messageName,
});
const json = (text: string) => ({ body: Buffer.from(text), contentType: 'application/json', contentEncoding: '' });
const shape = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: BigInt(size) })) });

function tensorMessage(values: number[]): MessageInitShape<typeof seldon.SeldonMessageSchema> {
  const value = create(seldon.TensorSchema, { shape: [1, values.length], values });
  return { meta: { puid: 'p' }, dataOneof: { case: 'data', value: { dataOneof: { case: 'tensor', value } } } };
}

function valuesOf({ dataOneof }: seldon.SeldonMessage): readonly number[] {
  assert.ok(dataOneof.case === 'data' && dataOneof.value.dataOneof.case === 'tensor');
  return dataOneof.value.dataOneof.value.values;
}

suite('scripted nodes', () => {
  test('a transformer over REST, in each protocol', async (t) => {
    const { server } = await start(t, { role: 'transformer', scale: 2, add: 1 });
    const post = async (path: string, body: unknown) => (await ask(`${server.url}${path}`, body)).text;
    assert.equal(
      await post('/transform-input', { meta: { puid: 'p' }, data: { ndarray: [[1, 2.5]] } }),
      '{"data":{"names":["t:0","t:1"],"ndarray":[[3.0,6.0]]},"meta":{"puid":"p"}}',
    );
    assert.equal(
      await post('/transform-input', '{"data":{"tensor":{"shape":[1,2],"values":[1,-0.5]}}}'),
      '{"data":{"names":["t:0","t:1"],"tensor":{"shape":[1,2],"values":[3.0,0.0]}},"meta":{}}',
    );
    assert.equal(await post('/transform-input', { strData: 'as it is' }), '{"strData":"as it is"}');
    assert.equal(await post('/v1/models/n:predict', { instances: [[1], [2]] }), '{"predictions":[[3],[5]]}');
    assert.equal(
      await post('/v1/models/n:predict', { instances: [{ a: 1, b: 'x' }] }),
      '{"predictions":[{"a":3,"b":"x"}]}',
    );
    assert.equal(await post('/v1/models/n:predict', { inputs: { a: [0.5] } }), '{"outputs":[2.0]}');
    assert.equal(
      await post('/v1/models/n:predict', '{"instances":[4611686018427387903]}'),
      '{"predictions":[9223372036854775807]}',
    );
    assert.equal(
      await post('/v2/models/n/infer', {
        id: 'i',
        inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] }],
      }),
      '{"model_name":"n","model_version":"1","id":"i","outputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[3.0,5.0]}]}',
    );
    for (const [path, body, text] of [
      ['/transform-input', { data: { ndarray: [[1], [2, 3]] } }, /data\.ndarray\[1\] is a list of 2/],
      ['/transform-input', { data: { ndarray: [1, 'a'] } }, /has \\"a\\" beside 1/],
      ['/v1/models/n:predict', { instances: [null] }, /has null, and numbers/],
      ['/v1/models/n:predict', '{"instances":[9223372036854775807]}', /does not fit int64/],
      [
        '/v2/models/n/infer',
        { inputs: [{ name: 'x', datatype: 'FP16', shape: [1], data: [1] }] },
        /datatype is \\"FP16\\"/,
      ],
      [
        '/v2/models/n/infer',
        { inputs: [{ name: 'x', datatype: 'INT8', shape: [1], data: [100] }] },
        /201 does not fit int8/,
      ],
    ] as const) {
      const reply = await ask(`${server.url}${path}`, body);
      assert.equal(reply.status, 400, reply.text);
      assert.match(reply.text, text);
    }
    const wrong = await ask(`${server.url}/predict`, { data: { ndarray: [1] } });
    assert.deepEqual([wrong.status, /this is a transformer; \/predict is not for it/.test(wrong.text)], [404, true]);
    assert.equal((await ask(`${server.url}/v2/health/ready`)).status, 200);
    assert.equal((await ask(`${server.url}/send-feedback`, {})).status, 200);
  });

  test('a transformer over gRPC, in each protocol', async (t) => {
    const { grpc } = await start(t, { role: 'transformer', scale: 2, add: 1 });
    const schemas = [seldon.SeldonMessageSchema, seldon.SeldonMessageSchema] as const;
    for (const service of ['Transformer', 'Generic']) {
      const answer = await grpc.call(
        `/seldon.protos.${service}/TransformInput`,
        ...schemas,
        tensorMessage([1, NaN, 2]),
      );
      assert.deepEqual([answer.meta?.puid, valuesOf(answer)], ['p', [3, NaN, 5]]);
    }
    const text = { dataOneof: { case: 'strData', value: 'as it is' } } as const;
    const same = await grpc.call('/seldon.protos.Transformer/TransformInput', ...schemas, text);
    assert.equal(same.dataOneof.value, 'as it is');
    const predicted = await grpc.call(PREDICT, serving.PredictRequestSchema, serving.PredictResponseSchema, {
      modelSpec: { name: 'n' },
      inputs: {
        a: { dtype: DataType.DT_INT32, tensorShape: shape(2), intVal: [1, -2] },
        b: { dtype: DataType.DT_STRING, tensorShape: shape(1), stringVal: [Buffer.from('é')] },
        c: { dtype: DataType.DT_UINT32, tensorShape: shape(1), uint32Val: [7] },
      },
    });
    assert.deepEqual(predicted.outputs['a']?.intVal, [3, -3]);
    assert.equal(Buffer.from(predicted.outputs['b']?.stringVal[0] ?? []).toString(), 'é');
    assert.deepEqual(predicted.outputs['c']?.uint32Val, [15]);
    const inputs = [{ name: 'x', datatype: 'INT64', shape: [1n], contents: { int64Contents: [5n] } }];
    const request = { modelName: 'n', inputs };
    const inferred = await grpc.call(INFER, v2.ModelInferRequestSchema, v2.ModelInferResponseSchema, request);
    assert.deepEqual(inferred.outputs[0]?.contents?.int64Contents, [11n]);
    const route = toBinary(
      serving.PredictRequestSchema,
      create(serving.PredictRequestSchema, { modelSpec: { name: 'n', signatureName: 'route' } }),
    );
    await assert.rejects(grpc.raw(PREDICT, route), failure('UNIMPLEMENTED', /this is a transformer, which takes/));
    const other = grpc.raw('/seldon.protos.Model/Predict', Buffer.alloc(0));
    await assert.rejects(other, failure('UNIMPLEMENTED', /this is a transformer/));
    const classify = grpc.raw('/tensorflow.serving.PredictionService/Classify', Buffer.alloc(0));
    await assert.rejects(classify, failure('UNIMPLEMENTED', /has no signature/));
  });

  test('JSON that nests too deep is told as that, whatever would have been done with it', async (t) => {
    const { server } = await start(t, { echo: true });
    const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    for (const body of [
      nested(100_000),
      `{"strData":"]]\\\\","jsonData":${nested(100_000)}}`,
      `{"data":{"ndarray":[1]},"meta":${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}}`,
    ]) {
      const { status, text } = await ask(`${server.url}/predict`, body);
      assert.equal(status, 400, text);
      assert.match(text, /the request nests lists and objects deeper than 1000 levels/);
    }
    const { status, text } = await ask(`${server.url}/predict`, `{"strData":"${'['.repeat(2_000)}\\"["}`);
    assert.equal(status, 200, text);
  });

  test('all datatypes come back from an echo as they went, raw and listed', async (t) => {
    const { grpc } = await start(t, { echo: true });
    const contents = {
      BOOL: { boolContents: [true, false] },
      INT8: { intContents: [-128, 127] },
      INT16: { intContents: [-32768, 32767] },
      INT32: { intContents: [-2147483648, 2147483647] },
      INT64: { int64Contents: [-(2n ** 63n), 2n ** 63n - 1n] },
      UINT8: { uintContents: [0, 255] },
      UINT16: { uintContents: [0, 65535] },
      UINT32: { uintContents: [0, 4294967295] },
      UINT64: { uint64Contents: [0n, 2n ** 64n - 1n] },
      FP32: { fp32Contents: [NaN, -Infinity] },
      FP64: { fp64Contents: [-0, 1e308] },
      BYTES: { byteContents: [Buffer.from(''), Buffer.from('é')] },
    };
    const call = (request: MessageInitShape<typeof v2.ModelInferRequestSchema>) =>
      grpc.call(INFER, v2.ModelInferRequestSchema, v2.ModelInferResponseSchema, { modelName: 'n', ...request });
    const inputs = Object.entries(contents).map(([datatype, list]) => {
      return { name: datatype, datatype, shape: [1n, 2n], contents: create(v2.InferTensorContentsSchema, list) };
    });
    const listed = await call({ inputs });
    for (const [i, output] of listed.outputs.entries()) {
      assert.deepEqual([output.name, output.datatype, output.shape], [inputs[i]?.name, inputs[i]?.datatype, [1n, 2n]]);
      const bytes = toBinary(v2.InferTensorContentsSchema, output.contents ?? create(v2.InferTensorContentsSchema));
      const sent = inputs[i]?.contents ?? create(v2.InferTensorContentsSchema);
      assert.deepEqual(bytes, toBinary(v2.InferTensorContentsSchema, sent), output.datatype);
    }
    const raw = [
      Buffer.from('0100', 'hex'),
      Buffer.from('0000c07f000080ff', 'hex'),
      Buffer.from('01000000610000000000', 'hex'),
    ];
    const rawInputs = ['BOOL', 'FP32', 'BYTES'].map((datatype) => ({ name: datatype, datatype, shape: [2n] }));
    const bad = call({ inputs: rawInputs, rawInputContents: raw });
    await assert.rejects(bad, failure('INVALID_ARGUMENT', /raw_input_contents\[2\] ends within a text/));
    raw[2] = Buffer.from('010000006100000000', 'hex');
    const echoed = await call({ inputs: rawInputs, rawInputContents: raw });
    assert.deepEqual(
      echoed.rawOutputContents.map((bytes) => Buffer.from(bytes)),
      raw,
    );
  });

  test('an output transformer and a constant model', async (t) => {
    const { server, grpc } = await start(t, { role: 'output-transformer', identity: true });
    const body = { data: { ndarray: [['a', 'b']] } };
    const { text } = await ask(`${server.url}/transform-output`, body);
    assert.equal(text, '{"data":{"names":["t:0","t:1"],"ndarray":[["a","b"]]},"meta":{}}');
    const schemas = [seldon.SeldonMessageSchema, seldon.SeldonMessageSchema] as const;
    const answer = await grpc.call('/seldon.protos.OutputTransformer/TransformOutput', ...schemas, tensorMessage([4]));
    assert.deepEqual(valuesOf(answer), [4]);
    const constant = await start(t, { constant: '[[0.25,0.75]]' });
    const ofText = await ask(`${constant.server.url}/predict`, { strData: 'x' });
    assert.match(ofText.text, /"ndarray":\[\[0\.25,0\.75\]\]/);
    const rows = await ask(`${constant.server.url}/v1/models/n:predict`, { instances: [[1], [2]] });
    assert.deepEqual(rows.json, {
      predictions: [
        [0.25, 0.75],
        [0.25, 0.75],
      ],
    });
    const model = await constant.grpc.call('/seldon.protos.Model/Predict', ...schemas, tensorMessage([1, 2, 3]));
    assert.deepEqual(valuesOf(model), [0.25, 0.75]);
  });

  test('a router answers what the graph can read, in each protocol', async (t) => {
    for (const branch of ['1', '-1', '-2']) {
      const { server, grpc } = await start(t, { role: 'router', branch });
      for (const path of ['/route', '/v1/models/n:route', '/v2/models/n/route']) {
        const { text } = await ask(`${server.url}${path}`, { anything: 'goes' });
        assert.equal(readRoute(json(text)), Number(branch), path);
      }
      const message = toBinary(seldon.SeldonMessageSchema, create(seldon.SeldonMessageSchema, tensorMessage([1])));
      const seldonAnswer = await grpc.raw('/seldon.protos.Router/Route', message);
      assert.equal(readSeldonRoute(payload('seldon.protos.SeldonMessage', seldonAnswer)), Number(branch));
      const predict = payload(
        'tensorflow.serving.PredictRequest',
        toBinary(
          serving.PredictRequestSchema,
          create(serving.PredictRequestSchema, {
            inputs: { x: { dtype: DataType.DT_FLOAT, tensorShape: shape(1), floatVal: [1] } },
          }),
        ),
      );
      const tensorflow = await grpc.raw(PREDICT, tensorflowRouteRequest(predict, 'n').body);
      assert.equal(readTensorflowRoute(payload('tensorflow.serving.PredictResponse', tensorflow)), Number(branch));
      const infer = payload(
        'inference.ModelInferRequest',
        toBinary(v2.ModelInferRequestSchema, create(v2.ModelInferRequestSchema, {})),
      );
      const v2Answer = await grpc.raw(INFER, v2RouteRequest(infer, 'n').body);
      assert.equal(readV2Route(payload('inference.ModelInferResponse', v2Answer)), Number(branch));
      const asModel = toBinary(v2.ModelInferRequestSchema, create(v2.ModelInferRequestSchema, { modelName: 'n' }));
      await assert.rejects(grpc.raw(INFER, asModel), failure('UNIMPLEMENTED', /this is a router, which takes the par/));
    }
  });

  test('hash sends the same message the same way, random does not, and both use every branch', async (t) => {
    const branches = async (options: Options) => {
      const { server } = await start(t, { role: 'router', branches: 3, ...options });
      const chosen: number[] = [];
      for (let i = 0; i < 60; i++) {
        const { text } = await ask(`${server.url}/route`, { data: { ndarray: [i % 30] } });
        chosen.push(readRoute(json(text)));
      }
      return chosen;
    };
    const hashed = await branches({ branch: 'hash' });
    assert.deepEqual(hashed.slice(30), hashed.slice(0, 30));
    assert.deepEqual([...new Set(hashed)].sort(), [0, 1, 2]);
    const random = await branches({ branch: 'random', seed: 5 });
    assert.notDeepEqual(random.slice(30), random.slice(0, 30));
    assert.deepEqual([...new Set(random)].sort(), [0, 1, 2]);
    assert.deepEqual(await branches({ branch: 'random', seed: 5 }), random);
  });

  test('a combiner over REST, in each protocol', async (t) => {
    const answers = [{ data: { ndarray: [[1, 2]] } }, { data: { tensor: { shape: [1, 2], values: [3, 5] } } }];
    const v2Answer = (data: number[]) => ({
      model_name: 'm',
      id: 'i',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data }],
    });
    const expected = { mean: [[2, 3.5]], sum: [[4, 7]], concat: [[1, 2, 3, 5]], first: [[1, 2]] } as const;
    for (const combine of ['mean', 'sum', 'concat', 'first'] as const) {
      const { server } = await start(t, { role: 'combiner', combine });
      const seldonAnswer = await ask(`${server.url}/aggregate`, answers);
      assert.deepEqual((seldonAnswer.json as { data: { ndarray: unknown } }).data.ndarray, expected[combine]);
      const tensorflow = await ask(`${server.url}/v1/models/n:aggregate`, [
        { predictions: [[1, 2]] },
        { predictions: [[3, 5]] },
      ]);
      assert.deepEqual(tensorflow.json, { predictions: expected[combine] });
      const { json: answer } = await ask(`${server.url}/v2/models/n/aggregate`, [v2Answer([1, 2]), v2Answer([3, 5])]);
      const { id, outputs } = answer as { id: string; outputs: { name: string; data: unknown }[] };
      assert.deepEqual([id, outputs[0]?.name, outputs[0]?.data], ['i', 'y', expected[combine].flat()]);
    }
    const { server } = await start(t, { role: 'combiner' });
    for (const [body, text] of [
      ['[]', /the request is an empty list/],
      ['{}', /the request is an object, and a list/],
      [[{ data: { ndarray: [1] } }, {}], /the answer of child 1 has no tensor/],
      [
        [{ data: { ndarray: [1] } }, { data: { ndarray: [1, 2] } }],
        /child 1 answers the shape \[2\], and child 0 \[1\]/,
      ],
      [[{ data: { ndarray: ['a'] } }], /child 0 answers string, not numbers/],
      [[{ data: { ndarray: [1] } }, { data: { ndarray: [[]] } }], /the answer of child 1: data\.ndarray/],
    ] as const) {
      const reply = await ask(`${server.url}/aggregate`, body);
      assert.equal(reply.status, 400, reply.text);
      assert.match(reply.text, text);
    }
  });

  test('meta comes back as by the Python wrapper: id, tags, metrics and request path, and of all children', async (t) => {
    const metric = (key: string) => ({ key, type: 'COUNTER', value: 1 });
    const meta = {
      puid: 'p',
      tags: { a: 1, b: 1 },
      routing: { r: 1 },
      metrics: [metric('m')],
      requestPath: { x: 'i:1' },
    };
    const data = { ndarray: [[1]] };
    const scaler = await start(t, { role: 'transformer', scale: 1, add: 1 });
    const single = await ask(`${scaler.server.url}/transform-input`, { meta, data });
    const { routing: _, ...carried } = meta;
    assert.deepEqual((single.json as { meta: unknown }).meta, carried);

    const { server, grpc } = await start(t, { role: 'combiner', combine: 'sum' });
    const second = { puid: 'q', tags: { b: 2 }, metrics: [metric('n')], requestPath: { y: 'i:2' } };
    const merged = {
      puid: 'p',
      tags: { a: 1, b: 2 },
      metrics: [metric('m'), metric('n')],
      requestPath: { x: 'i:1', y: 'i:2' },
    };
    const both = await ask(`${server.url}/aggregate`, [
      { meta, data },
      { meta: second, data },
    ]);
    assert.deepEqual((both.json as { meta: unknown }).meta, merged);
    const late = await ask(`${server.url}/aggregate`, [{ data }, { meta: second, data }]);
    const { puid: __, ...withoutId } = second;
    assert.deepEqual((late.json as { meta: unknown }).meta, withoutId);
    const proto = await ask(`${server.url}/aggregate`, '[{"data":{"ndarray":[1]}},{"meta":{"tags":{"__proto__":{"a":1}}},"data":{"ndarray":[1]}}]'); // prettier-ignore
    assert.match(proto.text, /"meta":\{"tags":\{"__proto__":\{"a":1\}\}\}/);
    const wrong = await ask(`${server.url}/aggregate`, [{ data }, { meta: { tags: 1 }, data }]);
    assert.match(wrong.text, /the answer of child 1: meta\.tags is 1, and an object is expected/);

    const seldonMessages = [meta, second].map((one) =>
      fromJson(seldon.SeldonMessageSchema, { meta: one, data: { tensor: { shape: [1], values: [1] } } }),
    );
    const schemas = [seldon.SeldonMessageListSchema, seldon.SeldonMessageSchema] as const;
    const answer = await grpc.call('/seldon.protos.Combiner/Aggregate', ...schemas, { seldonMessages });
    assert.deepEqual(answer.meta, fromJson(seldon.MetaSchema, merged));
  });

  test('a combiner over gRPC takes what the graph sends, in each protocol', async (t) => {
    const { grpc } = await start(t, { role: 'combiner', combine: 'mean' });
    const list = { seldonMessages: [tensorMessage([1, 2]), tensorMessage([3, 5])] };
    for (const service of ['Combiner', 'Generic']) {
      const schemas = [seldon.SeldonMessageListSchema, seldon.SeldonMessageSchema] as const;
      const answer = await grpc.call(`/seldon.protos.${service}/Aggregate`, ...schemas, list);
      assert.deepEqual([valuesOf(answer), answer.meta?.puid], [[2, 3.5], 'p']);
    }
    const predicted = [
      [1, 2],
      [3, 5],
    ].map((floatVal) => {
      const outputs = { y: { dtype: DataType.DT_FLOAT, tensorShape: shape(1, 2), floatVal } };
      const message = create(serving.PredictResponseSchema, { outputs });
      return payload('tensorflow.serving.PredictResponse', toBinary(serving.PredictResponseSchema, message));
    });
    const tensorflow = await grpc.raw(PREDICT, combineTensorflow(predicted, 'n').body);
    const { outputs } = fromBinary(serving.PredictResponseSchema, tensorflow);
    assert.deepEqual([Object.keys(outputs), outputs['y']?.floatVal], [['y'], [2, 3.5]]);
    const inferred = [
      [1, 2],
      [3, 5],
    ].map((fp32Contents) => {
      const output = { name: 'y', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents } };
      const message = create(v2.ModelInferResponseSchema, { id: 'i', outputs: [output] });
      return payload('inference.ModelInferResponse', toBinary(v2.ModelInferResponseSchema, message));
    });
    const v2Answer = fromBinary(v2.ModelInferResponseSchema, await grpc.raw(INFER, combineV2(inferred, 'n').body));
    assert.deepEqual([v2Answer.id, v2Answer.outputs[0]?.contents?.fp32Contents], ['i', [2, 3.5]]);
    const unnamed = {
      modelSpec: { name: 'n', signatureName: 'aggregate' },
      inputs: { y: { dtype: DataType.DT_FLOAT } },
    };
    const call = grpc.call(PREDICT, serving.PredictRequestSchema, serving.PredictResponseSchema, unnamed);
    await assert.rejects(call, failure('INVALID_ARGUMENT', /the input 'y' is of no child/));
  });

  test('options that do not go together are told, each by its flag', async () => {
    const cases: readonly (readonly [Options, RegExp])[] = [
      [{}, /--role: a model does nothing by itself; give one of --model FILE/],
      [{ echo: true, scale: 2 }, /--role: a model does one thing/],
      [{ role: 'router', scale: 2 }, /--scale: a router has none; a router has --branch, --branches/],
      [{ role: 'router', branch: '-3' }, /--branch: '-3' is no branch/],
      [{ role: 'router', branch: 'first' }, /--branch: 'first' is no branch/],
      [{ role: 'combiner', echo: true }, /--echo: a combiner has none/],
      [{ constant: '{' }, /--constant: .*JSON/],
      [{ constant: '{"a":1}' }, /--constant: the constant has an object/],
      [{ echo: true, failStatus: '200' }, /--fail-status: '200' is no failure/],
      [{ echo: true, failStatus: 'BROKEN' }, /--fail-status: 'BROKEN' is no failure/],
      [{ echo: true, failRate: 0.6, hangRate: 0.6 }, /--fail-rate: the rates .* are 1\.2 together/],
    ];
    for (const [options, text] of cases) {
      const starting = startModelServer({ name: 'n', port: 0, grpc: false, ...options });
      await assert.rejects(
        starting,
        (error) => error instanceof MillraceError && text.test(error.message) && error.exitCode === 2,
      );
    }
    const main = join(import.meta.dirname, '../../../../src/cli/main.ts');
    const args = ['model-server', '--name', 'n', '--role', 'router', '--branch', '-5', '--fail-rate', '2'];
    const { status, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 240_000 });
    assert.equal(status, 2);
    assert.match(stderr, /--fail-rate: '2' is not a number from 0 to 1/);
  });
});
