import { create, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../src/protocol/gen/inference/grpc_service_pb.ts';
import {
  type DefaultDataSchema,
  FeedbackSchema,
  SeldonMessageSchema,
} from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import {
  ClassificationRequestSchema,
  ClassificationResponseSchema,
  MultiInferenceRequestSchema,
  PredictRequestSchema,
  PredictResponseSchema,
  RegressionRequestSchema,
} from '../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import type { Protocol } from '../../../src/protocol/payload.ts';

/** A message with its full name, as the header `proto-name` says it. */
export interface NamedMessage {
  readonly name: string;
  readonly bytes: Buffer;
}

function message<D extends DescMessage>(schema: D, init: MessageInitShape<D>): NamedMessage {
  return { name: schema.typeName, bytes: Buffer.from(toBinary(schema, create(schema, init))) };
}

const number = (value: number) => ({ kind: { case: 'numberValue' as const, value } });
const list = (...values: readonly ReturnType<typeof number>[]) => ({
  kind: { case: 'listValue' as const, value: { values: [...values] } },
});
const seldonData = (data: MessageInitShape<typeof DefaultDataSchema>) =>
  message(SeldonMessageSchema, { dataOneof: { case: 'data', value: data } });
const int32s = (...intVal: number[]) => ({
  dtype: DataType.DT_INT32,
  tensorShape: { dim: [{ size: BigInt(intVal.length) }] },
  intVal,
});
const floats = (...floatVal: number[]) => ({
  dtype: DataType.DT_FLOAT,
  tensorShape: { dim: [{ size: 1n }, { size: BigInt(floatVal.length) }] },
  floatVal,
});
const raw = (...values: number[]) => Buffer.from(new Float32Array(values).buffer);

const SELDON_REQUEST = { dataOneof: { case: 'strData' as const, value: 'hello' } };

/** Requests of every kind that the protocol takes. */
export const PROTOBUF_REQUESTS: Readonly<Record<Protocol, readonly NamedMessage[]>> = {
  seldon: [
    seldonData({ dataOneof: { case: 'ndarray', value: { values: [list(number(1), number(2))] } } }),
    seldonData({ dataOneof: { case: 'tensor', value: { shape: [1, 2], values: [1, 2] } } }),
    seldonData({ dataOneof: { case: 'tftensor', value: int32s(1, 2) } }),
    message(SeldonMessageSchema, {
      ...SELDON_REQUEST,
      meta: { puid: 'a', routing: { router: 1 }, tags: { x: number(1) } },
    }),
    message(SeldonMessageSchema, { dataOneof: { case: 'binData', value: Buffer.from('bytes') } }),
    message(FeedbackSchema, {
      request: SELDON_REQUEST,
      response: { ...SELDON_REQUEST, meta: { routing: { router: 0, transformer: -1 } } },
      reward: 1,
    }),
  ],
  tensorflow: [
    message(PredictRequestSchema, {
      modelSpec: { name: 'm', signatureName: 'serving_default' },
      inputs: { x: floats(1, 2, 3) },
    }),
    message(PredictRequestSchema, {
      inputs: { x: { dtype: DataType.DT_FLOAT, tensorContent: raw(1, 2) }, y: int32s(1) },
      outputFilter: ['y'],
    }),
    message(ClassificationRequestSchema, { modelSpec: { name: 'm' } }),
    message(RegressionRequestSchema, { modelSpec: { name: 'm' } }),
    message(MultiInferenceRequestSchema, { tasks: [{ modelSpec: { name: 'm' }, methodName: 'classify' }] }),
    message(PredictResponseSchema, { outputs: { y: floats(0.1) } }),
  ],
  v2: [
    message(ModelInferRequestSchema, {
      modelName: 'm',
      id: '7',
      parameters: { p: { parameterChoice: { case: 'stringParam', value: 'q' } } },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [1, 2] } }],
      outputs: [{ name: 'y' }],
    }),
    message(ModelInferRequestSchema, {
      inputs: [
        { name: 'x', datatype: 'FP32', shape: [2n] },
        { name: 's', datatype: 'BYTES', shape: [1n] },
      ],
      rawInputContents: [raw(1, 2), Buffer.from([1, 0, 0, 0, 97])],
    }),
    message(ModelInferResponseSchema, {
      modelName: 'm',
      outputs: [{ name: 'y', datatype: 'INT64', shape: [1n], contents: { int64Contents: [1n] } }],
    }),
  ],
};

/** Answers of models, transformers and combiners. */
export const PROTOBUF_ANSWERS: Readonly<Record<Protocol, readonly NamedMessage[]>> = {
  seldon: [...PROTOBUF_REQUESTS.seldon.slice(0, 5)],
  tensorflow: [
    message(PredictResponseSchema, { modelSpec: { name: 'm' }, outputs: { y: floats(0.1, 0.9) } }),
    message(PredictResponseSchema, {
      outputs: { y: { dtype: DataType.DT_FLOAT, tensorContent: raw(0.1) }, z: int32s(1, 2) },
    }),
    message(ClassificationResponseSchema, { result: { classifications: [{ classes: [{ label: 'a', score: 1 }] }] } }),
  ],
  v2: [
    message(ModelInferResponseSchema, {
      modelName: 'm',
      modelVersion: '1',
      id: '7',
      outputs: [
        { name: 'y', datatype: 'FP32', shape: [1n, 2n], contents: { fp32Contents: [0.1, 0.9] } },
        { name: 'b', datatype: 'BYTES', shape: [1n], contents: { byteContents: [Buffer.from('a')] } },
      ],
    }),
    message(ModelInferResponseSchema, {
      modelName: 'm',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1n] }],
      rawOutputContents: [raw(0.5)],
    }),
    message(ModelInferResponseSchema, {
      outputs: [
        { name: 'i', datatype: 'INT8', shape: [2n], contents: { intContents: [-1, 300] } },
        { name: 'u', datatype: 'UINT64', shape: [1n], contents: { uint64Contents: [2n ** 63n] } },
        { name: 't', datatype: 'BOOL', shape: [1n], contents: { boolContents: [true] } },
      ],
    }),
  ],
};

const branches = [0, 1, 0, 1, -1, -2, 7];
/** Answers of routers. */
export const PROTOBUF_ROUTES: Readonly<Record<Protocol, readonly NamedMessage[]>> = {
  seldon: [
    ...branches.map((branch) =>
      seldonData({ dataOneof: { case: 'ndarray', value: { values: [list(number(branch))] } } }),
    ),
    seldonData({ dataOneof: { case: 'tensor', value: { shape: [1], values: [1] } } }),
    seldonData({ dataOneof: { case: 'tftensor', value: int32s(1) } }),
  ],
  tensorflow: branches.map((branch) => message(PredictResponseSchema, { outputs: { route: int32s(branch) } })),
  v2: [
    ...branches.map((branch) =>
      message(ModelInferResponseSchema, {
        outputs: [{ name: 'route', datatype: 'INT32', shape: [1n], contents: { intContents: [branch] } }],
      }),
    ),
    message(ModelInferResponseSchema, {
      outputs: [{ name: 'route', datatype: 'INT64', shape: [1n] }],
      rawOutputContents: [Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])],
    }),
  ],
};
