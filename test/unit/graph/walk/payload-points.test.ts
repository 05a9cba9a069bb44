import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { MillraceError } from '../../../../src/base/errors.ts';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { payloadPassed, type PayloadPassed } from '../../../../src/graph/channels.ts';
import { compileGraph } from '../../../../src/graph/compile.ts';
import { createExecutor, type GraphExecutor } from '../../../../src/graph/execute.ts';
import type { NodeCall } from '../../../../src/graph/model-client.ts';
import { NodeError } from '../../../../src/graph/node-error.ts';
import type { Payload, Protocol } from '../../../../src/protocol/payload.ts';

const json = (text: string): Payload => ({
  body: Buffer.from(text),
  contentType: 'application/json',
  contentEncoding: '',
});

type Headers = readonly string[];
const given = (headers: Headers = []) => ({ payload: json('{"in":1}'), headers, puid: 'p1' });

const unit = (name: string, type: string, mode: string, ...children: PredictiveUnit[]): PredictiveUnit => ({
  name,
  type,
  endpoint: { service_host: 'h', httpPort: 1 },
  children,
  ...(mode !== '' && { logger: { mode, url: `http://${name}/` } }),
});

/** Every node answers with its name and method; a router with branch 1; `bad` fails. */
function graphOf(graph: PredictiveUnit, protocol: Protocol = 'seldon', route = 1): GraphExecutor {
  const call = ({ nodeName, method }: NodeCall) => {
    if (protocol === 'v2') return Promise.resolve(json(`{"outputs":["${nodeName}"]}`));
    if (nodeName === 'bad') return Promise.reject(new NodeError('bad failed', { failure: 'status', node: 'bad' }));
    return Promise.resolve(json(method === 'route' ? `{"data":{"ndarray":[[${route}]]}}` : `"${nodeName} ${method}"`));
  };
  const client = { call, checkReady: () => Promise.resolve(), close: () => Promise.resolve() };
  return createExecutor(compileGraph({ name: 'p', graph }, { protocol, transport: 'rest' }), client);
}

let events: PayloadPassed[] = [];
let end: () => void;
const told = () => events.map(({ node, kind, payload }) => `${node} ${kind} ${payload.body.toString()}`);

beforeEach(() => {
  events = [];
  end = payloadPassed.subscribe((event) => events.push(event));
});
afterEach(() => end());

const IN = '{"in":1}';
const [A, B] = [unit('a', 'MODEL', ''), unit('b', 'MODEL', '')];

interface Case {
  readonly graph: PredictiveUnit;
  readonly route?: number;
  readonly expected: readonly string[];
}

const POINTS: Readonly<Record<string, Case>> = {
  'a model': { graph: unit('m', 'MODEL', 'all'), expected: [`m request ${IN}`, 'm response "m predict"'] },
  'a model, requests alone': { graph: unit('m', 'MODEL', 'request'), expected: [`m request ${IN}`] },
  'a model, responses alone': { graph: unit('m', 'MODEL', 'response'), expected: ['m response "m predict"'] },
  'a model without a logger': { graph: unit('m', 'MODEL', ''), expected: [] },
  'an output transformer': {
    graph: unit('o', 'OUTPUT_TRANSFORMER', 'all', A),
    expected: [`o request ${IN}`, 'o response "a predict"', 'o request "a predict"', 'o response "o transform-output"'],
  },
  'a transformer over a model: once for its call, once around its children': {
    graph: unit('t', 'TRANSFORMER', 'all', A),
    expected: [
      `t request ${IN}`,
      't response "t transform-input"',
      't request "t transform-input"',
      't response "a predict"',
    ],
  },
  'a router': { graph: unit('r', 'ROUTER', 'all', A, B), expected: [`r request ${IN}`, 'r response "b predict"'] },
  'a router that chooses all': {
    graph: unit('r', 'ROUTER', 'all', A, B),
    route: -1,
    expected: [`r request ${IN}`, 'r response "a predict"'],
  },
  'a router that chooses none': { graph: unit('r', 'ROUTER', 'all', A, B), route: -2, expected: [`r request ${IN}`] },
  'a combiner: around its children, and for its call the message they got': {
    graph: unit('c', 'COMBINER', 'all', A, B),
    expected: [`c request ${IN}`, `c request ${IN}`, 'c response "c aggregate"', 'c response "c aggregate"'],
  },
  'a unit that only holds children': {
    graph: unit('u', 'UNKNOWN_TYPE', 'all', A),
    expected: [`u request ${IN}`, 'u response "a predict"'],
  },
  'a child alone': {
    graph: unit('t', 'TRANSFORMER', '', unit('m', 'MODEL', 'all')),
    expected: ['m request "t transform-input"', 'm response "m predict"'],
  },
};

