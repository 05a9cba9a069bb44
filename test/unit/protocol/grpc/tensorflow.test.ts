import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equals, create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  ClassificationRequestSchema,
  ClassificationResponseSchema,
  PredictRequestSchema,
  PredictResponseSchema,
} from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType, TensorProtoSchema } from '../../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import {
  chainTensorflow,
  combineTensorflow,
  readTensorflowRoute,
  tensorflowRouteRequest,
} from '../../../../src/protocol/grpc/tensorflow/tensorflow.ts';
import { MessageError } from '../../../../src/protocol/message-error.ts';
import { bytes, message, read } from './message.ts';

const floats = (...floatVal: number[]) => ({ dtype: DataType.DT_FLOAT, floatVal });
const refused = (pattern: RegExp) => (error: unknown) => error instanceof MessageError && pattern.test(error.message);
// Field 999, which no schema knows.
const UNKNOWN = Buffer.from([0xba, 0x3e, 3, 0x61, 0x62, 0x63]);

test('requests pass unchanged, the same object', () => {
  for (const schema of [PredictRequestSchema, ClassificationRequestSchema]) {
    const request = message(schema, { modelSpec: { name: 'sent' } });
    assert.equal(chainTensorflow(request, 'm'), request);
  }
});

test('a PredictResponse becomes a PredictRequest for the next model, tensors byte for byte', () => {
  const response = message(PredictResponseSchema, {
    modelSpec: { name: 'before', signatureName: 's' },
    outputs: { y: floats(2, 3), z: { dtype: DataType.DT_STRING, stringVal: [Buffer.from('x')] } },
  });
  const request = chainTensorflow(response, 'next');
  const expected = message(PredictRequestSchema, {
    modelSpec: { name: 'next' },
    inputs: { y: floats(2, 3), z: { dtype: DataType.DT_STRING, stringVal: [Buffer.from('x')] } },
  });
  assert.equal(request.messageName, 'tensorflow.serving.PredictRequest');
  assert.deepEqual(request.body, expected.body);
});

test('what a tensor has that nobody here knows goes along', () => {
  const entry = Buffer.concat([Buffer.from([0x0a, 1, 0x79, 0x12, UNKNOWN.length]), UNKNOWN]);
  const response = bytes(PredictResponseSchema, Buffer.concat([Buffer.from([0x0a, entry.length]), entry]));
  const request = read(PredictRequestSchema, chainTensorflow(response, 'm'));
  assert.deepEqual(request.inputs['y']?.$unknown?.[0]?.no, 999);
});

test('random responses become the requests that decoding and encoding would make of them', () => {
  const tensor = fc.record({ dtype: fc.constantFrom(1, 3, 9), floatVal: fc.array(fc.float({ noNaN: true }), { maxLength: 5 }) }); // prettier-ignore
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 5 }), tensor), fc.string({ maxLength: 5 }), (outputs, name) => {
      fc.pre(name.isWellFormed() && Object.keys(outputs).every((key) => key.isWellFormed()));
      const request = chainTensorflow(message(PredictResponseSchema, { outputs }), name);
      const expected = create(PredictRequestSchema, { modelSpec: { name }, inputs: outputs });
      assert.ok(equals(PredictRequestSchema, read(PredictRequestSchema, request), expected));
    }),
  );
});

test('other answers cannot be chained', () => {
  const classified = message(ClassificationResponseSchema, {});
  assert.throws(() => chainTensorflow(classified, 'm'), refused(/ClassificationResponse cannot become a request/));
});

test('a combiner gets all outputs, named by child, for its signature aggregate', () => {
  const combined = combineTensorflow(
    [
      message(PredictResponseSchema, { outputs: { y: floats(1) } }),
      message(PredictResponseSchema, { outputs: { y: floats(2), 'a/b': floats(3) } }),
    ],
    'c',
  );
  const expected = create(PredictRequestSchema, {
    modelSpec: { name: 'c', signatureName: 'aggregate' },
    inputs: { '0/y': floats(1), '1/y': floats(2), '1/a/b': floats(3) },
  });
  assert.ok(equals(PredictRequestSchema, read(PredictRequestSchema, combined), expected));
  const classified = message(ClassificationResponseSchema, {});
  assert.throws(() => combineTensorflow([classified], 'c'), refused(/child 0 is a .*ClassificationResponse/));
});

