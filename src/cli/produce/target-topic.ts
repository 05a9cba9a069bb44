import { MillraceError } from '../../base/errors.ts';
import type { TopicMetadata } from '../../kafka/cluster/topic-metadata.ts';
import { KafkaError } from '../../kafka/kafka-error.ts';
import { createTopics } from '../../kafka/cluster/topics.ts';
import { plural } from '../amounts.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import { wrongOption } from '../wrong-option.ts';

/** Whether a missing topic is created, and with how many partitions. */
export type CreateTopic = false | 'broker default' | number;

/**
 * Reads the value of `--create-topic [PARTITIONS]`.
 *
 * @throws MillraceError OPTIONS_INVALID
 */
export function parseCreateTopic(given: unknown): CreateTopic {
  if (given === undefined) return false;
  if (given === true) return 'broker default';
  const partitions = /^\d+$/.test(String(given)) ? Number(given) : 0;
  if (partitions >= 1 && partitions <= MOST_PARTITIONS) return partitions;
  const remedy = `give a whole number from 1 to ${MOST_PARTITIONS}, or none for the broker's default`;
  throw wrongOption(`--create-topic '${String(given)}' is no number of partitions`, remedy);
}

const MOST_PARTITIONS = 100_000;

/**
 * The topic to write to, created if that is wanted.
 *
 * @param say is given a line when the topic has another number of partitions than was asked for
 * @throws MillraceError TOPIC_MISSING
 */
export async function targetTopic(
  session: KafkaSession,
  name: string,
  create: CreateTopic,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<TopicMetadata> {
  const found = await session.findTopic(name, stop);
  if (found !== undefined) {
    const count = found.partitions.length;
    if (typeof create === 'number' && create !== count)
      say(`topic '${name}' is there, with ${plural(count, 'partition')}`);
    return found;
  }
  if (create === false) {
    throw new MillraceError(`topic '${name}' does not exist`, {
      code: 'TOPIC_MISSING',
      remedy: 'check the name, or create it with --create-topic [PARTITIONS]',
    });
  }
  // -1 leaves the number to the broker.
  const partitions = create === 'broker default' ? -1 : create;
  return session.ask(
    name,
    `creating '${name}'`,
    async () => {
      await createTopics(session.cluster, [{ name, partitions }]);
      const topic = session.cluster.topic(name);
      if (topic?.partitions.every(({ leader }) => leader >= 0)) return topic;
      throw new KafkaError('LEADER_NOT_AVAILABLE', `topic '${name}' has no leaders yet`, 'retry');
    },
    stop,
  );
}
