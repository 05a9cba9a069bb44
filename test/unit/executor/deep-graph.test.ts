import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { MillraceError } from '../../../src/base/errors.ts';
import { defaultedText } from '../../../src/cli/validation/defaulted-text.ts';
import { reportFile } from '../../../src/cli/validation/file-report.ts';
import { parseDeployment } from '../../../src/deployment/parse.ts';
import { readRunConfig } from '../../../src/executor/config/run-config.ts';
import { compileGraph } from '../../../src/graph/compile.ts';
import { createExecutor, type GraphRequest } from '../../../src/graph/execute.ts';
import { restGraphMetadata } from '../../../src/graph/metadata/rest-graph-metadata.ts';
import { createModelQuery } from '../../../src/graph/model-query.ts';
import { createGrpcClient } from '../../../src/models/grpc/grpc-client.ts';
import { createRestClient } from '../../../src/models/rest/rest-client.ts';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../src/protocol/gen/inference/grpc_service_pb.ts';
import type { Protocol, Transport } from '../../../src/protocol/payload.ts';
import { run, saidOf } from '../dev/graph-test/test-text.ts';
import { StubGrpcNodes } from '../rpc/stub-grpc-node.ts';
import { StubHttpNodes } from '../rpc/stub-http-node.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-deep-'));
after(() => rmSync(directory, { recursive: true }));

/** A document in block style, as people write it: `depth` transformers, one below the other, all at one address. */
function chain(depth: number, protocol: Protocol, transport: Transport, port: number): string {
  const lines = [
    'apiVersion: machinelearning.seldon.io/v1',
    'kind: SeldonDeployment',
    'metadata: {name: deep}',
    'spec:',
    `  protocol: ${protocol}`,
    `  transport: ${transport}`,
    '  serverType: kafka',
    '  predictors:',
    '  - name: p',
    '    svcOrchSpec:',
    '      env:',
    '      - {name: KAFKA_BROKER, value: "b:9092"}',
    '      - {name: KAFKA_INPUT_TOPIC, value: in}',
    '      - {name: KAFKA_OUTPUT_TOPIC, value: out}',
    '    graph:',
  ];
  for (let level = 0; level < depth; level++) {
    const indent = ' '.repeat(6 + 2 * level);
    const dash = level === 0 ? indent : `${indent.slice(2)}- `;
    const ports = transport === 'grpc' ? `grpcPort: ${port}` : `httpPort: ${port}`;
    lines.push(`${dash}name: u${level}`, `${indent}type: TRANSFORMER`, `${indent}methods: [SEND_FEEDBACK]`);
    lines.push(`${indent}implementation: SKLEARN_SERVER`, `${indent}modelUri: gs://m`);
    lines.push(`${indent}endpoint: {service_host: 127.0.0.1, ${ports}}`);
    if (level < depth - 1) lines.push(`${indent}children:`);
  }
  return lines.join('\n');
}

const options = {
  source: 'deep.yaml',
  host: '127.0.0.1',
  httpPort: 0,
  grpcPort: -1,
  gracefulTimeoutMs: 1_000,
  shutdownDelayMs: 0,
  fullHealthChecks: false,
  logFormat: 'people',
} as const;

function compiled(depth: number, protocol: Protocol, transport: Transport, port: number) {
  const { predictor } = readRunConfig(chain(depth, protocol, transport, port), options, {});
  return compileGraph(predictor, { protocol, transport });
}

const json = (text: string): GraphRequest => ({
  payload: { body: Buffer.from(text), contentType: 'application/json', contentEncoding: '' },
  headers: [],
  puid: 'p1',
});
const names = (depth: number) => Array.from({ length: depth }, (_, level) => `u${level}`);

