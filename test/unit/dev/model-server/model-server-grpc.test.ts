import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { anyUnpack, EmptySchema, type ListValue } from '@bufbuild/protobuf/wkt';
import * as v2 from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import * as seldon from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import * as serving from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType, ExampleSchema, type TensorProtoSchema } from '../../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import type { ModelServer } from '../../../../src/dev/model-server/server.ts';
import { startModelServer } from '../../../../src/dev/model-server/server.ts';
import { failure, GrpcCaller } from './grpc-caller.ts';
import { DIGITS, EXAMPLES, noRuntime, RESNET, serve } from './served-model.ts';

const read = (name: string) =>
  readFileSync(join(EXAMPLES, 'digits', name), 'utf8')
    .trimEnd()
    .split('\n');
const labels = read('labels.txt').map(Number);
const rows = read('requests.jsonl').map(
  (line) => (JSON.parse(line) as { readonly inputs: readonly [{ readonly data: number[] }] }).inputs[0].data,
);
const first = rows[0] ?? [];
const second = rows[2] ?? [];
const shown = [labels[0], labels[2]];
const dims = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: BigInt(size) })) });
const floats = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer);
const largest = (values: readonly number[]) => values.indexOf(Math.max(...values));

const PREDICT = '/tensorflow.serving.PredictionService/Predict';
const INFER = '/inference.GRPCInferenceService/ModelInfer';

