import { createTopic, withAdmin } from '../broker.ts';
import type { EmbeddedCluster } from '../../src/dev/kafka/embedded-cluster.ts';
import type { WatchedTopics } from './arena/watch.ts';
import type { Fault } from './faults/fault.ts';

const PARTITIONS = 4;

/** Creates the topics of a cell, each with a replica on every broker. */
export async function createTopics(
  cluster: EmbeddedCluster,
  topics: WatchedTopics,
  bytes: Fault['topicBytes'],
): Promise<void> {
  const address = cluster.bootstrap;
  // The brokers' time of writing, for the longest stall.
  const config = { 'message.timestamp.type': 'LogAppendTime' };
  const replicas = cluster.brokers.length;
  const limited = (limit: number | undefined) =>
    limit === undefined ? config : { ...config, 'max.message.bytes': String(limit) };
  await createTopic(address, topics.input, PARTITIONS, config, replicas);
  await createTopic(address, topics.output, PARTITIONS, limited(bytes?.output), replicas);
  await createTopic(address, topics.errors, PARTITIONS, limited(bytes?.errors), replicas);
}

/** Best effort: what is left over goes with the brokers. */
export async function deleteTopics(cluster: EmbeddedCluster, { input, output, errors }: WatchedTopics): Promise<void> {
  await withAdmin(cluster.bootstrap, (admin) => admin.deleteTopics({ topics: [input, output, errors] })).catch(
    () => undefined,
  );
}
