import { create } from '@bufbuild/protobuf';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchRules } from '../../../../src/protocol/batch/rules.ts';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { SeldonMessageSchema } from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import { PredictRequestSchema, PredictResponseSchema } from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType, TensorProtoSchema } from '../../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import type { Payload, Protocol } from '../../../../src/protocol/payload.ts';
import { bytes, message, read } from '../grpc/message.ts';

function batch(protocol: Protocol, requests: readonly Payload[]) {
  const rules = batchRules(protocol, 'grpc');
  const parts = requests.map((request) => {
    const part = rules.part(request);
    assert.ok(part, 'a request goes alone');
    return part;
  });
  assert.equal(new Set(parts.map(({ kind }) => kind)).size, 1, 'the requests are of several kinds');
  return { merged: rules.merge(parts), split: (answer: Payload) => rules.split(answer, parts) };
}

const floats = (...values: number[]) => new Uint8Array(new Float32Array(values).buffer);
const texts = (...values: string[]) =>
  Buffer.concat(
    values.map((value) => Buffer.concat([Buffer.from(new Uint32Array([value.length]).buffer), Buffer.from(value)])),
  );

test('v2: raw contents are put end to end, texts too, and outputs are cut by rows', () => {
  const request = (id: string, rows: number, x: Uint8Array, names: Uint8Array) =>
    message(ModelInferRequestSchema, {
      modelName: 'm',
      id,
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [BigInt(rows), 2n] },
        { name: 'n', datatype: 'BYTES', shape: [BigInt(rows)] },
      ],
      rawInputContents: [x, names],
    });
  const { merged, split } = batch('v2', [
    request('a', 1, floats(1, 2), texts('one')),
    request('b', 2, floats(3, 4, 5, 6), texts('two', '')),
  ]);
  const all = read(ModelInferRequestSchema, merged);
  assert.deepEqual(all.inputs.map(({ shape }) => shape), [[3n, 2n], [3n]]); // prettier-ignore
  assert.deepEqual([...(all.rawInputContents[0] ?? [])], [...floats(1, 2, 3, 4, 5, 6)]);
  assert.deepEqual([...(all.rawInputContents[1] ?? [])], [...texts('one', 'two', '')]);
  const answer = message(ModelInferResponseSchema, {
    modelName: 'm',
    id: 'a',
    outputs: [
      { name: 'y', datatype: 'INT64', shape: [3n], contents: { int64Contents: [7n, 8n, 9n] } },
      { name: 'z', datatype: 'BOOL', shape: [3n, 1n], contents: { boolContents: [true, false, true] } },
    ],
  });
  const [first, second] = split(answer).map((one) => read(ModelInferResponseSchema, one));
  assert.deepEqual([first?.id, second?.id], ['a', 'b']);
  assert.deepEqual(first?.outputs.map(({ shape, contents }) => [shape, contents?.int64Contents, contents?.boolContents]), [[[1n], [7n], []], [[1n, 1n], [], [true]]]); // prettier-ignore
  assert.deepEqual(second?.outputs.map(({ shape, contents }) => [shape, contents?.int64Contents, contents?.boolContents]), [[[2n], [8n, 9n], []], [[2n, 1n], [], [false, true]]]); // prettier-ignore
});

test('tensorflow: tensors grow and shrink along their first axis, whichever field holds their values', () => {
  const tensor = (dtype: DataType, size: number[], values: object) =>
    create(TensorProtoSchema, { dtype, tensorShape: { dim: size.map((one) => ({ size: BigInt(one) })) }, ...values });
  const request = (rows: number, x: object, s: string[]) =>
    message(PredictRequestSchema, {
      modelSpec: { name: 'm', signatureName: 'serving_default' },
      inputs: {
        x: tensor(DataType.DT_FLOAT, [rows, 2], x),
        s: tensor(DataType.DT_STRING, [rows], { stringVal: s.map((one) => Buffer.from(one)) }),
      },
    });
  const { merged, split } = batch('tensorflow', [
    request(1, { tensorContent: floats(1, 2) }, ['a']),
    request(2, { tensorContent: floats(3, 4, 5, 6) }, ['b', 'c']),
  ]);
  const all = read(PredictRequestSchema, merged);
  assert.equal(all.modelSpec?.signatureName, 'serving_default');
  assert.deepEqual(all.inputs['x']?.tensorShape?.dim.map(({ size }) => size), [3n, 2n]); // prettier-ignore
  assert.deepEqual([...(all.inputs['x']?.tensorContent ?? [])], [...floats(1, 2, 3, 4, 5, 6)]);
  assert.deepEqual(all.inputs['s']?.stringVal.map(String).length, 3);
  const answer = message(PredictResponseSchema, {
    modelSpec: { name: 'm' },
    outputs: { y: tensor(DataType.DT_DOUBLE, [3, 1], { doubleVal: [0.1, 0.2, 0.3] }) },
  });
  const answers = split(answer).map((one) => read(PredictResponseSchema, one));
  assert.deepEqual(answers.map(({ outputs }) => outputs['y']?.doubleVal), [[0.1], [0.2, 0.3]]); // prettier-ignore
  assert.deepEqual(answers.map(({ outputs }) => outputs['y']?.tensorShape?.dim[0]?.size), [1n, 2n]); // prettier-ignore
});

