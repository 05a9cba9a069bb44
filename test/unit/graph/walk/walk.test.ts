import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../../src/graph/compile.ts';
import { createExecutor, type ExecutorOptions, type GraphRequest } from '../../../../src/graph/execute.ts';
import type { ModelClient, NodeCall } from '../../../../src/graph/model-client.ts';
import { NodeError } from '../../../../src/graph/node-error.ts';
import type { Payload } from '../../../../src/protocol/payload.ts';

const json = (text: string): Payload => ({
  body: Buffer.from(text),
  contentType: 'application/json',
  contentEncoding: '',
});
const request: GraphRequest = { payload: json('{"in":1}'), headers: ['x', '1'], puid: 'p1' };

/** A client in memory: answers by node and method, or hangs until it is cancelled. */
class FakeClient implements ModelClient {
  readonly calls: NodeCall[] = [];
  readonly cancelled: string[] = [];
  readonly asked: string[] = [];
  readonly #answers: Readonly<Record<string, string | Error>>;

  constructor(answers: Readonly<Record<string, string | Error>>) {
    this.#answers = answers;
  }

  call(call: NodeCall): Promise<Payload> {
    this.calls.push(call);
    const answer = this.#answers[`${call.nodeName} ${call.method}`];
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer !== undefined) return Promise.resolve(json(answer));
    return new Promise((_resolve, reject) => {
      const cancel = () => {
        this.cancelled.push(call.nodeName);
        reject(new NodeError('cancelled', { failure: 'cancelled', node: call.nodeName }));
      };
      if (call.signal?.aborted) cancel();
      else call.signal?.addEventListener('abort', cancel);
    });
  }

  checkReady(nodeName: string): Promise<void> {
    this.asked.push(nodeName);
    const answer = this.#answers[`${nodeName} ready`];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const endpoint = { service_host: 'h', httpPort: 1 };
const unit = (name: string, type: string, ...children: PredictiveUnit[]): PredictiveUnit => ({
  name,
  type,
  endpoint,
  children,
});

function executor(graph: PredictiveUnit, answers: Readonly<Record<string, string | Error>>, options?: ExecutorOptions) {
  const client = new FakeClient(answers);
  const compiled = compileGraph({ name: 'p', graph }, { protocol: 'seldon', transport: 'rest' });
  return { client, ...createExecutor(compiled, client, options) };
}

const failed = (node: string) => new NodeError(`${node} failed`, { failure: 'status', node, status: 500 });

test('a single model gets the payload itself, the headers and the puid', async () => {
  const { client, execute } = executor(unit('m', 'MODEL'), { 'm predict': '{"out":1}' });
  const result = await execute(request);
  assert.equal(result.body.toString(), '{"out":1}');
  const [call] = client.calls;
  assert.equal(call?.payload, request.payload);
  assert.deepEqual(call.headers, ['Seldon-Puid', 'p1', 'x', '1']);
  assert.equal(call.modelName, 'm');
});

test('one child that fails ends the request and cancels its siblings, however deep', async () => {
  const graph = unit(
    'c',
    'COMBINER',
    unit('slow', 'MODEL'),
    unit('inner', 'COMBINER', unit('a', 'MODEL'), unit('b', 'MODEL')),
    unit('bad', 'MODEL'),
  );
  const { client, execute } = executor(graph, { 'bad predict': failed('bad') });
  await assert.rejects(execute(request), (error) => error instanceof NodeError && error.node === 'bad');
  assert.deepEqual(client.cancelled.sort(), ['a', 'b', 'slow']);
  assert.ok(!client.calls.some((call) => call.method === 'aggregate'));
});

test("the caller's signal reaches every call under way", async () => {
  const graph = unit('c', 'COMBINER', unit('a', 'MODEL'), unit('b', 'MODEL'));
  const { client, execute } = executor(graph, {});
  const controller = new AbortController();
  const running = execute({ ...request, signal: controller.signal });
  await setImmediate();
  assert.equal(client.calls.length, 2);
  controller.abort();
  await assert.rejects(running, (error) => error instanceof NodeError && error.failure === 'cancelled');
  assert.deepEqual(client.cancelled.sort(), ['a', 'b']);
});

test('a request that is given up early ends too', async () => {
  const graph = unit('c', 'COMBINER', unit('a', 'MODEL'), unit('b', 'MODEL'));
  const { execute } = executor(graph, {});
  const controller = new AbortController();
  const running = execute({ ...request, signal: controller.signal });
  controller.abort();
  await assert.rejects(running, (error) => error instanceof NodeError && error.failure === 'cancelled');
});

test('route -2 calls no child and no combiner, and the message goes on', async () => {
  const graph: PredictiveUnit = {
    ...unit('r', 'ROUTER', unit('m', 'MODEL')),
    methods: ['AGGREGATE', 'TRANSFORM_OUTPUT'],
  };
  const { client, execute } = executor(graph, { 'r route': '[-2]', 'r transform-output': '{"out":1}' });
  assert.equal((await execute(request)).body.toString(), '{"out":1}');
  assert.deepEqual(
    client.calls.map((call) => call.method),
    ['route', 'transform-output'],
  );
  assert.equal(client.calls[1]?.payload, request.payload);
});

test('a router beyond its children names what it said and keeps its answer', async () => {
  const { execute } = executor(unit('r', 'ROUTER', unit('m', 'MODEL')), { 'r route': '[5]' });
  await assert.rejects(execute(request), (error) => {
    assert.ok(error instanceof NodeError);
    assert.deepEqual([error.failure, error.node, error.response?.toString()], ['answer', 'r', '[5]']);
    assert.match(error.message, /router 'r' answered 5; with 1 children, a route is 0 to 0/);
    return true;
  });
});

test('a unit without calls gives back what it got', async () => {
  const { execute } = executor({ name: 'nothing' }, {});
  assert.equal(await execute(request), request.payload);
});

test('the A/B test draws by its ratio', async () => {
  const graph: PredictiveUnit = {
    name: 'ab',
    implementation: 'RANDOM_ABTEST',
    parameters: [{ name: 'ratioA', value: '0.25', type: 'FLOAT' }],
    children: [unit('a', 'MODEL'), unit('b', 'MODEL')],
  };
  const draws = [0, 0.2499, 0.25, 0.9999];
  const answers = { 'a predict': 'a', 'b predict': 'b' };
  const { execute } = executor(graph, answers, { random: () => draws.shift() ?? 0 });
  const taken: string[] = [];
  for (let i = 0; i < 4; i++) taken.push((await execute(request)).body.toString());
  assert.deepEqual(taken, ['a', 'a', 'b', 'b']);
});

test('routes are written into meta.routing at every level when asked for', async () => {
  const graph = unit('t', 'TRANSFORMER', unit('r', 'ROUTER', unit('a', 'MODEL'), unit('b', 'MODEL')));
  const answers = { 't transform-input': '{"x":1.0}', 'r route': '[1]', 'b predict': '{"meta":{},"n":2.0}' };
  const injected = await executor(graph, answers, { routingInjection: true }).execute(request);
  assert.equal(injected.body.toString(), '{"meta":{"routing":{"b":-1,"r":1,"t":-1}},"n":2.0}');
  const plain = await executor(graph, answers).execute(request);
  assert.equal(plain.body.toString(), '{"meta":{},"n":2.0}');
});

test('a unit that chooses a child and combines its answer is -1 among the routes', async () => {
  const both = { ...unit('r', 'ROUTER', unit('a', 'MODEL'), unit('b', 'MODEL')), methods: ['AGGREGATE'] };
  const answers = { 'r route': '[1]', 'b predict': '{}', 'r aggregate': '{"meta":{}}' };
  const { execute, client } = executor(both, answers, { routingInjection: true });
  assert.equal((await execute(request)).body.toString(), '{"meta":{"routing":{"b":-1,"r":-1}}}');
  assert.deepEqual(
    client.calls.map(({ nodeName, method }) => `${nodeName} ${method}`),
    ['r route', 'b predict', 'r aggregate'],
  );
});

test('a single model gets its routes injected too', async () => {
  const { execute } = executor(unit('m', 'MODEL'), { 'm predict': '{"meta":{}}' }, { routingInjection: true });
  assert.equal((await execute(request)).body.toString(), '{"meta":{"routing":{"m":-1}}}');
});

const feedback = (routing: string): GraphRequest => ({
  ...request,
  payload: json(`{"response":{"meta":{"routing":${routing}}},"reward":1.0}`),
});

test('feedback goes to the children on the route, then to the router, as it came', async () => {
  const graph = unit('r', 'ROUTER', unit('a', 'MODEL'), unit('t', 'TRANSFORMER', unit('b', 'MODEL')));
  const answers = { 'b send-feedback': '{"b":1}', 'a send-feedback': '{"a":1}', 'r send-feedback': '{"r":1}' };
  const { client, sendFeedback } = executor(graph, answers);
  const message = feedback('{"r":1}');
  assert.equal((await sendFeedback(message)).body.toString(), '{"r":1}');
  assert.deepEqual(
    client.calls.map((call) => call.nodeName),
    ['b', 'r'],
  );
  assert.ok(client.calls.every((call) => call.payload === message.payload));
  await sendFeedback(request);
  assert.deepEqual(
    client.calls.slice(2).map((call) => call.nodeName),
    ['a', 'b', 'r'],
  );
  await sendFeedback(feedback('{"r":"1"}'));
  assert.deepEqual(
    client.calls.slice(5).map((call) => call.nodeName),
    ['b', 'r'],
    'a number may be a text',
  );
  await sendFeedback(feedback('{"r":3000000000}'));
  assert.deepEqual(
    client.calls.slice(7).map((call) => call.nodeName),
    ['a', 'b', 'r'],
    'what no int32 holds is no route',
  );
});

test('feedback on a route that is not there is the fault of the request', async () => {
  const { sendFeedback } = executor(unit('r', 'ROUTER', unit('a', 'MODEL')), {});
  await assert.rejects(sendFeedback(feedback('{"r":5}')), (error) => {
    return error instanceof NodeError && error.failure === 'request' && error.message.includes('route 5');
  });
});

test('readiness asks children before parents, and only nodes that get calls', async () => {
  const graph = unit('c', 'COMBINER', unit('a', 'MODEL'), { name: 'fan', endpoint, children: [unit('b', 'MODEL')] });
  const { client, checkReady } = executor(graph, {});
  await checkReady();
  assert.deepEqual(client.asked, ['a', 'b', 'c']);
  const loading = executor(graph, { 'b ready': failed('b') });
  await assert.rejects(loading.checkReady(), (error) => error instanceof NodeError && error.node === 'b');
  assert.deepEqual(loading.client.asked, ['a', 'b']);
});