test('of a child that calls nobody a combiner gets the inputs of the request', () => {
  const passed = message(PredictRequestSchema, {
    modelSpec: { name: 'm' },
    inputs: { x: floats(1) },
    outputFilter: ['y'],
  });
  const combined = combineTensorflow([passed, message(PredictResponseSchema, { outputs: { y: floats(2) } })], 'c');
  const expected = create(PredictRequestSchema, {
    modelSpec: { name: 'c', signatureName: 'aggregate' },
    inputs: { '0/x': floats(1), '1/y': floats(2) },
  });
  assert.ok(equals(PredictRequestSchema, read(PredictRequestSchema, combined), expected));
});

test('a router gets the inputs for its signature route, and not what was meant for another model', () => {
  const request = message(PredictRequestSchema, {
    modelSpec: { name: 'model', signatureName: 'own' },
    inputs: { x: floats(1) },
    outputFilter: ['scores'],
  });
  const expected = create(PredictRequestSchema, {
    modelSpec: { name: 'r', signatureName: 'route' },
    inputs: { x: floats(1) },
  });
  const asked = tensorflowRouteRequest(request, 'r');
  assert.ok(equals(PredictRequestSchema, read(PredictRequestSchema, asked), expected));
  const classify = message(ClassificationRequestSchema, {});
  assert.throws(() => tensorflowRouteRequest(classify, 'r'), refused(/a router takes a .*PredictRequest/));
});

test('a router answers with one tensor of whole numbers, in any of their types', () => {
  const route = (outputs: Parameters<typeof create<typeof PredictResponseSchema>>[1]) =>
    readTensorflowRoute(message(PredictResponseSchema, outputs ?? {}));
  const of = (tensor: object) => route({ outputs: { route: create(TensorProtoSchema, tensor) } });
  assert.equal(of({ dtype: DataType.DT_INT32, intVal: [2] }), 2);
  assert.equal(of({ dtype: DataType.DT_INT64, int64Val: [-2n] }), -2);
  assert.equal(of({ dtype: DataType.DT_UINT64, uint64Val: [1n, 1n] }), 1);
  assert.equal(of({ dtype: DataType.DT_UINT32, uint32Val: [3] }), 3);
  assert.equal(of({ dtype: DataType.DT_INT64, tensorContent: Buffer.from([255, 255, 255, 255, 255, 255, 255, 255]) }), -1); // prettier-ignore
  assert.equal(of({ dtype: DataType.DT_INT8, tensorContent: Buffer.from([254]) }), -2);
  assert.equal(of({ dtype: DataType.DT_UINT16, tensorContent: Buffer.from([1, 0, 1, 0]) }), 1);
  assert.throws(() => of({ dtype: DataType.DT_FLOAT, floatVal: [1] }), refused(/DT_FLOAT, not of whole numbers/));
  assert.throws(() => of({ dtype: 77, intVal: [1] }), refused(/type 77/));
  assert.throws(() => of({ dtype: DataType.DT_INT32, intVal: [0, 1] }), refused(/branches 0 and 1/));
  assert.throws(() => of({ dtype: DataType.DT_INT32 }), refused(/empty/));
  assert.throws(() => of({ dtype: DataType.DT_INT64, tensorContent: Buffer.from([1]) }), refused(/no multiple of 8/));
  assert.throws(() => route({}), refused(/0 outputs/));
  assert.throws(() => route({ outputs: { a: floats(1), b: floats(1) } }), refused(/2 outputs/));
});

test('any bytes under the name of a message are a message or a message error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (raw) => {
      const response = bytes(PredictResponseSchema, Buffer.from(raw));
      for (const use of [
        () => chainTensorflow(response, 'm'),
        () => combineTensorflow([response, response], 'c'),
        () => tensorflowRouteRequest(bytes(PredictRequestSchema, Buffer.from(raw)), 'r'),
        () => readTensorflowRoute(response),
      ]) {
        try {
          use();
        } catch (error) {
          assert.ok(error instanceof MessageError, String(error));
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
