import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import type { PredictiveUnit } from '../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../src/graph/compile.ts';
import { createExecutor } from '../../../src/graph/execute.ts';
import type { ModelClient } from '../../../src/graph/model-client.ts';
import { NodeError } from '../../../src/graph/node-error.ts';
import { createGrpcClient } from '../../../src/models/grpc/grpc-client.ts';
import { createRestClient } from '../../../src/models/rest/rest-client.ts';
import { SeldonMessageListSchema, SeldonMessageSchema } from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import { PredictRequestSchema, PredictResponseSchema } from '../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import { PROTOBUF_TYPE, type Payload, type Protocol } from '../../../src/protocol/payload.ts';
import { StubGrpcNodes, type GrpcRule } from '../rpc/stub-grpc-node.ts';
import { StubHttpNodes, type HttpRule } from '../rpc/stub-http-node.ts';

// Graphs over real sockets, with messages that nobody would send on purpose.

const unit = (name: string, type: string, ...children: PredictiveUnit[]): PredictiveUnit => ({ name, type, children });

interface Run {
  readonly send: (payload: Payload) => Promise<Payload>;
  readonly restNodes: StubHttpNodes;
  readonly grpcNodes: StubGrpcNodes;
}

interface Scene {
  readonly graph: PredictiveUnit;
  readonly protocol?: Protocol;
  readonly timeoutMs?: number;
  readonly rest?: Readonly<Record<string, readonly HttpRule[]>>;
  readonly grpc?: Readonly<Record<string, readonly GrpcRule[]>>;
}

async function play(
  { graph, protocol = 'seldon', timeoutMs = 5_000, rest, grpc }: Scene,
  use: (run: Run) => Promise<void>,
) {
  const restNodes = new StubHttpNodes();
  const grpcNodes = new StubGrpcNodes();
  const transport = grpc === undefined ? 'rest' : 'grpc';
  const client: ModelClient = (grpc === undefined ? createRestClient : createGrpcClient)({ protocol, timeoutMs });
  try {
    const overrideEndpoints = new Map<string, { host: string; port: number }>();
    for (const [name, rules] of Object.entries(rest ?? {})) {
      overrideEndpoints.set(name, { host: '127.0.0.1', port: await restNodes.start(name, rules) });
    }
    for (const [name, rules] of Object.entries(grpc ?? {})) {
      overrideEndpoints.set(name, { host: '127.0.0.1', port: await grpcNodes.start(name, rules) });
    }
    const compiled = compileGraph({ name: 'p', graph }, { protocol, transport, overrideEndpoints });
    const executor = createExecutor(compiled, client);
    await use({ send: (payload) => executor.execute({ payload, headers: [], puid: 'p' }), restNodes, grpcNodes });
  } finally {
    await client.close();
    await restNodes.close();
    grpcNodes.close();
  }
}

const json = (body: string | Buffer): Payload => ({
  body: Buffer.from(body),
  contentType: 'application/json',
  contentEncoding: '',
});
const ok = (bodyText: string): HttpRule[] => [
  { status: 200, bodyText, headers: { 'Content-Type': 'application/json' } },
];
const silent = (): HttpRule[] => [{ status: 200, bodyText: '1', delaySeconds: 3_600 }];
const bytes = <D extends DescMessage>(schema: D, init: MessageInitShape<D>) =>
  Buffer.from(toBinary(schema, create(schema, init)));
const protobuf = (body: Buffer, messageName = 'seldon.protos.SeldonMessage'): Payload => ({
  body,
  contentType: PROTOBUF_TYPE,
  contentEncoding: '',
  messageName,
});
const text = (value: string) => bytes(SeldonMessageSchema, { dataOneof: { case: 'strData', value } });

const failing =
  (failure: string, node: string, pattern = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof NodeError, String(error));
    assert.deepEqual([error.failure, error.node], [failure, node], error.message);
    assert.match(error.message, pattern);
    return true;
  };

