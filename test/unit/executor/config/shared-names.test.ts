import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { MillraceError } from '../../../../src/base/errors.ts';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { readExecutorConfig } from '../../../../src/executor/config/config.ts';
import { readRunConfig } from '../../../../src/executor/config/run-config.ts';
import { compileGraph } from '../../../../src/graph/compile.ts';
import { SeldonMessageSchema } from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import { deployment } from '../../dev/graph-test/test-text.ts';
import { problemsIn } from '../../deployment/sample.ts';
import { withGrpcFront } from '../../rpc/grpc-front.ts';
import { withHttpFront } from '../../rpc/served-graph.ts';
import { ask } from '../../rpc/ask.ts';

const at = (httpPort: number) => ({ service_host: 'h', httpPort, grpcPort: httpPort + 500 });
const model = (name: string, more: Partial<PredictiveUnit> = {}): PredictiveUnit => ({
  name,
  type: 'MODEL',
  endpoint: at(1),
  ...more,
});
const router = (name: string, ...children: PredictiveUnit[]): PredictiveUnit => ({
  ...model(name),
  type: 'ROUTER',
  children,
});

/** What `validate` says of the names of a graph, its severity first. */
const judged = (graph: PredictiveUnit) =>
  problemsIn(deployment(graph))
    .filter(({ rule }) => rule === 'unit-name-twice')
    .map(({ severity, path, message, remedy }) => `${severity} ${path}: ${message}; ${remedy}`);

/** Why the executor does not start with a graph; undefined where it does. */
function refusal(graph: PredictiveUnit): string | undefined {
  try {
    compileGraph({ name: 'p', graph }, { protocol: 'seldon', transport: 'rest' });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof MillraceError, String(error));
    return error.message;
  }
}

suite('two units of one name', () => {
  const clashes: readonly (readonly [string, PredictiveUnit, RegExp])[] = [
    [
      'a router and a model',
      router('x', model('a'), model('x')),
      /one of them chooses among its children, and routes and feedback are told by name/,
    ],
    [
      'two A/B tests',
      {
        name: 'c',
        children: [0, 1].map((i) => ({
          name: 'x',
          implementation: 'RANDOM_ABTEST',
          children: [model(`a${i}`), model(`b${i}`)],
        })),
      },
      /one of them chooses/,
    ],
    [
      'at two addresses',
      { name: 'c', children: [model('x'), model('x', { endpoint: at(2) })] },
      /their endpoint\.httpPort differs, and a name is one model server/,
    ],
    [
      'of two models',
      {
        name: 'c',
        children: ['gs://a', 'gs://b'].map((modelUri) => model('x', { implementation: 'SKLEARN_SERVER', modelUri })),
      },
      /their modelUri differs/,
    ],
  ];
  for (const [name, graph, expected] of clashes) {
    test(`${name}: refused at the start and by validate, with both places`, () => {
      const [problem = '', ...others] = judged(graph);
      assert.match(
        problem,
        /^error spec\.predictors\[0\]\.graph\.children\[1\]\.name: two units are named 'x', here and at spec\.predictors\[0\]\.graph/,
      );
      assert.match(problem, /; rename one of them$/);
      assert.match(problem, expected);
      assert.deepEqual(others, []);
      const message = refusal(graph) ?? '';
      assert.match(message, /graph\.children\[1\]\.name: two units are named 'x', here and at graph/);
      assert.match(message, expected);
    });
  }

  test('a third is compared with all before it', () => {
    const graph = { name: 'c', children: [{ name: 'x', type: 'MODEL' }, model('x'), model('x', { endpoint: at(2) })] };
    assert.deepEqual(
      judged(graph).map((problem) => problem.slice(0, 7)),
      ['warning', 'error s'],
    );
    assert.match(refusal(graph) ?? '', /children\[2\]\.name: .* and at graph\.children\[1\]/);
  });

  test('calls of one model server: run, and told', () => {
    const through = (name: string, ...children: PredictiveUnit[]) => ({ name, methods: [], children });
    const graph = through('c', model('x'), through('y', model('x')));
    assert.equal(refusal(graph), undefined);
    const [problem = ''] = judged(graph);
    assert.match(
      problem,
      /^warning .*children\[1\]\.children\[0\]\.name: .*they are taken for calls of one model server/,
    );

    const executor = readExecutorConfig({
      commandLine: { flags: { sdep: 'd', namespace: 'n', predictor: 'p' }, rest: [] },
      env: { ENGINE_PREDICTOR: Buffer.from(JSON.stringify({ name: 'p', graph })).toString('base64') },
      readFile: () => '',
    });
    const told =
      "graph.children[1].children[0] and graph.children[0] are both named 'x': they are taken for calls of one model server";
    assert.ok(executor.warnings.includes(told), executor.warnings.join('\n'));
    const run = readRunConfig(
      deployment(graph),
      {
        source: 'd',
        host: 'h',
        httpPort: 0,
        grpcPort: -1,
        gracefulTimeoutMs: 1,
        shutdownDelayMs: 0,
        fullHealthChecks: false,
        logFormat: 'people',
      },
      {},
    );
    assert.ok(run.warnings.includes(told), run.warnings.join('\n'));
  });

  test('one that says nothing of its server is where the other is', () => {
    const { endpoint: _, ...bare } = model('x');
    const graph = compileGraph(
      { name: 'p', graph: { name: 'c', children: [bare, model('x')] } },
      { protocol: 'seldon', transport: 'rest' },
    );
    assert.deepEqual(
      graph.nodes.filter(({ name }) => name === 'x').map(({ endpoint }) => endpoint),
      [0, 1].map(() => ({ host: 'h', port: 1 })),
    );
  });
});

suite('a cycle of names', () => {
  const cycle = (): PredictiveUnit => ({
    ...model('a'),
    type: 'TRANSFORMER',
    endpoint: {},
    children: [{ name: 'b', type: 'MODEL', endpoint: {}, children: [{ name: 'a', type: 'TRANSFORMER' }] }],
  });

  test('over HTTP: every unit is called once, and the request ends', async () => {
    const answer = { status: 200, bodyText: '{"strData":"x"}' };
    await withHttpFront({ graph: cycle(), nodes: { a: [answer], b: [answer] } }, async ({ port, nodes }) => {
      const { status } = await ask(port, '/api/v1.0/predictions', { method: 'POST', body: '{"strData":"q"}' });
      assert.equal(status, 200);
      assert.deepEqual(
        nodes.calls.map(({ node, path }) => `${node} ${path}`),
        ['a /transform-input', 'b /predict', 'a /transform-input'],
      );
    });
  });

  test('over gRPC too', async () => {
    const message = create(SeldonMessageSchema, { dataOneof: { case: 'strData', value: 'x' } });
    const answer = Buffer.from(toBinary(SeldonMessageSchema, message));
    const nodes = {
      a: [{ path: '/seldon.protos.Transformer/TransformInput', answer }],
      b: [{ path: '/seldon.protos.Model/Predict', answer }],
    };
    await withGrpcFront({ graph: cycle(), nodes }, async ({ client, nodes: { calls } }) => {
      const { error } = await client.call('/seldon.protos.Seldon/Predict', answer);
      assert.equal(error, null);
      assert.deepEqual(
        calls.map(({ node }) => node),
        ['a', 'b', 'a'],
      );
    });
  });
});
