import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { test } from 'node:test';
import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Metadata, status } from '@grpc/grpc-js';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { HealthCheckResponseSchema } from '../../../../src/protocol/gen/grpc/health/health_pb.ts';
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from '../../../../src/protocol/gen/grpc/reflection/reflection_pb.ts';
import {
  ModelInferRequestSchema,
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import {
  SeldonGraphMetadataSchema,
  SeldonMessageSchema,
  SeldonModelMetadataSchema,
} from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import { GetModelStatusRequestSchema } from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import type { Protocol } from '../../../../src/protocol/payload.ts';
import { requestAnswered } from '../../../../src/rpc/channels.ts';
import { until } from '../../../until.ts';
import { withGrpcFront, type GrpcCaller } from '../grpc-front.ts';

const MODEL: PredictiveUnit = { name: 'm', type: 'MODEL', endpoint: {} };
const PREDICT = '/seldon.protos.Seldon/Predict';
const MODEL_PREDICT = '/seldon.protos.Model/Predict';
const INFERENCE = '/inference.GRPCInferenceService';
const EMPTY = Buffer.alloc(0);

function message<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Buffer {
  return Buffer.from(toBinary(schema, create(schema, init)));
}

const TEXT = message(SeldonMessageSchema, { dataOneof: { case: 'strData', value: 'x' } });
const ECHO = { m: [{ path: MODEL_PREDICT, answer: TEXT }] };

test("a node's status and message reach the client as they are; what has none is told by its kind", async () => {
  const rule = (grpcStatus: string, grpcDetails: string) => ({
    path: MODEL_PREDICT,
    times: 1,
    grpcStatus,
    grpcDetails,
  });
  const nodes = { m: [rule('RESOURCE_EXHAUSTED', 'too much é\n%'), rule('NOT_FOUND', '')] };
  await withGrpcFront({ graph: MODEL, nodes }, async ({ client }) => {
    const first = await client.call(PREDICT, TEXT);
    assert.deepEqual([first.error?.code, first.error?.details], [status.RESOURCE_EXHAUSTED, 'too much é\n%']);
    const second = await client.call(PREDICT, TEXT);
    assert.deepEqual([second.error?.code, second.error?.details], [status.NOT_FOUND, '']);
  });
  await withGrpcFront({ graph: MODEL, unreachableNodes: ['m'] }, async ({ client }) => {
    const { error } = await client.call(PREDICT, TEXT);
    assert.equal(error?.code, status.UNAVAILABLE);
    assert.match(error?.details ?? '', /^node 'm' at .* cannot be reached/);
  });
});

test("a node's error details reach the client, where its trailers have room for them", async () => {
  const rule = (statusDetails: Buffer) => ({
    path: MODEL_PREDICT,
    times: 1,
    grpcStatus: 'INVALID_ARGUMENT',
    grpcDetails: 'x',
    statusDetails,
  });
  const details = Buffer.from([0x08, 0x03, 0x12, 0x01, 0x78, 0xff]);
  await withGrpcFront(
    { graph: MODEL, nodes: { m: [rule(details), rule(Buffer.alloc(7_000))] } },
    async ({ client }) => {
      const told = async () => {
        const { error } = await client.call(PREDICT, TEXT);
        assert.deepEqual([error?.code, error?.details], [status.INVALID_ARGUMENT, 'x']);
        return error?.metadata.get('grpc-status-details-bin');
      };
      assert.deepEqual(await told(), [details]);
      assert.deepEqual(await told(), []);
    },
  );
});

test("metadata goes to the nodes, binary too; gRPC's own does not", async () => {
  await withGrpcFront({ graph: MODEL, nodes: ECHO }, async ({ client, nodes }) => {
    const metadata = new Metadata();
    metadata.add('x-a', '1');
    metadata.add('x-a', '2');
    metadata.add('x-raw-bin', Buffer.from([0, 255]));
    metadata.add('seldon-puid', 'mine');
    await new Promise((resolve, reject) => {
      const asIs = (bytes: Buffer) => bytes;
      client.client.makeUnaryRequest(PREDICT, asIs, asIs, TEXT, metadata, {}, (error) =>
        error ? reject(error) : resolve(0),
      );
    });
    const seen = nodes.calls[0]?.metadata ?? {};
    assert.deepEqual([seen['x-raw-bin'], seen['seldon-puid']], [Buffer.from([0, 255]), 'mine']);
    assert.match(String(seen['x-a']), /1|2/);
    assert.match(String(seen['user-agent']), /^millrace\//);
  });
});

test('bytes that are no message fail alone', async () => {
  const cut = TEXT.subarray(0, TEXT.length - 1);
  const deep = Buffer.concat(Array.from({ length: 200 }, () => Buffer.from([0x0b])));
  await withGrpcFront({ graph: MODEL, nodes: ECHO }, async ({ client, nodes }) => {
    for (const bytes of [cut, deep, Buffer.from('ffffffffffffffffffffff', 'hex'), Buffer.from('{"json":1}')]) {
      const { error } = await client.call(PREDICT, bytes);
      assert.equal(error?.code, status.INVALID_ARGUMENT);
      assert.match(error?.details ?? '', /its bytes are no protobuf message/);
    }
    assert.equal(nodes.calls.length, 0);
    assert.equal((await client.call(PREDICT, TEXT)).error, null);
  });
});

test('invalid UTF-8 and unknown fields go through where nobody looks', async () => {
  const odd = Buffer.concat([Buffer.from([0x2a, 2, 0xff, 0xfe]), Buffer.from([0xf8, 0x3f, 1])]);
  await withGrpcFront({ graph: MODEL, nodes: ECHO }, async ({ client, nodes }) => {
    assert.equal((await client.call(PREDICT, odd)).error, null);
    assert.deepEqual(nodes.calls[0]?.body, odd);
  });
});

test('a message over the limit is refused, one of a hundred megabytes too; the limit itself is not', async () => {
  const limit = 1024 * 1024;
  await withGrpcFront({ graph: MODEL, nodes: ECHO, maxMessageBytes: limit }, async ({ client, nodes }) => {
    const sized = (bytes: number) => {
      const body = Buffer.alloc(bytes, 0x78);
      const head = Buffer.from([0x2a, 0, 0, 0, 0]);
      const length = bytes - 5;
      for (let i = 0; i < 4; i++) head[i + 1] = ((length >>> (7 * i)) & 0x7f) | (i < 3 ? 0x80 : 0);
      head.copy(body);
      return body;
    };
    assert.equal((await client.call(PREDICT, sized(limit))).error, null);
    assert.equal((await client.call(PREDICT, sized(limit + 1))).error?.code, status.RESOURCE_EXHAUSTED);
    assert.equal((await client.call(PREDICT, Buffer.alloc(100_000_000))).error?.code, status.RESOURCE_EXHAUSTED);
    assert.equal(nodes.calls.length, 1);
  });
});

test('a message that trickles in is given up', async () => {
  await withGrpcFront({ graph: MODEL, nodes: ECHO, requestTimeoutMs: 100 }, async ({ port }) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': PREDICT,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => undefined);
    // The status comes alone, in headers that end the stream.
    const answered = once(stream, 'response') as Promise<[Readonly<Record<string, string>>]>;
    stream.resume();
    stream.write(Buffer.from([0, 0, 0, 1, 0]));
    const drip = setInterval(() => stream.write('x'), 10);
    const [{ 'grpc-status': code }] = await answered;
    clearInterval(drip);
    assert.equal(Number(code), status.DEADLINE_EXCEEDED);
    session.destroy();
  });
});

test('a client that goes away ends the calls of its request', async () => {
  const nodes = { m: [{ path: MODEL_PREDICT, silent: true }] };
  await withGrpcFront({ graph: MODEL, nodes }, async ({ client, nodes: { calls } }) => {
    const asIs = (bytes: Buffer) => bytes;
    const ended = Promise.withResolvers<void>();
    const call = client.client.makeUnaryRequest(PREDICT, asIs, asIs, TEXT, () => ended.resolve());
    await until('the node is called', () => calls.length > 0);
    call.cancel();
    await ended.promise;
    assert.ok(calls[0], 'the node was called');
    await calls[0].broken;
  });
});

test('what is no HTTP/2, and hundreds of clients that go away, leave nothing behind', async () => {
  await withGrpcFront({ graph: MODEL, nodes: ECHO }, async ({ client, port, server }) => {
    const starts = [
      '',
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\0'.repeat(200)}`,
    ];
    for (let i = 0; i < 400; i++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(starts[i % starts.length] ?? '');
      if (i % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    assert.equal((await client.call(PREDICT, TEXT)).error, null);
    client.close();
    assert.equal(await server.close(5_000), true);
  });
});

test('a call under way is answered while the server closes; one that never ends does not hold it', async () => {
  const nodes = { m: [{ path: MODEL_PREDICT, silent: true }] };
  await withGrpcFront({ graph: MODEL, nodes }, async ({ client, nodes: { calls }, server }) => {
    const asked = client.call(PREDICT, TEXT);
    await until('the node is called', () => calls.length > 0);
    const begun = performance.now();
    assert.equal(await server.close(50), false);
    assert.equal((await asked).error?.code, status.UNAVAILABLE);
    await calls[0]?.broken;
    // The limit of the model's call is a minute: it was not waited for.
    assert.ok(performance.now() - begun < 30_000);
  });
});

test('seldon: metadata of one model and of the graph; feedback that nobody takes', async () => {
  const metadata = (name: string) => [
    {
      path: '/seldon.protos.Model/Metadata',
      answer: message(SeldonModelMetadataSchema, {
        name,
        inputs: [{ name: `in-${name}` }],
        outputs: [{ name: `out-${name}` }],
      }),
    },
  ];
  const graph: PredictiveUnit = { name: 't', type: 'TRANSFORMER', endpoint: {}, children: [MODEL] };
  await withGrpcFront({ graph, nodes: { t: metadata('t'), m: metadata('m') } }, async ({ client, nodes }) => {
    const asked = message(SeldonModelMetadataSchema, { name: 'm' });
    const one = await client.call('/seldon.protos.Seldon/ModelMetadata', asked);
    assert.equal(fromBinary(SeldonModelMetadataSchema, one.message).inputs[0]?.name, 'in-m');
    assert.deepEqual(nodes.calls[0]?.body, EMPTY);
    const all = await client.call('/seldon.protos.Seldon/GraphMetadata', EMPTY);
    const { name, models, inputs, outputs } = fromBinary(SeldonGraphMetadataSchema, all.message);
    assert.deepEqual(
      [name, Object.keys(models).sort(), inputs[0]?.name, outputs[0]?.name],
      ['p', ['m', 't'], 'in-t', 'out-m'],
    );
    const unknown = await client.call(
      '/seldon.protos.Seldon/ModelMetadata',
      message(SeldonModelMetadataSchema, { name: 'x' }),
    );
    assert.deepEqual([unknown.error?.code, unknown.error?.details], [status.NOT_FOUND, 'Failed to find model x']);
  });
  const quiet: PredictiveUnit = { name: 't', type: 'TRANSFORMER', endpoint: {} };
  await withGrpcFront({ graph: quiet }, async ({ client }) => {
    const { error, message: answer } = await client.call(
      '/seldon.protos.Seldon/SendFeedback',
      Buffer.from([0x1d, 0, 0, 0x80, 0x3f]),
    );
    assert.deepEqual([error, answer.length], [null, 0]);
  });
});

test('tensorflow: status and metadata go to the model that is named', async () => {
  const nodes = {
    m: [
      { path: '/tensorflow.serving.ModelService/GetModelStatus', answer: Buffer.from([0x0a, 0]) },
      { path: '/tensorflow.serving.PredictionService/GetModelMetadata', answer: Buffer.from([0x0a, 0]) },
    ],
  };
  await withGrpcFront({ protocol: 'tensorflow', graph: MODEL, nodes }, async ({ client, nodes: { calls } }) => {
    const asked = message(GetModelStatusRequestSchema, { modelSpec: { name: 'm' } });
    for (const { path } of nodes.m) assert.deepEqual((await client.call(path, asked)).message, Buffer.from([0x0a, 0]));
    assert.deepEqual(
      calls.map(({ body }) => body),
      [asked, asked],
    );
    const reload = await client.call('/tensorflow.serving.ModelService/HandleReloadConfigRequest', EMPTY);
    assert.deepEqual([reload.error?.code, reload.error?.details], [status.UNKNOWN, 'Not implemented']);
    assert.equal((await client.call(PREDICT, TEXT)).error?.code, status.UNIMPLEMENTED);
  });
});

test('v2: the server answers what crashed Seldon', async () => {
  let ready = true;
  const answer = message(ModelInferRequestSchema, { modelName: 'm' });
  const nodes = { m: [{ path: `${INFERENCE}/ModelReady`, answer }] };
  const stuck: string[] = [];
  const served = { protocol: 'v2', graph: MODEL, nodes, readiness: () => ready, liveness: () => stuck } as const;
  await withGrpcFront(served, async ({ client }) => {
    const isLive = async () => {
      const { message: told } = await client.call(`${INFERENCE}/ServerLive`, EMPTY);
      return fromBinary(ServerLiveResponseSchema, told).live;
    };
    assert.equal(await isLive(), true);
    stuck.push('nothing moves');
    assert.equal(await isLive(), false);
    for (const state of [true, false]) {
      ready = state;
      const told = await client.call(`${INFERENCE}/ServerReady`, EMPTY);
      assert.equal(fromBinary(ServerReadyResponseSchema, told.message).ready, state);
    }
    const about = await client.call(`${INFERENCE}/ServerMetadata`, EMPTY);
    assert.equal(fromBinary(ServerMetadataResponseSchema, about.message).name, 'dep');
    assert.deepEqual((await client.call(`${INFERENCE}/ModelReady`, Buffer.from([0x0a, 1, 0x6d]))).message, answer);
    for (const name of ['ModelConfig', 'RepositoryIndex', 'Nothing']) {
      assert.equal((await client.call(`${INFERENCE}/${name}`, EMPTY)).error?.code, status.UNIMPLEMENTED, name);
    }
  });
});

test('a graph that gives the request back is told from an answer', async () => {
  const graph: PredictiveUnit = { name: 'nobody', type: 'UNKNOWN_TYPE' };
  await withGrpcFront({ protocol: 'v2', graph }, async ({ client }) => {
    const { error } = await client.call(`${INFERENCE}/ModelInfer`, EMPTY);
    assert.equal(error?.code, status.UNKNOWN);
    assert.match(error?.details ?? '', /the graph answered with a inference\.ModelInferRequest/);
  });
});

test('health follows readiness', async () => {
  let ready = true;
  await withGrpcFront({ graph: MODEL, readiness: () => ready }, async ({ client }) => {
    const check = async (service: string) => {
      const asked = service === '' ? EMPTY : Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]);
      const { error, message: told } = await client.call('/grpc.health.v1.Health/Check', asked);
      return error?.code ?? fromBinary(HealthCheckResponseSchema, told).status;
    };
    assert.deepEqual([await check(''), await check('seldon.protos.Seldon')], [1, 1]);
    assert.equal(await check('other'), status.NOT_FOUND);
    ready = false;
    assert.equal(await check(''), 2);
    const asIs = (bytes: Buffer) => bytes;
    const watch = client.client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asIs, asIs, EMPTY);
    watch.on('error', () => undefined);
    const [first] = (await once(watch, 'data')) as [Buffer];
    assert.equal(fromBinary(HealthCheckResponseSchema, first).status, 2);
    ready = true;
    const [second] = (await once(watch, 'data')) as [Buffer];
    assert.equal(fromBinary(HealthCheckResponseSchema, second).status, 1);
    watch.cancel();
  });
});

