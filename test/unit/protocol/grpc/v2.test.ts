import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, equals, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { chainV2, combineV2, readV2Route, v2RouteRequest } from '../../../../src/protocol/grpc/v2/v2.ts';
import { MessageError } from '../../../../src/protocol/message-error.ts';
import { bytes, message, read } from './message.ts';

type Request = MessageInitShape<typeof ModelInferRequestSchema>;
type Response = MessageInitShape<typeof ModelInferResponseSchema>;

const request = (init: Request) => message(ModelInferRequestSchema, init);
const response = (init: Response) => message(ModelInferResponseSchema, init);
const refused = (pattern: RegExp) => (error: unknown) => error instanceof MessageError && pattern.test(error.message);
const text = (value: string) => ({ parameterChoice: { case: 'stringParam', value } as const });
const typed = (name: string, ...fp32Contents: number[]) => ({
  name,
  datatype: 'FP32',
  shape: [BigInt(fp32Contents.length)],
  contents: { fp32Contents },
});
const bare = (name: string, datatype: string) => ({ name, datatype, shape: [1n] });

function sameRequest(payload: { readonly body: Buffer }, init: Request): void {
  const actual = read(ModelInferRequestSchema, payload as never);
  assert.ok(equals(ModelInferRequestSchema, actual, create(ModelInferRequestSchema, init)), JSON.stringify(actual, replacer)); // prettier-ignore
}

const replacer = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

test('a request that names its model passes unchanged, the same object', () => {
  const named = request({ modelName: 'q', inputs: [typed('x', 1)] });
  assert.equal(chainV2(named, 'm'), named);
});

test('a request that names no model gets the name, and nothing else changes', () => {
  const unnamed = request({ id: 'i', inputs: [typed('x', 1)], rawInputContents: [Buffer.from('raw')] });
  const chained = chainV2(unnamed, 'm');
  sameRequest(chained, { modelName: 'm', id: 'i', inputs: [typed('x', 1)], rawInputContents: [Buffer.from('raw')] });
  assert.deepEqual(chained.body.subarray(0, unnamed.body.length), unnamed.body);
  // A name that is there and empty, which no encoder writes, does not win.
  const empty = bytes(ModelInferRequestSchema, Buffer.concat([Buffer.from([0x0a, 0]), unnamed.body]));
  assert.equal(read(ModelInferRequestSchema, chainV2(empty, 'm')).modelName, 'm');
});

test('an answer becomes the request of the next model: id, parameters and raw contents come with it', () => {
  const answer = response({
    modelName: 'before',
    modelVersion: '3',
    id: 'id-7',
    parameters: { p: text('v') },
    outputs: [{ ...bare('y', 'FP16'), parameters: { q: text('w') } }, bare('z', 'BYTES')],
    rawOutputContents: [Buffer.from([1, 2]), Buffer.from('abcd')],
  });
  const chained = chainV2(answer, 'next');
  assert.equal(chained.messageName, 'inference.ModelInferRequest');
  sameRequest(chained, {
    modelName: 'next',
    id: 'id-7',
    parameters: { p: text('v') },
    inputs: [{ ...bare('y', 'FP16'), parameters: { q: text('w') } }, bare('z', 'BYTES')],
    rawInputContents: [Buffer.from([1, 2]), Buffer.from('abcd')],
  });
});

test('a router gets the inputs and is told that it is asked for a route', () => {
  const asked = v2RouteRequest(
    request({ modelName: 'model', modelVersion: '2', id: 'i', inputs: [typed('x', 1)], outputs: [{ name: 'y' }] }),
    'r',
  );
  sameRequest(asked, {
    modelName: 'r',
    id: 'i',
    inputs: [typed('x', 1)],
    parameters: { seldon_method: text('route') },
  });
});

test('a combiner gets all outputs in order, named by child', () => {
  const combined = combineV2(
    [
      response({ outputs: [typed('y', 1, 2)], parameters: { p: text('v') } }),
      response({ id: 'second', outputs: [typed('y', 3), typed('z', 4)] }),
    ],
    'c',
  );
  sameRequest(combined, {
    modelName: 'c',
    id: 'second',
    inputs: [typed('0/y', 1, 2), typed('1/y', 3), typed('1/z', 4)],
    parameters: { '0/p': text('v'), seldon_method: text('aggregate') },
  });
  const other = { ...request({}), messageName: 'seldon.protos.SeldonMessage' };
  assert.throws(() => combineV2([other], 'c'), refused(/child 0 is a seldon.protos.SeldonMessage/));
});

