import { apis } from './api.ts';
import { topicCreated } from '../channels.ts';
import { errorName, withResponse, type Cluster } from './cluster.ts';
import { KafkaError, classifyKafkaCode } from '../kafka-error.ts';

// Shorter than what a request for metadata may take.
const CREATE_TIMEOUT_MS = 8_000;

/** A topic to create. */
export interface NewTopic {
  readonly name: string;
  /** -1 leaves it to the broker's default. */
  readonly partitions: number;
  /** -1 leaves it to the broker's default. */
  readonly replicationFactor?: number;
}

/**
 * Creates topics that are not there; those that are stay as they are. Metadata is fresh afterwards.
 *
 * @throws KafkaError (kind `fatal` when we may not create them)
 */
export async function createTopics(cluster: Cluster, topics: readonly NewTopic[]): Promise<void> {
  await cluster.refresh(topics.map((topic) => topic.name));
  const missing = topics.filter((topic) => cluster.topic(topic.name) === undefined);
  if (missing.length === 0) return;
  const { api, connection } = await cluster.bind('metadata', apis.createTopics);
  const requests = missing.map((topic) => ({
    name: topic.name,
    numPartitions: topic.partitions,
    replicationFactor: topic.replicationFactor ?? -1,
    assignments: [],
    configs: [],
  }));
  const response = await withResponse(api.call(connection, requests, CREATE_TIMEOUT_MS, false));
  const created: NewTopic[] = [];
  for (const { name, errorCode, errorMessage } of response.topics) {
    const code = errorName(errorCode);
    if (code === 'NONE') created.push(...missing.filter((topic) => topic.name === name));
    else if (code !== 'TOPIC_ALREADY_EXISTS') {
      const why = errorMessage ? `${code}: ${errorMessage}` : code;
      throw new KafkaError(code, `topic '${name}' could not be created: ${why}`, classifyKafkaCode(code));
    }
  }
  await cluster.refresh(topics.map((topic) => topic.name));
  if (!topicCreated.hasSubscribers) return;
  for (const { name, partitions } of created) {
    topicCreated.publish({ topic: name, partitions: cluster.topic(name)?.partitions.length ?? partitions });
  }
}
