import { readOptions } from '../src/base/options.ts';
import { compileGraph } from '../src/graph/compile.ts';
import { createExecutor, type GraphExecutor } from '../src/graph/execute.ts';
import { Cluster } from '../src/kafka/cluster/cluster.ts';
import { connectionOptions, consumerOptions } from '../src/kafka/options.ts';
import { BatchingClient } from '../src/models/batching/batching-client.ts';
import { createRestClient } from '../src/models/rest/rest-client.ts';
import { batchRules } from '../src/protocol/batch/rules.ts';
import { streamOptions } from '../src/stream/options.ts';
import { Pipeline } from '../src/stream/pipeline.ts';

export interface StreamPlace {
  readonly bootstrap: string;
  readonly input: string;
  readonly output: string;
  readonly group: string;
  /** Of the stub model. */
  readonly port: number;
  /** Records in a model call; 1 by default. */
  readonly batch?: number;
}

/** Millrace's stream over the stub model, in this process; it runs when its pipeline does. */
export function millraceStream(
  { bootstrap, input, output, group, port, batch = 1 }: StreamPlace,
  variables: Readonly<Record<string, string>>,
): { readonly pipeline: Pipeline; readonly executor: GraphExecutor } {
  const env = { KAFKA_BROKER: bootstrap, KAFKA_INPUT_TOPIC: input, KAFKA_OUTPUT_TOPIC: output, ...variables };
  const predictor = { name: 'p', graph: { name: 'resnet32', type: 'MODEL' as const } };
  const overrideEndpoints = new Map([['resnet32', { host: '127.0.0.1', port }]]);
  const graph = compileGraph(predictor, { protocol: 'tensorflow', transport: 'rest', overrideEndpoints });
  const client = createRestClient({ protocol: 'tensorflow', timeoutMs: 60_000 });
  const limits = { size: batch, delayMs: 5, sizeBytes: 3_000_000 };
  const batching = batch > 1 ? new BatchingClient(client, batchRules('tensorflow', 'rest'), limits) : client;
  const executor = createExecutor(graph, batching);
  const pipeline = new Pipeline(new Cluster(readOptions(connectionOptions, { env }).values), executor, {
    group,
    consumer: readOptions(consumerOptions, { env }).values,
    stream: readOptions(streamOptions, { env }).values,
  });
  return { pipeline, executor };
}
