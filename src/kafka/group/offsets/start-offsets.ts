import type { Cluster } from '../../cluster/cluster.ts';
import { KafkaError } from '../../kafka-error.ts';
import { logOffsets } from '../../offsets/log-offsets.ts';
import type { GroupMember } from '../group-member.ts';
import { storedOffsets, type StoredOffset } from './stored-offsets.ts';
import { decodeTopicNote, partitionsAtBegin } from './topic-note.ts';

/** Where a group begins to read a partition. */
export interface StartOffset {
  readonly partition: number;
  readonly offset: number;
  /** What the group has stored for it; undefined for nothing that counts. */
  readonly stored: StoredOffset | undefined;
  /** Id of the topic that the offset belongs to. */
  readonly topicId: string;
  /** How many partitions that had when the group began with it. */
  readonly topicPartitions: number;
}

/** Where to look: at what the group has stored, or at an end of the log. */
export type StartPlace = StoredOffset | 'earliest' | 'latest';

/**
 * Where a group should begin with a partition.
 *
 * The offset that it stored, if that was for this topic and not for an earlier one of the same name. What has come after the group
 * began to read the topic is read from its begin, whatever `reset` says, or its first records would be lost: a topic that
 * was made again, and partitions that were added.
 *
 * @param stored by partition, of the whole topic
 * @param topicId of the topic now
 * @param reset where a group without offsets begins; undefined where an earlier topic of that name was being read
 */
export function startPlace(
  partition: number,
  stored: ReadonlyMap<number, StoredOffset>,
  topicId: string,
  reset: 'earliest' | 'latest' | undefined,
): StartPlace {
  const own = stored.get(partition);
  const note = decodeTopicNote(own?.metadata ?? '');
  if (own !== undefined && own.offset >= 0) {
    const foreign = note === undefined ? reset === undefined : note.topicId !== topicId;
    return foreign ? 'earliest' : own;
  }
  const notes = [...stored.values()].map(({ metadata }) => decodeTopicNote(metadata));
  const later = notes.some((one) => one !== undefined && (one.topicId !== topicId || one.partitions <= partition));
  return later ? 'earliest' : (reset ?? 'earliest');
}

export interface StartSettings {
  readonly group: string;
  readonly topic: string;
  /** Where a group without offsets begins. */
  readonly offsetReset: 'earliest' | 'latest';
}

/**
 * Where a group begins to read partitions. Those that the topic does not have, and those of which the stored offset is not known
 * while a transaction is open, are left out.
 *
 * @param readBefore id of the topic that was read before under that name; empty for none
 * @throws KafkaError
 */
export async function startOffsets(
  cluster: Cluster,
  member: Pick<GroupMember, 'coordinator' | 'asking'>,
  { group, topic, offsetReset }: StartSettings,
  readBefore: string,
  partitions: readonly number[],
): Promise<readonly StartOffset[]> {
  await cluster.refresh([topic]);
  const found = cluster.topic(topic);
  if (found === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `topic '${topic}' is not there`, 'retry');
  const all = found.partitions.map(({ partition }) => partition);
  const stored = await storedOffsets(member, group, topic, all);
  const known = partitions.filter((partition) => stored.has(partition));
  const reset = readBefore === '' || readBefore === found.id ? offsetReset : undefined;
  const places = new Map(known.map((number) => [number, startPlace(number, stored, found.id, reset)]));
  const at = async (end: 'earliest' | 'latest') => {
    const numbers = known.filter((number) => places.get(number) === end);
    return numbers.length === 0 ? new Map<number, number>() : logOffsets(cluster, topic, numbers, end);
  };
  const ends = new Map([...(await at('earliest')), ...(await at('latest'))]);
  return known.map((partition) => {
    const place = places.get(partition);
    const counts = typeof place === 'object' ? place : undefined;
    const topicPartitions = partitionsAtBegin(counts?.metadata ?? '', found.id, all.length);
    const offset = counts?.offset ?? ends.get(partition) ?? 0;
    return { partition, offset, stored: counts, topicId: found.id, topicPartitions };
  });
}
