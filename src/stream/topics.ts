import { errorTopicName } from '../deployment/topic-name.ts';
import type { Cluster } from '../kafka/cluster/cluster.ts';
import { KafkaError } from '../kafka/kafka-error.ts';
import { createTopics } from '../kafka/cluster/topics.ts';
import type { StreamOptions } from './options.ts';

/** The error topic's name, or undefined when failed records are only counted. */
export function errorTopicOf(options: StreamOptions): string | undefined {
  return errorTopicName(options.errorTopic, options.outputTopic);
}

/**
 * Waits for the input topic (it belongs to those who write it), and makes sure of the output and error topics, which get as
 * many partitions as the input. Waits as long as the brokers are away.
 *
 * @throws KafkaError of kind `fatal`
 */
export async function prepareTopics(cluster: Cluster, options: StreamOptions): Promise<void> {
  const { inputTopic, outputTopic } = options;
  const partitions = await cluster.persist('metadata', `input topic '${inputTopic}'`, async () => {
    await cluster.refresh([inputTopic]);
    const found = cluster.topic(inputTopic);
    if (found !== undefined) return found.partitions.length;
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `the input topic '${inputTopic}' does not exist`, 'retry');
  });
  const names = [outputTopic, errorTopicOf(options)].filter((name) => name !== undefined);
  await cluster.persist('metadata', `topics ${names.map((name) => `'${name}'`).join(', ')}`, async () => {
    if (options.createTopics)
      await createTopics(
        cluster,
        names.map((name) => ({ name, partitions })),
      );
    else await cluster.refresh(names);
    const missing = names.filter((name) => cluster.topic(name) === undefined);
    if (missing.length > 0) {
      const list = missing.map((name) => `'${name}'`).join(', ');
      throw new KafkaError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `waiting for topic ${list}: create it, or set KAFKA_CREATE_TOPICS=true`,
        'retry',
      );
    }
  });
}