test('a client that watches or reflects does not hold the end of the server', async () => {
  await withGrpcFront({ graph: MODEL }, async ({ client, server }) => {
    const asIs = (bytes: Buffer) => bytes;
    const watch = client.client.makeServerStreamRequest('/grpc.health.v1.Health/Watch', asIs, asIs, EMPTY);
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const reflection = client.client.makeBidiStreamRequest(path, asIs, asIs);
    for (const stream of [watch, reflection]) stream.on('error', () => undefined);
    reflection.write(Buffer.from([0x3a, 0]));
    await Promise.all([once(watch, 'data'), once(reflection, 'data')]);
    watch.resume();
    reflection.resume();
    const ended = Promise.all([once(watch, 'status'), once(reflection, 'status')]);
    assert.equal(await server.close(3_000), true);
    assert.deepEqual(
      (await ended).map(([status]) => (status as { readonly code: number }).code),
      [0, 0],
    );
  });
});

test('reflection tells the services and their messages, under both of its names', async () => {
  const expected: Readonly<Record<Protocol, readonly string[]>> = {
    seldon: ['seldon.protos.Seldon'],
    tensorflow: ['tensorflow.serving.PredictionService', 'tensorflow.serving.ModelService'],
    v2: ['inference.GRPCInferenceService'],
  };
  for (const protocol of ['seldon', 'tensorflow', 'v2'] as const) {
    await withGrpcFront({ protocol, graph: MODEL }, async ({ client }) => {
      for (const version of ['v1', 'v1alpha']) {
        const [list, file, missing, nothing] = await reflect(client, version, [
          { case: 'listServices', value: '' },
          { case: 'fileContainingSymbol', value: expected[protocol][0] ?? '' },
          { case: 'fileContainingSymbol', value: 'no.such.Thing' },
          { case: undefined },
        ]);
        assert.equal(list?.case, 'listServicesResponse');
        const names = list.value.service.map(({ name }) => name);
        assert.deepEqual(names, [
          ...expected[protocol],
          'grpc.health.v1.Health',
          'grpc.reflection.v1.ServerReflection',
        ]);
        assert.equal(file?.case, 'fileDescriptorResponse');
        const files = file.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
        const known = new Set(files.map(({ name }) => name));
        for (const one of files) for (const needed of one.dependency) assert.ok(known.has(needed), needed);
        const services = files.flatMap(({ package: inside, service }) =>
          service.map(({ name }) => `${inside}.${name}`),
        );
        assert.ok(expected[protocol].every((name) => services.includes(name)));
        assert.deepEqual([missing?.case, nothing?.case], ['errorResponse', 'errorResponse']);
      }
    });
  }
});

