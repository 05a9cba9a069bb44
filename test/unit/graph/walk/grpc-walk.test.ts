import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../../src/graph/compile.ts';
import { createExecutor, type ExecutorOptions, type GraphRequest } from '../../../../src/graph/execute.ts';
import type { ModelClient, NodeCall } from '../../../../src/graph/model-client.ts';
import { NodeError } from '../../../../src/graph/node-error.ts';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { FeedbackSchema, SeldonMessageSchema } from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import { PredictRequestSchema, PredictResponseSchema } from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import { PROTOBUF_TYPE, type Payload, type Protocol } from '../../../../src/protocol/payload.ts';

// Graphs over gRPC that Seldon Core 1 cannot run at all, and what may not be touched in those that it can.

function message<D extends DescMessage>(schema: D, init: MessageInitShape<D>): Payload {
  const body = Buffer.from(toBinary(schema, create(schema, init)));
  return { body, contentType: PROTOBUF_TYPE, contentEncoding: '', messageName: schema.typeName };
}

const endpoint = { service_host: 'h', grpcPort: 1 };
const unit = (name: string, type: string, ...children: PredictiveUnit[]): PredictiveUnit => ({
  name,
  type,
  endpoint,
  children,
});

function executor(
  protocol: Protocol,
  graph: PredictiveUnit,
  answers: Readonly<Record<string, Payload>>,
  options: ExecutorOptions = {},
) {
  const calls: NodeCall[] = [];
  const client: ModelClient = {
    call(call) {
      calls.push(call);
      const answer = answers[`${call.nodeName} ${call.method}`];
      return answer
        ? Promise.resolve(answer)
        : Promise.reject(new Error(`unexpected: ${call.nodeName} ${call.method}`));
    },
    checkReady: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const compiled = compileGraph({ name: 'p', graph }, { protocol, transport: 'grpc' });
  const { execute } = createExecutor(compiled, client, options);
  const run = (payload: Payload, more: Partial<GraphRequest> = {}) =>
    execute({ payload, headers: [], puid: 'p', ...more });
  const called = () => calls.map((call) => `${call.nodeName} ${call.method}`);
  return { run, calls, called };
}

const failing = (failure: string, node: string, pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof NodeError, String(error));
  assert.equal(error.failure, failure);
  assert.equal(error.node, node);
  assert.match(error.message, pattern);
  return true;
};

const typed = (name: string, ...fp32Contents: number[]) => ({ name, datatype: 'FP32', contents: { fp32Contents } });
const branch = (route: number) =>
  message(ModelInferResponseSchema, { outputs: [{ name: 'route', datatype: 'INT32', contents: { intContents: [route] } }] }); // prettier-ignore
const request = message(ModelInferRequestSchema, { modelName: 'sent', inputs: [typed('x', 1)] });

test('v2: a router chooses, its child gets the request as it came', async () => {
  const answer = message(ModelInferResponseSchema, { outputs: [typed('y', 2)] });
  const graph = unit('r', 'ROUTER', unit('a', 'MODEL'), unit('b', 'MODEL'));
  const { run, calls, called } = executor('v2', graph, { 'r route': branch(1), 'b predict': answer });
  assert.equal(await run(request), answer);
  assert.deepEqual(called(), ['r route', 'b predict']);
  const asked = fromBinary(ModelInferRequestSchema, calls[0]?.payload.body ?? Buffer.alloc(0));
  assert.equal(asked.modelName, 'r');
  assert.equal(asked.parameters['seldon_method']?.parameterChoice.value, 'route');
  assert.equal(calls[1]?.payload, request);
});

test('v2: transformers before and after, a combiner between', async () => {
  const answer = (name: string) => message(ModelInferResponseSchema, { id: 'i', outputs: [typed(name, 1)] });
  const graph = unit(
    't',
    'TRANSFORMER',
    unit('o', 'OUTPUT_TRANSFORMER', unit('c', 'COMBINER', unit('a', 'MODEL'), unit('b', 'MODEL'))),
  );
  const { run, calls, called } = executor('v2', graph, {
    't transform-input': answer('t'),
    'a predict': answer('a'),
    'b predict': answer('b'),
    'c aggregate': answer('c'),
    'o transform-output': answer('o'),
  });
  await run(request);
  assert.deepEqual(called(), ['t transform-input', 'a predict', 'b predict', 'c aggregate', 'o transform-output']);
  const sent = calls.map(({ payload }) => fromBinary(ModelInferRequestSchema, payload.body));
  assert.deepEqual(
    sent.map(({ modelName, inputs }) => [modelName, ...inputs.map(({ name }) => name)]),
    [
      ['sent', 'x'],
      ['a', 't'],
      ['b', 't'],
      ['c', '0/a', '1/b'],
      ['o', 'c'],
    ],
  );
  assert.deepEqual(sent.map(({ id }) => id), ['', 'i', 'i', 'i', 'i']); // prettier-ignore
});

