import type { GraphExecutor } from '../graph/execute.ts';
import { Cluster } from '../kafka/cluster/cluster.ts';
import type { Transport } from '../protocol/payload.ts';
import { Pipeline } from '../stream/pipeline.ts';
import type { KafkaConfig } from './config/executor-config.ts';

/**
 * Builds the stream of a predictor from its configuration. Nothing is connected before `run`.
 *
 * @throws MillraceError when brokers or security settings cannot be used
 */
export function startStream(kafka: KafkaConfig, graph: GraphExecutor, transport: Transport = 'rest'): Pipeline {
  const { connection, consumer, stream, group } = kafka;
  return new Pipeline(new Cluster(connection), graph, { group, consumer, stream, transport });
}
