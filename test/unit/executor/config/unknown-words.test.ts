import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExecutorConfig } from '../../../../src/executor/config/config.ts';
import { readRunConfig } from '../../../../src/executor/config/run-config.ts';
import { deployment } from '../../dev/graph-test/test-text.ts';

const endpoint = { service_host: 'h', httpPort: 1, grpcPort: 2 };
const graph = {
  name: 'a',
  type: 'FOO',
  endpoint,
  children: [
    { name: 'b', type: 'model', endpoint },
    { name: 'c', type: 'UNKNOWN_TYPE', methods: ['TRANSFORM_INPUT', 'TRANFORM_OUTPUT'], endpoint },
    // Its implementation makes it a model, whatever its type.
    { name: 'd', type: 'BAR', implementation: 'SKLEARN_SERVER', endpoint },
  ],
};

const types = 'UNKNOWN_TYPE, ROUTER, COMBINER, MODEL, TRANSFORMER, OUTPUT_TRANSFORMER';
const told = [
  `graph.type: type 'FOO' does not exist, so unit 'a' gets no calls by it; use one of ${types}`,
  `graph.children[0].type: type 'model' does not exist, so unit 'b' gets no calls by it; did you mean MODEL? (one of ${types})`,
  "graph.children[1].methods[1]: method 'TRANFORM_OUTPUT' does not exist, so unit 'c' gets no calls by it; did you mean TRANSFORM_OUTPUT? (one of TRANSFORM_INPUT, TRANSFORM_OUTPUT, ROUTE, AGGREGATE, SEND_FEEDBACK)",
];
const ofWords = (warnings: readonly string[]) => warnings.filter((warning) => warning.includes('does not exist'));

test('run tells of types and methods that do not exist, and runs the rest', () => {
  const rest = { gracefulTimeoutMs: 1, shutdownDelayMs: 0, fullHealthChecks: false, logFormat: 'people' } as const;
  const config = readRunConfig(deployment(graph), { source: 'd', host: 'h', httpPort: 0, grpcPort: -1, ...rest }, {});
  assert.deepEqual(ofWords(config.warnings), told);
});

test('executor too, of what it is given', () => {
  const { warnings } = readExecutorConfig({
    commandLine: { flags: { sdep: 'd', namespace: 'n', predictor: 'p' }, rest: [] },
    env: { ENGINE_PREDICTOR: Buffer.from(JSON.stringify({ name: 'p', graph })).toString('base64') },
    readFile: () => '',
  });
  assert.deepEqual(ofWords(warnings).slice(0, 3), told);
});
