import { Cluster } from '../../../kafka/cluster/cluster.ts';
import type { ConnectionOptions } from '../../../kafka/options.ts';
import type { InputRecord } from '../../../kafka/record.ts';
import { createTopics } from '../../../kafka/cluster/topics.ts';
import { TopicWatch } from '../stream/topic-watch.ts';
import { payloadKind, type LoggedPayload, type PayloadLog } from './logged-payload.ts';

const CREATE_TIMEOUT_MS = 15_000;

/**
 * Creates a topic for a payload log, and reads it.
 *
 * @param failed told when it cannot be read any more
 * @throws the signal's reason when that is aborted, and a time-out when Kafka does not answer
 */
export async function openPayloadTopic(
  connection: ConnectionOptions,
  name: string,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<PayloadLog> {
  const topic = { name, partitions: 1 };
  const cluster = new Cluster(connection);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CREATE_TIMEOUT_MS)]);
  try {
    await cluster.persist('metadata', `topic '${name}'`, async () => createTopics(cluster, [topic]), limit);
  } finally {
    await cluster.close();
  }
  const payloads: LoggedPayload[] = [];
  const watch = new TopicWatch(connection, topic, (record) => payloads.push(payloadOf(record)), failed);
  return {
    env: { LOGGER_KAFKA_BROKER: connection.broker, LOGGER_KAFKA_TOPIC: name },
    title: `topic ${name}`,
    payloads,
    caughtUp: async (caller) => watch.caughtUp(caller),
    close: async () => watch.close(),
  };
}

function payloadOf({ headers, value, offset }: InputRecord): LoggedPayload {
  const named = new Map(headers.map(([name, text]) => [name?.toString(), text?.toString() ?? '']));
  return {
    kind: payloadKind(named.get('type') ?? ''),
    node: named.get('modelid') ?? '',
    requestId: named.get('requestid') ?? '',
    order: offset,
    body: value ?? Buffer.alloc(0),
  };
}