const sum = unit('c', 'COMBINER', unit('a', 'MODEL'), unit('b', 'MODEL'));

suite('implementation SIMPLE_MODEL, which has no behaviour of its own', () => {
  const simple: PredictiveUnit = { name: 'm', implementation: 'SIMPLE_MODEL' };

  test('REST: with type MODEL it is called; without, the request comes back', async () => {
    const rest = { m: ok('{"strData":"answer"}') };
    await play({ graph: { ...simple, type: 'MODEL' }, rest }, async ({ send, restNodes }) => {
      assert.equal((await send(json('{}'))).body.toString(), '{"strData":"answer"}');
      assert.deepEqual(
        restNodes.calls.map(({ path }) => path),
        ['/predict'],
      );
    });
    await play({ graph: simple, rest }, async ({ send, restNodes }) => {
      assert.equal((await send(json('{ "x": 1.0 }'))).body.toString(), '{ "x": 1.0 }');
      assert.deepEqual(restNodes.calls, []);
    });
  });

  test('gRPC: the same', async () => {
    const grpc = { m: [{ path: '/seldon.protos.Model/Predict', answer: text('answer') }] };
    await play({ graph: { ...simple, type: 'MODEL' }, grpc }, async ({ send }) => {
      assert.deepEqual((await send(protobuf(text('q')))).body, text('answer'));
    });
    await play({ graph: simple, grpc }, async ({ send, grpcNodes }) => {
      assert.deepEqual((await send(protobuf(text('q')))).body, text('q'));
      assert.deepEqual(grpcNodes.calls, []);
    });
  });
});

suite('bytes that nobody needs to change', () => {
  // Keys given twice, names of JavaScript's own, digits beyond a double, spaces, escapes, an odd order.
  const odd =
    '"__proto__" : {"constructor":1e400}, "z":9007199254740993, "id":1.0, "id": -0, "a":"\\u003c\\/", "toString":0.10';

  for (const [protocol, answer, request, path] of [
    ['tensorflow', 'predictions', 'instances', ':predict'],
    ['v2', 'outputs', 'inputs', '/infer'],
  ] as const) {
    test(`${protocol}: one key is renamed in a chain, wherever it comes`, async () => {
      const rest = { a: ok(`{${odd}, "${answer}": [12345678901234567890], "${answer}": [0.10]}`), b: ok('{}') };
      const graph = unit('a', 'MODEL', unit('b', 'MODEL'));
      await play({ graph, protocol, rest }, async ({ send, restNodes }) => {
        await send(json(`{"${request}":[1e2],"${request}":[9007199254740993]}`));
        const [first, second] = restNodes.calls;
        assert.ok(second !== undefined && second.path.endsWith(path));
        assert.equal(first?.body.toString(), `{"${request}":[1e2],"${request}":[9007199254740993]}`);
        assert.equal(second.body.toString(), `{${odd}, "${request}": [12345678901234567890], "${request}": [0.10]}`);
      });
    });
  }

  test('a combiner gets them as they are, bytes that are no UTF-8 too', async () => {
    const rest = { a: ok(`{${odd}}`), b: ok('[ 1.50 ]'), c: ok('{}') };
    await play({ graph: sum, rest }, async ({ send, restNodes }) => {
      await send(json(Buffer.from('7b22ff223a317d', 'hex')));
      const bodyOf = (name: string) => restNodes.calls.find(({ node }) => node === name)?.body;
      assert.deepEqual(bodyOf('a'), Buffer.from('7b22ff223a317d', 'hex'));
      assert.equal(bodyOf('c')?.toString(), `[{${odd}},[ 1.50 ]]`);
    });
  });
});

