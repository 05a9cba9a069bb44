import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseDeployment } from '../../../../src/deployment/parse.ts';
import { callsInTurn } from '../../../../src/graph/walk/calls-in-turn.ts';
import { compileGraph } from '../../../../src/graph/compile.ts';

const at = { endpoint: { service_host: 'h', service_port: 1 } };
const unit = (name: string, type: string, children: unknown[] = []) => ({ name, type, children, ...at });

function calls(graph: unknown): number {
  const document = {
    apiVersion: 'machinelearning.seldon.io/v1',
    kind: 'SeldonDeployment',
    metadata: { name: 'd' },
    spec: { predictors: [{ name: 'p', graph }] },
  };
  const [predictor] = parseDeployment(JSON.stringify(document), { source: 'test' }).deployment.spec.predictors;
  assert.ok(predictor);
  return callsInTurn(compileGraph(predictor, { protocol: 'seldon', transport: 'rest' }).root);
}

test('counts the calls of the longest way through a graph', () => {
  assert.equal(calls(unit('m', 'MODEL')), 1);
  assert.equal(calls(unit('t', 'TRANSFORMER', [unit('m', 'MODEL')])), 2);
  assert.equal(calls(unit('o', 'OUTPUT_TRANSFORMER', [unit('m', 'MODEL', [unit('n', 'MODEL')])])), 3);
  // Children are asked at the same time, between the two calls of a router that combines.
  const router = unit('r', 'ROUTER', [unit('a', 'MODEL'), unit('t', 'TRANSFORMER', [unit('b', 'MODEL')])]);
  assert.equal(calls(router), 3);
  assert.equal(calls(unit('c', 'COMBINER', [router, unit('z', 'MODEL')])), 4);
});
