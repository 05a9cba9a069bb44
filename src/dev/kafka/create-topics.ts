import { Admin } from '@platformatic/kafka';
import { MillraceError, errorText } from '../../base/errors.ts';

export interface TopicSpec {
  readonly name: string;
  /** The broker's default when left out. */
  readonly partitions?: number;
}

/** Reads `NAME[:PARTITIONS]`. Throws `TOPIC_INVALID`, with Kafka's rules for names. */
export function parseTopicSpec(text: string): TopicSpec {
  const [, name = '', partitions] = /^([^:]*)(?::(.*))?$/.exec(text) ?? [];
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
    throw new MillraceError(`'${text}': '${name}' is not a topic name`, {
      code: 'TOPIC_INVALID',
      remedy: 'give NAME or NAME:PARTITIONS; a name has 1 to 249 letters, digits, dots, underscores and dashes',
      exitCode: 2,
    });
  }
  if (partitions === undefined) return { name };
  const count = Number(partitions);
  if (!/^\d+$/.test(partitions) || count < 1 || count > 10_000) {
    throw new MillraceError(`'${text}': '${partitions}' is not a number of partitions`, {
      code: 'TOPIC_INVALID',
      remedy: 'give NAME:PARTITIONS with 1 to 10000 partitions, or NAME alone for the default',
      exitCode: 2,
    });
  }
  return { name, partitions: count };
}

/**
 * Creates the topics that are not there yet. Those that are there stay as they are.
 *
 * @throws MillraceError TOPICS_NOT_CREATED with what the brokers said
 */
export async function createTopics(bootstrap: string, topics: readonly TopicSpec[]): Promise<void> {
  const admin = new Admin({
    clientId: 'millrace-dev',
    bootstrapBrokers: bootstrap.split(','),
    retries: 10,
    retryDelay: 200,
  });
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !existing.has(topic.name));
    if (missing.length === 0) return;
    // -1 is the broker's default.
    const wanted = missing.map((topic) => ({ topic: topic.name, partitions: topic.partitions ?? -1, replicas: -1 }));
    await admin.createTopics({ topics: wanted });
  } catch (cause) {
    throw new MillraceError(`the topics could not be created: ${errorText(cause)}`, {
      code: 'TOPICS_NOT_CREATED',
      cause,
    });
  } finally {
    await admin.close();
  }
}