suite('what is told of a prediction', () => {
  for (const [name, { graph, route, expected }] of Object.entries(POINTS)) {
    test(name, async () => {
      await graphOf(graph, 'seldon', route).execute(given());
      assert.deepEqual(told(), expected);
    });
  }

  test('a call is told as it is made: chained, where the protocol renames', async () => {
    const graph = unit('o', 'OUTPUT_TRANSFORMER', 'request', unit('m', 'MODEL', '', unit('n', 'MODEL', 'request')));
    await graphOf(graph, 'v2').execute({ ...given(), payload: json('{"inputs":[1]}') });
    // A unit with children tells first what they get.
    assert.deepEqual(told(), ['o request {"inputs":[1]}', 'n request {"inputs":["m"]}', 'o request {"inputs":["n"]}']);
  });

  test('what cannot be chained reaches no node, and is not told', async () => {
    await assert.rejects(graphOf(unit('m', 'MODEL', 'all'), 'v2').execute(given()));
    assert.deepEqual(told(), []);
  });

  test('an event names the node, where it goes, the prediction and its trace', async () => {
    await graphOf(unit('m', 'MODEL', 'request')).execute(given(['x', '1', 'TraceParent', '00-a-b-01']));
    const [event] = events;
    assert.equal(event?.logger.url, 'http://m/');
    assert.equal(event.puid, 'p1');
    assert.equal(event.traceparent, '00-a-b-01');
    assert.equal(event.payload.contentType, 'application/json');
  });

  test('a call that fails has a request and no response', async () => {
    await assert.rejects(graphOf(unit('bad', 'MODEL', 'all')).execute(given()));
    assert.deepEqual(told(), [`bad request ${IN}`]);
  });

  test('a child that fails leaves its parent without a response', async () => {
    await assert.rejects(graphOf(unit('c', 'COMBINER', 'all', A, unit('bad', 'MODEL', ''))).execute(given()));
    assert.deepEqual(told(), [`c request ${IN}`]);
  });
});

suite('Seldon-Skip-Logging', () => {
  const skipping: readonly Headers[] = [
    ['Seldon-Skip-Logging', 'true'],
    ['seldon-skip-logging', '1'],
    ['SELDON-SKIP-LOGGING', 'On'],
    ['x', '1', 'seldon-skip-logging', 'no', 'Seldon-Skip-Logging', 'TRUE'],
  ];
  for (const headers of skipping) {
    test(`${headers.join(' ')}: nothing is told`, async () => {
      await graphOf(unit('c', 'COMBINER', 'all', unit('m', 'MODEL', 'all'))).execute(given(headers));
      assert.deepEqual(told(), []);
    });
  }
  for (const headers of [
    ['Seldon-Skip-Logging', 'false'],
    ['Seldon-Skip-Logging', ''],
    ['x', 'Seldon-Skip-Logging', 'y', 'true'],
  ]) {
    test(`${headers.join(' ')}: as ever`, async () => {
      await graphOf(unit('m', 'MODEL', 'request')).execute(given(headers));
      assert.deepEqual(told(), [`m request ${IN}`]);
    });
  }
});

suite('what is told of feedback', () => {
  const graph = (mode: string) => unit('r', 'ROUTER', mode, unit('m', 'MODEL', mode));
  const both = [`r feedback ${IN}`, `m feedback ${IN}`];
  for (const [mode, expected] of [
    ['all', both],
    ['response', both],
    ['request', []],
  ] as const) {
    test(`mode ${mode}`, async () => {
      await graphOf(graph(mode)).sendFeedback(given());
      assert.deepEqual(told(), expected);
    });
  }

  test('of tensorflow, whose models have no call for it', async () => {
    const answer = await graphOf(graph('all'), 'tensorflow').sendFeedback(given());
    assert.deepEqual(answer, given().payload);
    assert.deepEqual(told(), both);
  });

  test('with Seldon-Skip-Logging: nothing', async () => {
    await graphOf(graph('all')).sendFeedback(given(['seldon-skip-logging', 'true']));
    assert.deepEqual(told(), []);
  });
});

test('a logger that cannot be used stops the start, and says where', () => {
  const graph: PredictiveUnit = {
    ...unit('m', 'MODEL', 'every'),
    children: [
      { ...unit('n', 'MODEL', ''), logger: { mode: 'all', url: 'mailto:me' } },
      { ...unit('o', 'MODEL', ''), logger: { url: 'http://u:hush@[/' } },
    ],
  };
  assert.throws(
    () => graphOf(graph),
    (error) => {
      assert.ok(error instanceof MillraceError);
      assert.match(error.message, /graph\.logger\.mode: mode 'every' does not exist; set it to all, request, response/);
      assert.match(error.message, /graph\.children\[0\]\.logger\.url: 'mailto:me' is not a URL of http or https/);
      assert.match(error.message, /graph\.children\[1\]\.logger\.mode: the logger of unit 'o' has no mode/);
      assert.match(error.message, /graph\.children\[1\]\.logger\.url: 'http:\/\/\*\*\*@\[\/' is no URL/);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    },
  );
});
