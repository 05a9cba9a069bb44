import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import { assignRange } from './assignor.ts';

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

/**
 * What the group's leader decides: who reads which partitions.
 *
 * @param count partitions of the topic
 */
export function groupAssignments(members: readonly JoinedMember[], topic: string, count: number) {
  const assignment = assignRange(
    members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId ?? null,
      topics: decodeConsumerProtocolSubscription(member.metadata ?? NONE).topics,
    })),
    new Map([[topic, count]]),
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
