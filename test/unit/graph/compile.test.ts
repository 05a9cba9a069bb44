import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../../src/base/errors.ts';
import type { PredictiveUnit } from '../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../src/graph/compile.ts';

const endpoint = { service_host: 'h', service_port: 1, httpPort: 9000, grpcPort: 9500 };
const model = (name: string): PredictiveUnit => ({ name, type: 'MODEL', endpoint });

const compile = (graph: PredictiveUnit, transport: 'rest' | 'grpc' = 'rest') =>
  compileGraph({ name: 'p', graph }, { protocol: 'seldon', transport });

test('nodes come depth first, with their place in the document', () => {
  const graph = compile({
    name: 'c',
    type: 'COMBINER',
    endpoint,
    children: [{ ...model('a'), children: [model('b')] }, model('d')],
  });
  assert.deepEqual(
    graph.nodes.map((node) => [node.name, node.path]),
    [
      ['c', 'graph'],
      ['a', 'graph.children[0]'],
      ['b', 'graph.children[0].children[0]'],
      ['d', 'graph.children[1]'],
    ],
  );
  assert.equal(graph.isSingleModel, false);
});

test('a single model is one node with one call', () => {
  assert.ok(compile(model('m')).isSingleModel);
  assert.ok(compile({ name: 'm', type: 'OUTPUT_TRANSFORMER', endpoint }).isSingleModel);
  assert.ok(!compile({ ...model('m'), methods: ['TRANSFORM_OUTPUT'] }).isSingleModel);
  assert.ok(!compile({ name: 'm' }).isSingleModel);
});

test('which port a node is called on', () => {
  const at = (unit: PredictiveUnit, transport: 'rest' | 'grpc') => compile(unit, transport).root.endpoint;
  assert.deepEqual(at(model('m'), 'rest'), { host: 'h', port: 9000 });
  assert.deepEqual(at(model('m'), 'grpc'), { host: 'h', port: 9500 });
  assert.deepEqual(at({ ...model('m'), endpoint: { service_host: 'h', service_port: 7 } }, 'rest'), {
    host: 'h',
    port: 7,
  });
  const moved = compileGraph(
    { name: 'p', graph: model('m') },
    { protocol: 'v2', transport: 'rest', overrideEndpoints: new Map([['m', { host: 'x', port: 1 }]]) },
  );
  assert.deepEqual(moved.root.endpoint, { host: 'x', port: 1 });
});

test('what cannot run is refused with every place and a remedy', () => {
  const graph: PredictiveUnit = {
    name: 'r',
    type: 'ROUTER',
    children: [
      { name: 'm', type: 'MODEL', endpoint: { service_host: 'h', httpPort: 0 } },
      { name: 'ab', implementation: 'RANDOM_ABTEST', children: [model('x')] },
      {
        name: 'bad',
        implementation: 'RANDOM_ABTEST',
        parameters: [{ name: 'ratioA', value: 'half', type: 'FLOAT' }],
        children: [model('x'), model('y')],
      },
    ],
  };
  assert.throws(
    () => compile(graph),
    (error) => {
      assert.ok(error instanceof MillraceError);
      assert.equal(error.code, 'GRAPH_INVALID');
      assert.match(error.message, /graph\.endpoint: unit 'r' gets calls.*set service_host and httpPort/);
      assert.match(error.message, /graph\.children\[0\]\.endpoint: unit 'm'/);
      assert.match(
        error.message,
        /graph\.children\[1\]\.children: RANDOM_ABTEST draws between two children, and unit 'ab' has 1/,
      );
      assert.match(
        error.message,
        /graph\.children\[2\]\.parameters\[0\]\.value: ratioA of unit 'bad' is 'half', not a number/,
      );
      return true;
    },
  );
});

test('units that get no call need no endpoint', () => {
  compile({ name: 'fan', children: [model('a')] });
  compile({ name: 'router-without-children', type: 'ROUTER' });
  compile({ name: 'ab', implementation: 'RANDOM_ABTEST', children: [model('a'), model('b')] });
});

test('a graph without end is refused, not run into', () => {
  let graph = model('leaf');
  for (let i = 0; i < 5_000; i++) graph = { name: 'n', children: [graph] };
  assert.throws(() => compile(graph), /more than 300 units deep: unit 'n' stands on level 301/);
});
