import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  decodeCooperativeStickyGeneration,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import { assignAsOwned, assignCooperatively } from './assignment/cooperative-assignor.ts';
import { assignRange } from './assignment/range-assignor.ts';
import type { Assignment, OwningSubscriber } from './assignment/subscriber.ts';

/** The ways to share partitions that we know, by the names that every client uses. */
export type GroupProtocol = 'cooperative-sticky' | 'range';

// What members of a group tell each other through the coordinator, which does not read it. Version 3 of a subscription says what
// the member owns and since when; who knows older versions reads their part of it. Assignments are the same in all versions.
const SUBSCRIPTION_VERSION = 3;
const ASSIGNMENT_VERSION = 0;
const NONE = Buffer.alloc(0);

/** What a member owns when it joins; nothing where it gave up everything first. */
export interface Ownership {
  readonly partitions: readonly number[];
  /** Of the assignment that gave it these partitions; -1 for none. */
  readonly generation: number;
}

/**
 * What a member offers when it joins, in the order of its wishes: the coordinator takes what all members know, so members that
 * know only librdkafka's defaults (range, roundrobin) can share the group with us.
 */
export function groupProtocols(
  topic: string,
  { partitions, generation }: Ownership,
): { readonly name: GroupProtocol; readonly metadata: Buffer }[] {
  const ownedPartitions = partitions.length > 0 ? [{ topic, partitions: [...partitions] }] : [];
  const subscription = { version: SUBSCRIPTION_VERSION, topics: [topic], ownedPartitions, generationId: generation };
  // Java's leaders of before version 3.3 look for the generation in the user data.
  const userData = Buffer.alloc(4);
  userData.writeInt32BE(generation);
  return [
    { name: 'cooperative-sticky', metadata: encodeConsumerProtocolSubscription({ ...subscription, userData }) },
    { name: 'range', metadata: encodeConsumerProtocolSubscription({ ...subscription, userData: NONE }) },
  ];
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly metadata?: Buffer | null;
}

/** Who has joined, for the group's leader. */
export function subscribersOf(members: readonly JoinedMember[]): readonly OwningSubscriber[] {
  return members.map(({ memberId, groupInstanceId, metadata }) => {
    const { version, topics, ownedPartitions, generationId, userData } = decodeConsumerProtocolSubscription(
      metadata ?? NONE,
    );
    return {
      memberId,
      groupInstanceId: groupInstanceId ?? null,
      topics,
      owned: new Map(ownedPartitions.map(({ topic, partitions }) => [topic, partitions])),
      generation: version >= 2 ? generationId : decodeCooperativeStickyGeneration(userData ?? NONE),
    };
  });
}

/** The topics that members of a group read, each once. Usually one; not while a deployment's input topic is being changed. */
export function topicsOf(members: readonly OwningSubscriber[]): readonly string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))];
}

/**
 * What the group's leader decides: who reads which partitions.
 *
 * When a member joins that knows only range, the others have not given up their partitions yet. Then this round leaves everything
 * where it is, and they give up what they own and join again, so that no partition is with two members.
 *
 * @param counts partitions of each topic that members read; one that is not there is given to nobody
 */
export function groupAssignments(
  protocol: GroupProtocol,
  members: readonly OwningSubscriber[],
  counts: ReadonlyMap<string, number>,
): { readonly memberId: string; readonly assignment: Buffer }[] {
  const assignment = assign(protocol, members, counts);
  return [...assignment].map(([memberId, topics]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: ASSIGNMENT_VERSION,
      assignedPartitions: [...topics].map(([name, partitions]) => ({ topic: name, partitions: [...partitions] })),
      // Brokers change no group to the consumer protocol while something is kept here.
      userData: null,
    }),
  }));
}

function assign(
  protocol: GroupProtocol,
  members: readonly OwningSubscriber[],
  counts: ReadonlyMap<string, number>,
): Assignment {
  if (protocol === 'cooperative-sticky') return assignCooperatively(members, counts);
  return members.some(({ owned }) => owned.size > 0) ? assignAsOwned(members, counts) : assignRange(members, counts);
}

/** What the leader gave to one member. */
export function assignedPartitions(assignment: Buffer, topic: string): readonly number[] {
  const { assignedPartitions: given } = decodeConsumerProtocolAssignment(assignment);
  return given.find((entry) => entry.topic === topic)?.partitions ?? [];
}