suite('a combiner over REST whose child does not answer with JSON', () => {
  for (const [name, body, reason] of [
    ['NaN', '{"data":{"ndarray":[NaN]}}', /child 1 .*unexpected 'N' at byte 20/],
    ['Infinity', '[-Infinity]', /child 1 .*unexpected 'I' at byte 2/],
    ['20,000 levels', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, /child 1 .*nested deeper than 10000/],
    ['two values', '{}{}', /child 1 .*unexpected '\{' at byte 2/],
  ] as const) {
    test(name, async () => {
      await play({ graph: sum, rest: { a: ok('{}'), b: ok(body), c: ok('{}') } }, async ({ send, restNodes }) => {
        await assert.rejects(send(json('{}')), failing('answer', 'c', reason));
        assert.ok(!restNodes.calls.some(({ node }) => node === 'c'), 'the combiner was asked');
      });
    });
  }

  test('an empty answer is the failure of the child', async () => {
    await play({ graph: sum, rest: { a: ok('{}'), b: ok(''), c: ok('{}') } }, async ({ send }) => {
      await assert.rejects(send(json('{}')), failing('answer', 'b', /empty/));
    });
  });
});

suite('a combiner over gRPC', () => {
  const children = (b: GrpcRule) => ({
    a: [{ path: '/seldon.protos.Model/Predict', answer: text('a') }],
    b: [b],
    c: [{ path: '/seldon.protos.Combiner/Aggregate', answer: text('sum') }],
  });

  test('NaN and Infinity are numbers, and an empty answer is a message', async () => {
    const tensor = { shape: [3], values: [NaN, Infinity, -Infinity] };
    const answer = bytes(SeldonMessageSchema, {
      dataOneof: { case: 'data', value: { dataOneof: { case: 'tensor', value: tensor } } },
    });
    for (const b of [answer, Buffer.alloc(0)]) {
      const grpc = children({ path: '/seldon.protos.Model/Predict', answer: b });
      await play({ graph: sum, grpc }, async ({ send, grpcNodes }) => {
        assert.deepEqual((await send(protobuf(text('q')))).body, text('sum'));
        const list =
          grpcNodes.calls.find(({ node }) => node === 'c')?.body ?? assert.fail('the combiner was not asked');
        const [, second] = fromBinary(SeldonMessageListSchema, list).seldonMessages;
        assert.deepEqual(second, fromBinary(SeldonMessageSchema, b));
      });
    }
  });

  test('tensorflow: the outputs of all children, and a truncated answer of one', async () => {
    const output = { dtype: DataType.DT_FLOAT, floatVal: [1.5] };
    const answer = bytes(PredictResponseSchema, { outputs: { y: output } });
    const path = '/tensorflow.serving.PredictionService/Predict';
    const grpc = (b: Buffer) => ({ a: [{ path, answer }], b: [{ path, answer: b }], c: [{ path, answer }] });
    const request = protobuf(bytes(PredictRequestSchema, {}), 'tensorflow.serving.PredictRequest');
    await play({ graph: sum, protocol: 'tensorflow', grpc: grpc(answer) }, async ({ send, grpcNodes }) => {
      assert.deepEqual((await send(request)).body, answer);
      const asked = grpcNodes.calls.find(({ node }) => node === 'c')?.body ?? assert.fail('the combiner was not asked');
      const { inputs, modelSpec } = fromBinary(PredictRequestSchema, asked);
      assert.deepEqual([modelSpec?.name, modelSpec?.signatureName], ['c', 'aggregate']);
      assert.deepEqual(
        Object.entries(inputs).map(([name, { floatVal }]) => [name, floatVal]),
        [
          ['0/y', [1.5]],
          ['1/y', [1.5]],
        ],
      );
    });
    const cut = answer.subarray(0, answer.length - 1);
    await play({ graph: sum, protocol: 'tensorflow', grpc: grpc(cut) }, async ({ send }) => {
      await assert.rejects(send(request), failing('answer', 'c', /child 1|cannot go to combiner/));
    });
  });
});