test('seldon: tensors and ndarrays, and the meta of the answer for each', () => {
  const tensor = (shape: number[], values: number[]) =>
    message(SeldonMessageSchema, {
      dataOneof: { case: 'data', value: { names: ['a'], dataOneof: { case: 'tensor', value: { shape, values } } } },
    });
  const { merged, split } = batch('seldon', [tensor([1, 2], [1, 2]), tensor([2, 2], [3, 4, 5, 6])]);
  const all = read(SeldonMessageSchema, merged);
  assert.ok(all.dataOneof.case === 'data' && all.dataOneof.value.dataOneof.case === 'tensor');
  assert.deepEqual(all.dataOneof.value.dataOneof.value.shape, [3, 2]);
  assert.deepEqual(all.dataOneof.value.dataOneof.value.values, [1, 2, 3, 4, 5, 6]);
  const number = (value: number) => ({ kind: { case: 'numberValue' as const, value } });
  const answer = message(SeldonMessageSchema, {
    meta: { requestPath: { m: 'image' } },
    dataOneof: {
      case: 'data',
      value: { names: ['p'], dataOneof: { case: 'ndarray', value: { values: [number(7), number(8), number(9)] } } },
    },
  });
  const answers = split(answer).map((one) => read(SeldonMessageSchema, one));
  assert.deepEqual(answers.map(({ meta }) => meta?.requestPath), [{ m: 'image' }, { m: 'image' }]); // prettier-ignore
  const values = answers.map(({ dataOneof }) =>
    dataOneof.case === 'data' && dataOneof.value.dataOneof.case === 'ndarray'
      ? dataOneof.value.dataOneof.value.values.map(({ kind }) => kind.value)
      : [],
  );
  assert.deepEqual(values, [[7], [8, 9]]);
});

test('what has no rows goes alone: other messages, scalars, repeated values, broken bytes, unknown fields, sequences', () => {
  const part = (protocol: Protocol, payload: Payload) => batchRules(protocol, 'grpc').part(payload);
  const infer = (init: object) => message(ModelInferRequestSchema, { modelName: 'm', ...init });
  const x = { name: 'x', datatype: 'FP32', shape: [1n], contents: { fp32Contents: [1] } };
  assert.ok(part('v2', infer({ inputs: [x] })));
  assert.equal(part('v2', infer({ inputs: [{ ...x, shape: [2n] }] })), undefined);
  assert.equal(part('v2', infer({ inputs: [{ ...x, shape: [] }] })), undefined);
  assert.equal(part('v2', infer({ inputs: [x], parameters: { sequence_id: { parameterChoice: { case: 'int64Param', value: 1n } } } })), undefined); // prettier-ignore
  assert.equal(part('v2', infer({ inputs: [{ ...x, contents: undefined }], rawInputContents: [floats(1), floats(2)] })), undefined); // prettier-ignore
  assert.equal(part('v2', bytes(ModelInferRequestSchema, Buffer.from([0xff]))), undefined);
  const unknownField = Buffer.concat([infer({ inputs: [x] }).body, Buffer.from([0xf8, 0x07, 0x01])]);
  assert.equal(part('v2', bytes(ModelInferRequestSchema, unknownField)), undefined);
  const scalar = { modelSpec: { name: 'm' }, inputs: { x: { dtype: DataType.DT_FLOAT, floatVal: [1] } } };
  assert.equal(part('tensorflow', message(PredictRequestSchema, scalar)), undefined);
  const repeated = { dtype: DataType.DT_FLOAT, tensorShape: { dim: [{ size: 3n }] }, floatVal: [1] };
  assert.equal(part('tensorflow', message(PredictRequestSchema, { inputs: { x: repeated } })), undefined);
  assert.equal(part('seldon', message(SeldonMessageSchema, { dataOneof: { case: 'strData', value: 'x' } })), undefined);
});
