import type { AssignedPartition } from '../../offsets/assigned-partition.ts';
import type { TopicMetadata } from '../../cluster/topic-metadata.ts';

/** What is kept with a committed offset about the topic that it belongs to. */
export interface TopicNote {
  readonly topicId: string;
  /** How many partitions the topic had. */
  readonly partitions: number;
}

const FORM = /(?:^| )topic:([^ /]+)\/(\d{1,9})$/;

/** The note as text, for the end of an offset's metadata. */
export function encodeTopicNote({ topicId, partitions }: TopicNote): string {
  return `topic:${topicId}/${partitions}`;
}

/** The note in an offset's metadata; undefined where there is none, as with offsets that another consumer committed. */
export function decodeTopicNote(metadata: string): TopicNote | undefined {
  const [, topicId, partitions] = FORM.exec(metadata) ?? [];
  return topicId === undefined ? undefined : { topicId, partitions: Number(partitions) };
}

/** The note on a topic as it is now; undefined where brokers are too old to give topics an id. */
function topicNote(topic: TopicMetadata | undefined): TopicNote | undefined {
  if (topic === undefined || topic.id === topic.name) return undefined;
  return { topicId: topic.id, partitions: topic.partitions.length };
}

/**
 * The note to keep with an offset: on the topic that its partition was read from, whatever has the name now, as it was when that
 * began. What has come since must not seem to have been there: it is to be read from its begin.
 */
export function noteOf(
  { topicId, topicPartitions }: AssignedPartition,
  topic: TopicMetadata | undefined,
): string | undefined {
  const now = topicNote(topic);
  if (now === undefined) return undefined;
  return encodeTopicNote({ topicId: topicId || now.topicId, partitions: topicPartitions || now.partitions });
}

/** How many partitions a topic had when the group began with it: what was noted then, or what there are now. */
export function partitionsAtBegin(stored: string, topicId: string, now: number): number {
  const note = decodeTopicNote(stored);
  return note?.topicId === topicId ? Math.min(note.partitions, now) : now;
}
