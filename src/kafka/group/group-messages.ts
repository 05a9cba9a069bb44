import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import { toKafkaError } from '../kafka-error.ts';
import { assignRange } from './range-assignor.ts';

// What members of a group tell each other through the coordinator, which does not read it. Version 0 of the consumer protocol
// has all that range assignment needs, and every client reads it.
const VERSION = 0;
const NONE = Buffer.alloc(0);

/** What a member says when it joins: the topic it reads. */
export function subscription(topic: string): Buffer {
  return encodeConsumerProtocolSubscription({ version: VERSION, topics: [topic], userData: NONE });
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly metadata?: Buffer | null;
}

/** The topics that members of a group read, each once. Usually one; not while a deployment's input topic is being changed. */
export function topicsOf(members: readonly JoinedMember[]): readonly string[] {
  return [...new Set(members.flatMap(topicsOfMember))];
}

/**
 * What the group's leader decides: who reads which partitions.
 *
 * @param counts partitions of each topic that members read; one that is not there is given to nobody
 */
export function groupAssignments(members: readonly JoinedMember[], counts: ReadonlyMap<string, number>) {
  const assignment = assignRange(
    members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId ?? null,
      topics: topicsOfMember(member),
    })),
    counts,
  );
  return [...assignment].map(([memberId, topics]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: VERSION,
      assignedPartitions: [...topics].map(([name, partitions]) => ({ topic: name, partitions: [...partitions] })),
      userData: NONE,
    }),
  }));
}

/** What the leader gave to one member. */
export function assignedPartitions(assignment: Buffer, topic: string): readonly number[] {
  const { assignedPartitions: given } = decodeConsumerProtocolAssignment(assignment);
  return given.find((entry) => entry.topic === topic)?.partitions ?? [];
}

/** The id in the first answer to a new member, which is an error; undefined for other errors. */
export function givenMemberId(error: unknown): string | undefined {
  if (toKafkaError(error).code !== 'MEMBER_ID_REQUIRED' || !(error instanceof Error) || !('response' in error))
    return undefined;
  return (error.response as { memberId?: string }).memberId;
}

function topicsOfMember({ metadata }: JoinedMember): readonly string[] {
  return decodeConsumerProtocolSubscription(metadata ?? NONE).topics;
}
