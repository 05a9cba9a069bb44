// A stream inside the test's own process: real Kafka, real HTTP, no command line.
import assert from 'node:assert/strict';
import { readOptions } from '../../src/base/options.ts';
import { parseDeployment } from '../../src/deployment/parse.ts';
import { startStream } from '../../src/executor/start-stream.ts';
import type { PredictorSpec } from '../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../src/graph/compile.ts';
import { createExecutor } from '../../src/graph/execute.ts';
import { connectionOptions, consumerOptions } from '../../src/kafka/options.ts';
import { createGrpcClient } from '../../src/models/grpc/grpc-client.ts';
import { createRestClient } from '../../src/models/rest/rest-client.ts';
import type { Protocol, Transport } from '../../src/protocol/payload.ts';
import { streamOptions } from '../../src/stream/options.ts';
import type { Pipeline } from '../../src/stream/pipeline.ts';
import { uniqueTopic } from '../broker.ts';

export { until } from '../until.ts';

export interface TestStreamOptions {
  readonly bootstrap: string;
  readonly input: string;
  readonly output: string;
  /** Of the one model, where no graph is given. */
  readonly modelPort?: number;
  /** Another graph than one model of the seldon protocol over REST; its endpoints are in it. */
  readonly served?: ServedGraph;
  readonly group?: string;
  /** Of the one unit: its payloads are told. */
  readonly logger?: { readonly mode: string; readonly url?: string };
  /** Ask the model's own health route. */
  readonly fullHealthChecks?: boolean;
  /** KAFKA_* variables beyond the topics. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServedGraph {
  readonly predictor: PredictorSpec;
  readonly protocol: Protocol;
  readonly transport: Transport;
}

export interface TestStream {
  readonly pipeline: Pipeline;
  readonly group: string;
  /** Rejects when the stream fails; resolves when it was closed. */
  readonly ended: Promise<void>;
  close(limitMs?: number): Promise<void>;
}

// Short, so that a test of many restarts stays short.
const QUICK = {
  KAFKA_SESSION_TIMEOUT_MS: '6000',
  KAFKA_COMMIT_INTERVAL_MS: '100',
  // For a run of all tests in the other protocol.
  KAFKA_GROUP_PROTOCOL: process.env['MILLRACE_TEST_GROUP_PROTOCOL'] ?? 'classic',
};

/** Starts a stream; without `served` of one model (protocol seldon: bytes go through as they are). */
export function startTestStream(options: TestStreamOptions): TestStream {
  const { bootstrap, input, output, modelPort, logger, group = uniqueTopic('group') } = options;
  const env = {
    ...QUICK,
    KAFKA_BROKER: bootstrap,
    KAFKA_INPUT_TOPIC: input,
    KAFKA_OUTPUT_TOPIC: output,
    ...options.env,
  };
  const [connection, consumer, stream] = [
    readOptions(connectionOptions, { env }),
    readOptions(consumerOptions, { env }),
    readOptions(streamOptions, { env }),
  ];
  assert.deepEqual([...connection.problems, ...consumer.problems, ...stream.problems], []);
  const { predictor, protocol, transport } = options.served ?? oneModel(modelPort ?? 0, logger);
  const client = (transport === 'grpc' ? createGrpcClient : createRestClient)({
    protocol,
    timeoutMs: stream.values.modelTimeoutMs,
    fullHealthChecks: options.fullHealthChecks ?? false,
  });
  const graph = createExecutor(compileGraph(predictor, { protocol, transport }), client);
  const kafka = { connection: connection.values, consumer: consumer.values, stream: stream.values, group };
  const pipeline = startStream(kafka, graph, transport);
  const ended = pipeline.run();
  ended.catch(() => undefined);
  return {
    pipeline,
    group,
    ended,
    async close(limitMs = 10_000) {
      await pipeline.close(limitMs);
      await graph.close();
      await ended.catch(() => undefined);
    },
  };
}

function oneModel(port: number, logger: TestStreamOptions['logger']): ServedGraph {
  const endpoint = { service_host: '127.0.0.1', service_port: port };
  const { deployment } = parseDeployment(
    JSON.stringify({
      apiVersion: 'machinelearning.seldon.io/v1',
      kind: 'SeldonDeployment',
      metadata: { name: 'd' },
      spec: { predictors: [{ name: 'p', graph: { name: 'classifier', type: 'MODEL', endpoint, logger } }] },
    }),
    { source: 'test' },
  );
  const [predictor] = deployment.spec.predictors;
  assert.ok(predictor);
  return { predictor, protocol: 'seldon', transport: 'rest' };
}