test('of a child that calls nobody a combiner gets the inputs of the request, raw ones too', () => {
  const wanted = { outputs: [{ name: 'y' }], modelVersion: '7' };
  sameRequest(
    combineV2([request({ ...wanted, id: 'q', inputs: [typed('x', 1)] }), response({ outputs: [typed('y', 2)] })], 'c'),
    {
      modelName: 'c',
      id: 'q',
      inputs: [typed('0/x', 1), typed('1/y', 2)],
      parameters: { seldon_method: text('aggregate') },
    },
  );
  const raw = request({ ...wanted, inputs: [bare('x', 'FP16')], rawInputContents: [Buffer.from([1, 2])] });
  sameRequest(combineV2([raw], 'c'), {
    modelName: 'c',
    inputs: [bare('0/x', 'FP16')],
    rawInputContents: [Buffer.from([1, 2])],
    parameters: { seldon_method: text('aggregate') },
  });
});

test('where one child answers raw, all contents are raw', () => {
  const ints = { name: 'i', datatype: 'INT16', shape: [2n], contents: { intContents: [-2, 258] } };
  const texts = { name: 's', datatype: 'BYTES', shape: [1n], contents: { byteContents: [Buffer.from('hi')] } };
  const longs = { name: 'l', datatype: 'INT64', shape: [1n], contents: { int64Contents: [-1n] } };
  const flags = { name: 'b', datatype: 'BOOL', shape: [2n], contents: { boolContents: [true, false] } };
  const doubles = { name: 'd', datatype: 'FP64', shape: [1n], contents: { fp64Contents: [1] } };
  const combined = combineV2(
    [
      response({ outputs: [bare('y', 'FP16')], rawOutputContents: [Buffer.from([9, 9])] }),
      response({ outputs: [typed('f', 1), ints, texts, longs, flags, doubles] }),
    ],
    'c',
  );
  const { inputs, rawInputContents } = read(ModelInferRequestSchema, combined);
  assert.deepEqual(
    inputs.map((input) => [input.name, input.contents]),
    ['0/y', '1/f', '1/i', '1/s', '1/l', '1/b', '1/d'].map((name) => [name, undefined]),
  );
  assert.deepEqual(
    rawInputContents.map((raw) => Buffer.from(raw).toString('hex')),
    ['0909', '0000803f', 'feff0201', '020000006869', 'ffffffffffffffff', '0100', '000000000000f03f'],
  );
  const wrong = response({ outputs: [bare('y', 'FP32')], rawOutputContents: [Buffer.from('a'), Buffer.from('b')] });
  assert.throws(() => combineV2([wrong], 'c'), refused(/child 0 has 1 outputs and 2 raw contents/));
});

test('a router answers with one tensor of whole numbers, typed or raw', () => {
  const of = (datatype: string, contents: Response['outputs'] extends infer _ ? object : never, raw?: Buffer) =>
    readV2Route(
      response({
        outputs: [{ name: 'route', datatype, shape: [1n], contents }],
        ...(raw && { rawOutputContents: [raw] }),
      }),
    );
  assert.equal(of('INT32', { intContents: [2] }), 2);
  assert.equal(of('INT64', { int64Contents: [-1n] }), -1);
  assert.equal(of('UINT64', { uint64Contents: [3n] }), 3);
  assert.equal(of('UINT8', { uintContents: [1, 1] }), 1);
  assert.equal(of('INT64', {}, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0])), 1);
  assert.equal(of('INT32', {}, Buffer.from([254, 255, 255, 255])), -2);
  assert.throws(() => of('FP32', { fp32Contents: [1] }), refused(/'FP32', not of whole numbers/));
  assert.throws(() => of('INT32', { intContents: [0, 1] }), refused(/branches 0 and 1/));
  assert.throws(() => of('INT32', {}), refused(/empty/));
  assert.throws(() => of('constructor', {}), refused(/not of whole numbers/));
  assert.throws(() => readV2Route(response({})), refused(/0 outputs/));
});

test('any bytes under the name of a message are a message or a message error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (raw) => {
      const answer = bytes(ModelInferResponseSchema, Buffer.from(raw));
      for (const use of [
        () => chainV2(answer, 'm'),
        () => chainV2(bytes(ModelInferRequestSchema, Buffer.from(raw)), 'm'),
        () =>
          combineV2([answer, response({ outputs: [bare('y', 'FP16')], rawOutputContents: [Buffer.from('a')] })], 'c'),
        () => v2RouteRequest(answer, 'r'),
        () => readV2Route(answer),
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
