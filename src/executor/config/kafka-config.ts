import type { Problem } from '../../base/errors.ts';
import { readOptions, type OptionSources, type OptionSpec } from '../../base/options.ts';
import { consumerGroup } from '../../deployment/names.ts';
import { connectionOptions, consumerOptions, REVOKE_MARGIN_MS } from '../../kafka/options.ts';
import { streamOptions } from '../../stream/options.ts';
import type { KafkaConfig } from './executor-config.ts';
import type { OptionGroup } from './flags/flag-usage.ts';
import { topicProblems } from './topic-problems.ts';

/** The options of a streaming predictor, as help and reference show them. */
export const kafkaOptionGroups: readonly OptionGroup[] = [
  { heading: 'Kafka connection', specs: connectionOptions },
  { heading: 'Consumer group', specs: consumerOptions },
  { heading: 'Stream', specs: streamOptions },
];

const kafkaOptions = { ...connectionOptions, ...consumerOptions, ...streamOptions };

/** Names of the environment variables that set up Kafka and the stream. */
export const kafkaVariables: ReadonlySet<string> = new Set(
  Object.values<OptionSpec<unknown>>(kafkaOptions).flatMap((spec) => spec.env ?? []),
);

export interface KafkaIdentity {
  readonly predictor: string;
  readonly deploymentName: string;
  readonly namespace: string;
}

/** Compiles the Kafka part of the configuration; problems come in the order in which Seldon's executor checks. */
export function kafkaConfig(
  sources: OptionSources,
  identity: KafkaIdentity,
): { readonly kafka: KafkaConfig; readonly problems: readonly Problem[] } {
  const connection = readOptions(connectionOptions, sources);
  const consumer = readOptions(consumerOptions, sources);
  const stream = readOptions(streamOptions, sources);
  const { inputTopic, outputTopic } = stream.values;
  const problems: Problem[] = [
    ...requiredOption('kafka_broker', 'KAFKA_BROKER', connection.values.broker, 'localhost:9092'),
    ...requiredOption('kafka_input_topic', 'KAFKA_INPUT_TOPIC', inputTopic, 'requests'),
    ...requiredOption('kafka_output_topic', 'KAFKA_OUTPUT_TOPIC', outputTopic, 'predictions'),
    ...connection.problems,
    ...consumer.problems,
    ...stream.problems,
    ...topicProblems(stream.values),
  ];
  const { rebalanceTimeoutMs, revokeDrainMs } = consumer.values;
  if (revokeDrainMs + REVOKE_MARGIN_MS > rebalanceTimeoutMs) {
    const [longest, shortest] = [rebalanceTimeoutMs - REVOKE_MARGIN_MS, revokeDrainMs + REVOKE_MARGIN_MS];
    problems.push({
      path: 'KAFKA_REVOKE_DRAIN_MS',
      message: `${revokeDrainMs} ms, and the group waits ${rebalanceTimeoutMs} ms in a rebalance: it would go on without this replica`,
      remedy:
        longest < 0
          ? `set KAFKA_REBALANCE_TIMEOUT_MS to ${shortest} or more`
          : `set it to ${longest} or less, or KAFKA_REBALANCE_TIMEOUT_MS to ${shortest} or more`,
    });
  }
  const { batchSize, workers } = stream.values;
  if (batchSize > workers) {
    problems.push({
      path: 'KAFKA_BATCH_SIZE',
      message: `${batchSize} records in a call, and KAFKA_WORKERS allows ${workers} in flight: no batch would ever be full`,
      remedy: `set KAFKA_WORKERS to ${batchSize} or more (several times as many keep the model busy), or KAFKA_BATCH_SIZE to ${workers} or less`,
    });
  }
  if (stream.values.fullGraph) {
    problems.push({
      path: 'KAFKA_FULL_GRAPH',
      message: 'Kafka between the nodes of a graph is not supported',
      remedy: 'leave it out: requests and results go over Kafka, and the models are called directly',
    });
  }
  return {
    kafka: {
      connection: connection.values,
      consumer: consumer.values,
      stream: stream.values,
      group: consumerGroup(identity.predictor, identity.deploymentName, identity.namespace),
    },
    problems,
  };
}

/** Limit of one model call where no annotation says one: the one option of the stream that counts for requests too. */
export function modelTimeout(sources: OptionSources): {
  readonly timeoutMs: number;
  readonly problems: readonly Problem[];
} {
  const { values, problems } = readOptions({ modelTimeoutMs: streamOptions.modelTimeoutMs }, sources);
  return { timeoutMs: values.modelTimeoutMs, problems };
}

function requiredOption(flag: string, variable: string, value: string, example: string): Problem[] {
  if (value !== '') return [];
  return [
    { path: `--${flag}`, message: 'required, and not given', remedy: `set it or ${variable}, such as ${example}` },
  ];
}