test('calls are measured by their full method and status; probes are not', async () => {
  const seen: string[] = [];
  const end = requestAnswered.subscribe(({ service, method, code }) => seen.push(`${service} ${method} ${code}`));
  const nodes = {
    m: [
      { path: MODEL_PREDICT, times: 1, answer: TEXT },
      { path: MODEL_PREDICT, grpcStatus: 'ABORTED' },
    ],
  };
  await withGrpcFront({ graph: MODEL, nodes }, async ({ client }) => {
    await client.call(PREDICT, TEXT);
    await client.call(PREDICT, TEXT);
    await client.call('/grpc.health.v1.Health/Check', EMPTY);
  });
  end();
  assert.deepEqual(seen, [`${PREDICT} unary OK`, `${PREDICT} unary ABORTED`]);
});

type Question = MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest'];

async function reflect(client: GrpcCaller, version: string, questions: readonly Question[]) {
  const asIs = (bytes: Buffer) => bytes;
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const stream = client.client.makeBidiStreamRequest(path, asIs, asIs);
  const answers: Buffer[] = [];
  stream.on('data', (bytes: Buffer) => answers.push(bytes));
  for (const messageRequest of questions) {
    stream.write(message(ServerReflectionRequestSchema, messageRequest === undefined ? {} : { messageRequest }));
  }
  stream.end();
  await once(stream, 'end');
  return answers.map((bytes) => fromBinary(ServerReflectionResponseSchema, bytes).messageResponse);
}