suite('one child fails while another is at work', () => {
  // The limit of a call, which would break it off too, is far away.
  const bounds = { timeout: 100_000 };
  const timeoutMs = 60_000;

  test('REST: its call is broken off, and the failure is that of the one', bounds, async () => {
    const rest = { a: silent(), b: [{ status: 503, bodyText: 'busy', afterCallOf: 'a' }], c: ok('{}') };
    await play({ graph: sum, timeoutMs, rest }, async ({ send, restNodes }) => {
      await assert.rejects(send(json('{}')), failing('status', 'b'));
      const slow = restNodes.calls.find(({ node }) => node === 'a') ?? assert.fail('the sibling was not asked');
      await slow.broken;
      assert.ok(!restNodes.calls.some(({ node }) => node === 'c'));
    });
  });

  test('gRPC: the same', bounds, async () => {
    const path = '/seldon.protos.Model/Predict';
    const grpc = {
      a: [{ path, silent: true }],
      b: [{ path, grpcStatus: 'UNAVAILABLE', grpcDetails: 'busy', afterCallOf: 'a' }],
      c: [{ path: '/seldon.protos.Combiner/Aggregate', answer: text('sum') }],
    };
    await play({ graph: sum, timeoutMs, grpc }, async ({ send, grpcNodes }) => {
      await assert.rejects(send(protobuf(text('q'))), failing('status', 'b', /busy/));
      const slow = grpcNodes.calls.find(({ node }) => node === 'a') ?? assert.fail('the sibling was not asked');
      await slow.broken;
      assert.ok(!grpcNodes.calls.some(({ node }) => node === 'c'));
    });
  });
});

suite('a router', () => {
  const router = unit('r', 'ROUTER', unit('a', 'MODEL'), unit('b', 'MODEL'));

  test('REST: one that hangs ends at the limit of a call, and no child is asked', async () => {
    const rest = { r: silent(), a: ok('1'), b: ok('1') };
    await play({ graph: router, timeoutMs: 100, rest }, async ({ send, restNodes }) => {
      await assert.rejects(send(json('{}')), failing('timeout', 'r'));
      assert.deepEqual(
        restNodes.calls.map(({ node }) => node),
        ['r'],
      );
    });
  });

  test('gRPC: the same, in every protocol', async () => {
    for (const [protocol, path, messageName] of [
      ['seldon', '/seldon.protos.Router/Route', 'seldon.protos.SeldonMessage'],
      ['tensorflow', '/tensorflow.serving.PredictionService/Predict', 'tensorflow.serving.PredictRequest'],
      ['v2', '/inference.GRPCInferenceService/ModelInfer', 'inference.ModelInferRequest'],
    ] as const) {
      const grpc = { r: [{ path, silent: true }], a: [], b: [] };
      await play({ graph: router, protocol, timeoutMs: 100, grpc }, async ({ send, grpcNodes }) => {
        await assert.rejects(send(protobuf(Buffer.alloc(0), messageName)), failing('timeout', 'r'));
        assert.deepEqual(
          grpcNodes.calls.map(({ node }) => node),
          ['r'],
        );
      });
    }
  });

  for (const [name, body] of [
    ['nothing', ''],
    ['a key of JavaScript', '{"__proto__":{"data":{"ndarray":[1]}}}'],
    ['a number that is none', '{"data":{"ndarray":[NaN]}}'],
    ['a child beyond 2^53', '[9007199254740993]'],
    ['9,000 lists, one in the other', `${'['.repeat(9_000)}${']'.repeat(9_000)}`],
    ['20,000 lists, one in the other', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ] as const) {
    test(`that answers with ${name} fails alone`, async () => {
      const rest = { r: ok(body), a: ok('1'), b: ok('1') };
      await play({ graph: router, rest }, async ({ send, restNodes }) => {
        await assert.rejects(send(json('{}')), failing('answer', 'r'));
        assert.equal(restNodes.calls.length, 1);
      });
    });
  }
});