suite('a graph as deep as graphs may be', () => {
  for (const depth of [200, 300]) {
    test(`v2 over REST, ${depth} levels: every unit is called, in order`, async () => {
      const nodes = new StubHttpNodes();
      const port = await nodes.start('all', [{ status: 200, bodyText: '{"outputs":[]}' }]);
      const client = createRestClient({ protocol: 'v2', timeoutMs: 60_000 });
      try {
        const graph = compiled(depth, 'v2', 'rest', port);
        const executor = createExecutor(graph, client);
        await executor.checkReady();
        const { body } = await executor.execute(json('{"inputs":[]}'));
        assert.equal(body.toString(), '{"outputs":[]}');
        const path = (name: string) => `/v2/models/${name}/infer`;
        assert.deepEqual(
          nodes.calls.map((call) => call.path),
          names(depth).map(path),
        );
      } finally {
        await client.close();
        await nodes.close();
      }
    });

    test(`seldon over REST, ${depth} levels: feedback and metadata reach every unit`, async () => {
      const nodes = new StubHttpNodes();
      const port = await nodes.start('all', [{ status: 200, bodyText: '{"name":"m","inputs":[1],"outputs":[2]}' }]);
      const client = createRestClient({ protocol: 'seldon', timeoutMs: 60_000 });
      try {
        const graph = compiled(depth, 'seldon', 'rest', port);
        await createExecutor(graph, client).sendFeedback(json('{"reward":1}'));
        assert.deepEqual(
          nodes.calls.map((call) => call.path),
          names(depth).map(() => '/send-feedback'),
        );
        const metadata = await restGraphMetadata('p', createModelQuery(graph, client), json('{}'));
        const { models, graphinputs } = JSON.parse(metadata.toString()) as Record<string, object>;
        assert.deepEqual(Object.keys(models ?? {}), names(depth));
        assert.deepEqual(graphinputs, [1]);
      } finally {
        await client.close();
        await nodes.close();
      }
    });

    test(`v2 over gRPC, ${depth} levels: every unit is called, in order`, async () => {
      const nodes = new StubGrpcNodes();
      const answer = Buffer.from(toBinary(ModelInferResponseSchema, create(ModelInferResponseSchema, { id: 'i' })));
      const port = await nodes.start('all', [{ path: '/inference.GRPCInferenceService/ModelInfer', answer }]);
      const client = createGrpcClient({ protocol: 'v2', timeoutMs: 60_000 });
      try {
        const executor = createExecutor(compiled(depth, 'v2', 'grpc', port), client);
        await executor.checkReady();
        const payload = { body: Buffer.alloc(0), contentType: 'application/protobuf', contentEncoding: '' };
        const { body } = await executor.execute({ payload, headers: [], puid: 'p1' });
        assert.deepEqual(body, answer);
        assert.deepEqual(
          nodes.calls.map((call) => fromBinary(ModelInferRequestSchema, call.body).modelName),
          names(depth),
        );
      } finally {
        await client.close();
        nodes.close();
      }
    });
  }

  test('validate and its defaults take it, and warn of Kubernetes', async () => {
    const file = join(directory, 'deep.yaml');
    writeFileSync(file, chain(300, 'seldon', 'rest', 9000));
    const { valid, problems } = await reportFile(file);
    assert.ok(valid, JSON.stringify(problems.filter(({ severity }) => severity === 'error')));
    assert.deepEqual(
      problems.map(({ rule }) => rule),
      ['graph-depth'],
    );
    const { deployment } = parseDeployment(await defaultedText(file));
    let unit = deployment.spec.predictors[0]?.graph;
    let depth = 0;
    for (; unit !== undefined; unit = unit.children?.[0]) {
      assert.equal(unit.endpoint?.service_host, 'localhost', unit.name);
      depth++;
    }
    assert.equal(depth, 300);
  });

  test('a graph test runs it', async () => {
    const answers = Object.fromEntries(names(200).map((name, level) => [name, { answer: level + 1 }]));
    const deep = { name: 'deep', request: 0, nodes: answers, expect: { output: 200, calls: names(200) } };
    const results = await run(JSON.stringify({ tests: [deep] }), chain(200, 'seldon', 'rest', 1));
    assert.deepEqual(results.flatMap(saidOf), []);
    assert.equal(results.length, 1);
  });
});

suite('a graph that is deeper', () => {
  const expected = /graph: .*more than 300 units deep: unit 'u300' stands on level 301; make the graph flatter/;

  test('is refused by run, with the unit and the limit', () => {
    assert.throws(
      () => compiled(301, 'seldon', 'rest', 9000),
      (error) => error instanceof MillraceError && expected.test(error.message),
    );
  });

  test('is an error of validate', async () => {
    const file = join(directory, 'deeper.yaml');
    writeFileSync(file, chain(301, 'seldon', 'rest', 9000));
    const { valid, problems } = await reportFile(file);
    const [error, ...others] = problems.filter(({ severity }) => severity === 'error');
    assert.deepEqual([valid, error?.rule, error?.path, others], [false, 'graph-depth', 'spec.predictors[0].graph', []]);
    assert.match(error?.message ?? '', /more than 300 units deep: unit 'u300' stands on level 301/);
  });

  test('is refused by whoever reads the document when it is far deeper', () => {
    assert.throws(
      () => compiled(400, 'seldon', 'rest', 9000),
      (error) => error instanceof MillraceError && /300 units deep at most/.test(error.message),
    );
  });
});

test('metadata that nests deep, or has digits beyond a double, comes as the model wrote it', async () => {
  const custom = `{"a":${'['.repeat(9_000)}9007199254740993${']'.repeat(9_000)}}`;
  const nodes = new StubHttpNodes();
  const bodyText = `{"custom": ${custom}, "name" : "m","versions":[ ],"platform":"", "inputs":[1.0]}`;
  const port = await nodes.start('all', [{ status: 200, bodyText }]);
  const client = createRestClient({ protocol: 'seldon', timeoutMs: 60_000 });
  try {
    const metadata = await restGraphMetadata(
      'p',
      createModelQuery(compiled(1, 'seldon', 'rest', port), client),
      json('{}'),
    );
    assert.equal(
      metadata.toString(),
      `{"name":"p","models":{"u0":{"name":"m","inputs":[1.0],"custom":${custom}}},"graphinputs":[1.0],"graphoutputs":null}`,
    );
  } finally {
    await client.close();
    await nodes.close();
  }
});