suite('model server over gRPC', { skip: noRuntime }, () => {
  let server: ModelServer;
  let caller: GrpcCaller;
  before(async () => {
    server = await startModelServer({ name: 'digits', model: DIGITS, version: '3', port: 0, grpcPort: 0, threads: 1 });
    caller = new GrpcCaller(server.grpcPort);
  });
  after(async () => {
    caller.close();
    await server.close();
  });

  const modelSpec = { name: 'digits', signatureName: 'serving_default' };
  type Pixels = MessageInitShape<typeof TensorProtoSchema>;
  const predict = (
    pixels: Pixels,
    more: Pick<MessageInitShape<typeof serving.PredictRequestSchema>, 'modelSpec' | 'inputs' | 'outputFilter'> = {},
  ) =>
    caller.call(PREDICT, serving.PredictRequestSchema, serving.PredictResponseSchema, {
      modelSpec: more.modelSpec ?? modelSpec,
      inputs: more.inputs ?? { pixels },
      outputFilter: more.outputFilter ?? [],
    });
  const infer = (request: MessageInitShape<typeof v2.ModelInferRequestSchema>) =>
    caller.call(INFER, v2.ModelInferRequestSchema, v2.ModelInferResponseSchema, { modelName: 'digits', ...request });
  const ask = (request: MessageInitShape<typeof seldon.SeldonMessageSchema>) =>
    caller.call('/seldon.protos.Model/Predict', seldon.SeldonMessageSchema, seldon.SeldonMessageSchema, request);

  test('tensorflow Predict: float_val and tensor_content say the same, and the digits are right', async () => {
    let right = 0;
    for (let i = 0; i < 100; i++) {
      const values = rows[i] ?? [];
      const { outputs } = await predict({ dtype: DataType.DT_FLOAT, tensorShape: dims(1, 64), floatVal: values });
      if (Number(outputs['digit']?.int64Val[0]) === labels[i]) right++;
    }
    assert.ok(right >= 95, `${right} of 100`);
    const tensorShape = dims(2, 64);
    const both = [...first, ...second];
    const listed = await predict({ dtype: DataType.DT_FLOAT, tensorShape, floatVal: both });
    const raw = await predict({ dtype: DataType.DT_FLOAT, tensorShape, tensorContent: floats(both) });
    assert.deepEqual(raw.outputs, listed.outputs);
    const { probabilities, digit } = listed.outputs;
    assert.deepEqual(
      probabilities?.tensorShape?.dim.map(({ size }) => size),
      [2n, 10n],
    );
    assert.equal(probabilities?.dtype, DataType.DT_FLOAT);
    assert.deepEqual(digit?.int64Val.map(Number), shown);
    assert.deepEqual(listed.modelSpec?.name, 'digits');
    assert.deepEqual(
      listed.modelSpec?.versionChoice.case === 'version' && listed.modelSpec.versionChoice.value.value,
      3n,
    );
  });

  test('tensorflow Predict: a short list goes on with its last value; output_filter leaves outputs out', async () => {
    const full = await predict({ dtype: DataType.DT_FLOAT, tensorShape: dims(1, 64), floatVal: Array(64).fill(7) });
    const short = await predict(
      { dtype: DataType.DT_FLOAT, tensorShape: dims(1, 64), floatVal: [7] },
      { outputFilter: ['probabilities'] },
    );
    assert.deepEqual(Object.keys(short.outputs), ['probabilities']);
    assert.deepEqual(short.outputs['probabilities'], full.outputs['probabilities']);
  });

  test('NaN and the infinities reach the model in floats', async () => {
    const values = [NaN, Infinity, ...first.slice(2)];
    const { outputs } = await predict({ dtype: DataType.DT_FLOAT, tensorShape: dims(1, 64), floatVal: values });
    assert.ok(outputs['probabilities']?.floatVal.every(Number.isNaN));
    const answer = await ask({ dataOneof: { case: 'data', value: tensorData([1, 64], values) } });
    assert.equal(answer.dataOneof.case, 'data');
  });

  test('tensorflow Classify and Regress take tf.Examples', async () => {
    const example = (values: readonly number[]): MessageInitShape<typeof ExampleSchema> => ({
      features: { feature: { pixels: { kind: { case: 'floatList', value: { value: [...values] } } } } },
    });
    const inputOf = (
      examples: MessageInitShape<typeof ExampleSchema>[],
    ): MessageInitShape<typeof serving.InputSchema> => {
      return { kind: { case: 'exampleList', value: { examples } } };
    };
    const input = inputOf([example(first), example(second)]);
    const classify = (request: MessageInitShape<typeof serving.ClassificationRequestSchema>) =>
      caller.call(
        '/tensorflow.serving.PredictionService/Classify',
        serving.ClassificationRequestSchema,
        serving.ClassificationResponseSchema,
        request,
      );
    const { result } = await classify({ modelSpec, input });
    const scores = result?.classifications.map(({ classes }) => classes.map(({ score }) => score)) ?? [];
    assert.deepEqual(scores.map(largest), shown);
    assert.equal(result?.classifications[0]?.classes[3]?.label, '3');
    const lacking = inputOf([{}]);
    await assert.rejects(
      classify({ modelSpec, input: lacking }),
      failure('INVALID_ARGUMENT', /lacks the feature 'pixels'/),
    );
    await assert.rejects(classify({ modelSpec }), failure('INVALID_ARGUMENT', /no example_list/));
    const short = inputOf([example([1])]);
    await assert.rejects(classify({ modelSpec, input: short }), failure('INVALID_ARGUMENT', /1 values, and 64 are/));
    const regress = caller.call(
      '/tensorflow.serving.PredictionService/Regress',
      serving.RegressionRequestSchema,
      serving.RegressionResponseSchema,
      { modelSpec, input },
    );
    await assert.rejects(regress, failure('INVALID_ARGUMENT', /no output with one number for each example/));
  });

  test('tensorflow GetModelMetadata and GetModelStatus', async () => {
    const metadata = (metadataField: string[]) =>
      caller.call(
        '/tensorflow.serving.PredictionService/GetModelMetadata',
        serving.GetModelMetadataRequestSchema,
        serving.GetModelMetadataResponseSchema,
        { modelSpec, metadataField },
      );
    const packed = (await metadata(['signature_def'])).metadata['signature_def'];
    const signature = packed && anyUnpack(packed, serving.SignatureDefMapSchema)?.signatureDef['serving_default'];
    assert.equal(signature?.inputs['pixels']?.dtype, DataType.DT_FLOAT);
    assert.deepEqual(
      signature?.inputs['pixels']?.tensorShape?.dim.map(({ size }) => size),
      [-1n, 64n],
    );
    await assert.rejects(metadata(['other']), failure('INVALID_ARGUMENT', /\[signature_def\] is expected/));
    const status = await caller.call(
      '/tensorflow.serving.ModelService/GetModelStatus',
      serving.GetModelStatusRequestSchema,
      serving.GetModelStatusResponseSchema,
      { modelSpec },
    );
    assert.deepEqual(
      status.modelVersionStatus.map(({ version, state }) => [version, state]),
      [[3n, serving.ModelVersionStatus_State.AVAILABLE]],
    );
  });

  test('v2 ModelInfer: contents and raw contents, answered in kind, with the id', async () => {
    const input = { name: 'pixels', datatype: 'FP32', shape: [1n, 64n] };
    const typed = await infer({ id: 'a1', inputs: [{ ...input, contents: { fp32Contents: first } }] });
    assert.deepEqual([typed.id, typed.modelName, typed.modelVersion], ['a1', 'digits', '3']);
    assert.deepEqual(
      typed.outputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
      [
        ['probabilities', 'FP32', [1n, 10n]],
        ['digit', 'INT64', [1n]],
      ],
    );
    assert.equal(Number(typed.outputs[1]?.contents?.int64Contents[0]), labels[0]);
    const raw = await infer({ inputs: [input], rawInputContents: [floats(first)], outputs: [{ name: 'digit' }] });
    assert.deepEqual([raw.outputs.length, raw.outputs[0]?.contents, raw.rawOutputContents.length], [1, undefined, 1]);
    assert.equal(Number(Buffer.from(raw.rawOutputContents[0] ?? []).readBigInt64LE()), labels[0]);
    const doubles = await infer({ inputs: [{ ...input, datatype: 'FP64', contents: { fp64Contents: first } }] });
    assert.deepEqual(doubles.outputs, typed.outputs);
  });

  test('v2: server and model are live, ready and described', async () => {
    const get = <A extends Parameters<typeof caller.call>[2]>(method: string, schema: A, name = '') =>
      caller.call(`/inference.GRPCInferenceService/${method}`, v2.ModelReadyRequestSchema, schema, { name });
    assert.equal((await get('ServerLive', v2.ServerLiveResponseSchema)).live, true);
    assert.equal((await get('ServerReady', v2.ServerReadyResponseSchema)).ready, true);
    assert.equal((await get('ServerMetadata', v2.ServerMetadataResponseSchema)).name, 'millrace model-server');
    assert.equal((await get('ModelReady', v2.ModelReadyResponseSchema, 'digits')).ready, true);
    const { inputs, platform } = await get('ModelMetadata', v2.ModelMetadataResponseSchema, 'digits');
    assert.deepEqual([platform, inputs[0]?.name, inputs[0]?.shape], ['onnxruntime_onnx', 'pixels', [-1n, 64n]]);
    await assert.rejects(get('ModelReady', v2.ModelReadyResponseSchema, 'x'), failure('NOT_FOUND', /no model 'x'/));
  });

  test('seldon Model/Predict: tensor, ndarray and tftensor come back in kind, with puid and tags', async () => {
    const meta = { puid: 'p1', tags: { a: { kind: { case: 'stringValue', value: 'b' } } } } as const;
    const tensor = await ask({ meta, dataOneof: { case: 'data', value: tensorData([1, 64], first) } });
    assert.deepEqual([tensor.meta?.puid, tensor.meta?.tags['a']?.kind.value], ['p1', 'b']);
    const values = tensor.dataOneof.case === 'data' && tensor.dataOneof.value.dataOneof;
    assert.ok(values && values.case === 'tensor');
    assert.deepEqual([values.value.shape, largest(values.value.values)], [[1, 10], labels[0]]);
    const listed = await ask({ dataOneof: { case: 'data', value: listData([first]) } });
    const list = listed.dataOneof.case === 'data' && listed.dataOneof.value.dataOneof;
    assert.ok(list && list.case === 'ndarray');
    assert.deepEqual(numbers(list.value)[0], values.value.values);
    const value = { dtype: DataType.DT_FLOAT, tensorShape: dims(1, 64), floatVal: first };
    const tf = await ask({ dataOneof: { case: 'data', value: { dataOneof: { case: 'tftensor', value } } } });
    const held = tf.dataOneof.case === 'data' && tf.dataOneof.value.dataOneof;
    assert.ok(held && held.case === 'tftensor');
    assert.deepEqual(held.value.floatVal, values.value.values);
  });

  test('seldon Metadata and SendFeedback', async () => {
    const metadata = await caller.call(
      '/seldon.protos.Model/Metadata',
      EmptySchema,
      seldon.SeldonModelMetadataSchema,
      {},
    );
    assert.deepEqual([metadata.name, metadata.versions, metadata.inputs[0]?.shape], ['digits', ['3'], [-1n, 64n]]);
    const schemas = [seldon.FeedbackSchema, seldon.SeldonMessageSchema] as const;
    const answer = await caller.call('/seldon.protos.Model/SendFeedback', ...schemas, { reward: 1 });
    assert.notEqual(answer.meta, undefined);
  });

  test('bad requests say what is wrong, and the server lives on', async () => {
    const shape = dims(1, 64);
    const f = DataType.DT_FLOAT;
    const input = { name: 'pixels', datatype: 'FP32', shape: [1n, 64n], contents: { fp32Contents: first } };
    const bad = (code: Parameters<typeof failure>[0], text: RegExp, call: Promise<unknown>) =>
      assert.rejects(call, failure(code, text));
    await bad('NOT_FOUND', /no model 'x'/, predict({}, { modelSpec: { name: 'x' } }));
    const version = { case: 'version', value: { value: 9n } } as const;
    await bad('NOT_FOUND', /no version '9'/, predict({}, { modelSpec: { name: 'digits', versionChoice: version } }));
    await bad('INVALID_ARGUMENT', /input 'pixels' is missing/, predict({}, { inputs: {} }));
    const wrong: readonly (readonly [Pixels, RegExp])[] = [
      [
        { dtype: f, tensorShape: dims(1, 63), floatVal: first.slice(1) },
        /shape \[1,63\], and input 'pixels' takes \[\?,64\]/,
      ],
      [{ dtype: f, tensorShape: shape, floatVal: [...first, 1] }, /has 65 values, and its shape wants 64/],
      [
        { dtype: f, tensorShape: shape, tensorContent: floats(first).subarray(1) },
        /255 bytes, and its shape wants 256/,
      ],
      [{ dtype: f, tensorShape: dims(-1, 64), floatVal: first }, /has the size -1 in its shape/],
      [{ dtype: f, tensorShape: dims(0x7fff_ffff, 64) }, /more than 268435456 bytes/],
      [{ dtype: f, tensorShape: { unknownRank: true } }, /unknown rank/],
      [{ dtype: DataType.DT_DOUBLE, tensorShape: shape, doubleVal: first }, /is float64, and the model takes float32/],
      [{ dtype: DataType.DT_COMPLEX64, tensorShape: shape }, /of type DT_COMPLEX64, which is not served/],
      [{ dtype: DataType.DT_INT8, tensorShape: dims(1), intVal: [300] }, /\[0\] is 300, and a whole number from -128/],
      [{ dtype: DataType.DT_STRING, tensorShape: dims(1), stringVal: [Buffer.of(0xff)] }, /not UTF-8/],
    ];
    for (const [tensor, text] of wrong) await bad('INVALID_ARGUMENT', text, predict(tensor));
    const inputs: readonly (readonly [MessageInitShape<typeof v2.ModelInferRequestSchema>, RegExp])[] = [
      [{ inputs: [{ ...input, name: 'x' }] }, /there is an input 'x', and the model's inputs are 'pixels'/],
      [{ inputs: [input, input] }, /is there twice/],
      [{ inputs: [{ ...input, datatype: 'FP16' }] }, /datatype is 'FP16'/],
      [{ inputs: [{ ...input, contents: { fp32Contents: [1] } }] }, /has 1 values, and its shape wants 64/],
      [{ inputs: [input], rawInputContents: [floats(first)] }, /has contents, and raw_input_contents are there too/],
      [{ inputs: [input], rawInputContents: [floats(first), floats(first)] }, /2 raw_input_contents for 1 inputs/],
      [{ inputs: [input], outputs: [{ name: 'x' }] }, /outputs has 'x'/],
    ];
    for (const [request, text] of inputs) await bad('INVALID_ARGUMENT', text, infer(request));
    await bad('NOT_FOUND', /no model 'x'/, infer({ modelName: 'x' }));
    await bad('INVALID_ARGUMENT', /no 'data'/, ask({ dataOneof: { case: 'strData', value: 'x' } }));
    await bad(
      'INVALID_ARGUMENT',
      /list of 63 where/,
      ask({ dataOneof: { case: 'data', value: listData([first, first.slice(1)]) } }),
    );
    await bad('UNIMPLEMENTED', /this is a model/, caller.raw('/seldon.protos.Router/Route', Buffer.alloc(0)));
    await bad('UNIMPLEMENTED', /does not implement/, caller.raw('/seldon.protos.Router/Other', Buffer.alloc(0)));
    const body = toBinary(serving.PredictRequestSchema, create(serving.PredictRequestSchema, { modelSpec }));
    for (const path of [PREDICT, INFER, '/seldon.protos.Model/Predict']) {
      await bad('INVALID_ARGUMENT', /bytes are no/, caller.raw(path, body.subarray(0, -3)));
    }
    await predict({ dtype: f, tensorShape: shape, floatVal: first });
  });

  test('100 MB are refused, and so is more than may wait; a deadline ends a call', async (t) => {
    await assert.rejects(
      caller.raw(PREDICT, Buffer.alloc(100_000_000)),
      failure('RESOURCE_EXHAUSTED', /larger than max/),
    );
    const busy = await serve(t, { name: 'resnet32', model: RESNET, queueLength: 2 });
    const other = new GrpcCaller(busy.grpcPort);
    t.after(() => other.close());
    const tensor = { dtype: DataType.DT_FLOAT, tensorShape: dims(20, 32, 32, 3), floatVal: [0.5] };
    const request = { modelSpec: { name: 'resnet32' }, inputs: { input_1: tensor } };
    const calls = Array.from({ length: 30 }, () =>
      other.call(PREDICT, serving.PredictRequestSchema, serving.PredictResponseSchema, request),
    );
    const results = await Promise.allSettled(calls);
    const refused = results.filter((result) => result.status === 'rejected');
    assert.ok(refused.length > 0 && refused.length < 30, `${refused.length} refused`);
    for (const { reason } of refused) assert.ok(failure('RESOURCE_EXHAUSTED', /requests are waiting/)(reason as never));
    const late = toBinary(serving.PredictRequestSchema, create(serving.PredictRequestSchema, request));
    await assert.rejects(other.raw(PREDICT, late, 2), failure('DEADLINE_EXCEEDED', /./));
  });

  test('a stop answers what is under way', async (t) => {
    const stopping = await serve(t, { name: 'resnet32', model: RESNET });
    const other = new GrpcCaller(stopping.grpcPort);
    t.after(() => other.close());
    const tensor = { dtype: DataType.DT_FLOAT, tensorShape: dims(200, 32, 32, 3), floatVal: [0.5] };
    const request = { modelSpec: { name: 'resnet32' }, inputs: { input_1: tensor } };
    const answer = other.call(PREDICT, serving.PredictRequestSchema, serving.PredictResponseSchema, request);
    // The connection exists once another call on it has been answered.
    await other.raw('/inference.GRPCInferenceService/ServerLive', Buffer.alloc(0));
    await stopping.close();
    assert.equal((await answer).outputs['probabilities']?.floatVal.length, 2_000);
    await assert.rejects(
      other.raw('/inference.GRPCInferenceService/ServerLive', Buffer.alloc(0)),
      failure('UNAVAILABLE', /./),
    );
  });
});

function tensorData(shape: number[], values: readonly number[]): MessageInitShape<typeof seldon.DefaultDataSchema> {
  return { dataOneof: { case: 'tensor', value: { shape, values: [...values] } } };
}

function listData(lists: readonly (readonly number[])[]) {
  const values = lists.map((list) => ({
    kind: {
      case: 'listValue',
      value: { values: list.map((value) => ({ kind: { case: 'numberValue', value } }) as const) },
    } as const,
  }));
  return { dataOneof: { case: 'ndarray', value: { values } } } as const;
}

function numbers(list: ListValue): unknown[] {
  return list.values.map(({ kind }) => (kind.case === 'listValue' ? numbers(kind.value) : kind.value));
}