test('tensorflow: a router of signature route', async () => {
  const route = { dtype: DataType.DT_INT64, int64Val: [0n] };
  const answer = message(PredictResponseSchema, { outputs: {} });
  const { run, calls } = executor('tensorflow', unit('r', 'ROUTER', unit('a', 'MODEL')), {
    'r route': message(PredictResponseSchema, { outputs: { route } }),
    'a predict': answer,
  });
  const predict = message(PredictRequestSchema, { modelSpec: { name: 'sent' } });
  assert.equal(await run(predict), answer);
  const asked = fromBinary(PredictRequestSchema, calls[0]?.payload.body ?? Buffer.alloc(0));
  assert.deepEqual([asked.modelSpec?.name, asked.modelSpec?.signatureName], ['r', 'route']);
});

test('a router that answers nonsense is to blame, with its answer', async () => {
  const graph = unit('r', 'ROUTER', unit('a', 'MODEL'));
  const none = executor('v2', graph, { 'r route': message(ModelInferResponseSchema, {}) });
  await assert.rejects(none.run(request), failing('answer', 'r', /did not answer with a route: it has 0 outputs/));
  const beyond = executor('v2', graph, { 'r route': branch(7) });
  await assert.rejects(beyond.run(request), failing('answer', 'r', /answered 7; with 1 children/));
});

test('single models get the very bytes, whatever is in the tensors', async () => {
  for (const [protocol, payload, type] of [
    ['seldon', message(SeldonMessageSchema, { meta: { puid: 'x' } }), 'MODEL'],
    ['tensorflow', message(PredictRequestSchema, { modelSpec: { name: 'x' } }), 'TRANSFORMER'],
    ['v2', request, 'OUTPUT_TRANSFORMER'],
  ] as const) {
    const answer = { ...payload };
    const answers = { 'm predict': answer, 'm transform-input': answer, 'm transform-output': answer };
    const { run, calls } = executor(protocol, unit('m', type), answers);
    assert.equal(await run(payload), answer);
    assert.equal(calls[0]?.payload, payload);
  }
});

test('without a name it is the request of the protocol', async () => {
  const answer = message(ModelInferResponseSchema, {});
  const { run, calls } = executor('v2', unit('m', 'MODEL'), { 'm predict': answer });
  await run({ ...request, messageName: '' });
  assert.equal(calls[0]?.payload.messageName, 'inference.ModelInferRequest');
  assert.equal(calls[0]?.payload.body, request.body);
});

test('what a protocol does not take, and what is no message, reach no node', async () => {
  const { run, called } = executor('v2', unit('m', 'MODEL'), {});
  const other = { ...request, messageName: 'seldon.protos.SeldonMessage' };
  await assert.rejects(
    run(other),
    failing('request', 'm', /'seldon.protos.SeldonMessage', and the v2 protocol takes inf/),
  );
  const cut = { ...request, body: request.body.subarray(0, request.body.length - 1) };
  await assert.rejects(run(cut), failing('request', 'm', /no protobuf message/));
  const huge = { ...request, messageName: 'x'.repeat(10_000) };
  await assert.rejects(run(huge), (error) => error instanceof NodeError && error.message.length < 500);
  assert.deepEqual(called(), []);
});

test('an answer that cannot go on is to blame on who gave it', async () => {
  const graph = unit('a', 'MODEL', unit('b', 'MODEL'));
  const garbage = { ...message(ModelInferResponseSchema, {}), body: Buffer.from([0xff]) };
  const { run } = executor('v2', graph, { 'a predict': garbage });
  await assert.rejects(run(request), failing('answer', 'b', /what an earlier node answered cannot go to node 'b'/));
});

test('feedback takes the way of its prediction', async () => {
  const noted = message(SeldonMessageSchema, {});
  const graph = unit('r', 'ROUTER', unit('a', 'MODEL'), unit('b', 'MODEL'));
  const answers = { 'r send-feedback': noted, 'a send-feedback': noted, 'b send-feedback': noted };
  const feedback = (routing: Record<string, number>) => message(FeedbackSchema, { response: { meta: { routing } } });
  for (const [routing, expected] of [
    [{ r: 1 }, ['b send-feedback', 'r send-feedback']],
    [{ r: -2 }, ['r send-feedback']],
    [{}, ['a send-feedback', 'b send-feedback', 'r send-feedback']],
  ] as const) {
    const { run, called } = executor('seldon', graph, answers);
    assert.equal(await run(feedback(routing)), noted);
    assert.deepEqual(called(), expected);
  }
  const { run } = executor('seldon', graph, answers);
  await assert.rejects(run(feedback({ r: 2 })), failing('request', 'r', /route 2/));
  const broken = { ...feedback({}), body: Buffer.from([0x0a, 1, 0xff]) };
  await assert.rejects(run(broken), failing('request', 'r', /the feedback cannot be read/));
});

test('feedback that no node can take comes back as it is', async () => {
  const feedback = message(FeedbackSchema, { reward: 1 });
  const { run } = executor('seldon', { name: 'm', methods: ['SEND_FEEDBACK'] }, {});
  assert.equal(await run(feedback), feedback);
});

test('routing injection leaves tensorflow and v2 alone', async () => {
  const answer = message(ModelInferResponseSchema, { outputs: [typed('y', 2)] });
  const { run } = executor('v2', unit('m', 'MODEL'), { 'm predict': answer }, { routingInjection: true });
  assert.equal(await run(request), answer);
});
