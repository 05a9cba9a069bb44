import { apis } from '../../cluster/api.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { KafkaError, toKafkaError } from '../../kafka-error.ts';
import type { GroupCoordinator } from '../group-coordinator.ts';
import {
  assignedPartitions,
  groupAssignments,
  groupProtocols,
  subscribersOf,
  topicsOf,
  type GroupProtocol,
  type JoinedMember,
} from './group-messages.ts';
import type { GroupMemberOptions } from '../group-options.ts';
import type { Membership, PartitionMoves } from './membership.ts';
import { partitionCounts } from './assignment/partition-counts.ts';
import { sharedPartitions } from './shared-partitions.ts';
import type { TopicWatch } from '../topic-watch.ts';

const PROTOCOL_TYPE = 'consumer';

/** The way of a member into the next generation of its group. */
export interface GroupEntry {
  readonly cluster: Cluster;
  readonly coordinator: GroupCoordinator;
  readonly options: GroupMemberOptions;
  readonly membership: Membership;
  readonly watch: TopicWatch;
  /** Null for a member without a name of its own. */
  readonly instanceId: string | null;
  /** Waits for an answer that can take as long as the slowest member; rejects when it is not worth waiting for any more. */
  wait<T>(call: Promise<T>): Promise<T>;
}

/**
 * Joins the group and learns what is ours; as the group's leader, decides it for all.
 *
 * @param reason why, for the broker's log
 * @returns undefined when the group has moved on meanwhile, or the broker wants to be asked again
 * @throws KafkaError
 */
export async function joinGroup(entry: GroupEntry, reason: string): Promise<PartitionMoves | undefined> {
  const { cluster, coordinator, options, membership, watch, instanceId, wait } = entry;
  const { group, topic, sessionTimeoutMs, rebalanceTimeoutMs } = options;
  const offered = groupProtocols(topic, membership.ownership);
  const join = await coordinator.bind(apis.joinGroup, 'join');
  const joined = await wait(
    join.api
      .call(
        join.connection,
        group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        membership.memberId,
        instanceId,
        PROTOCOL_TYPE,
        offered,
        reason,
      )
      .catch((error: unknown) => {
        // The first answer to a new member is only its id: join again with it.
        const given = givenMemberId(error);
        if (given === undefined) throw error;
        membership.memberId = given;
        return undefined;
      }),
  );
  if (joined === undefined) return undefined;
  membership.joined(joined.memberId, joined.generationId);
  const protocol = offered.find(({ name }) => name === joined.protocolName)?.name;
  if (protocol === undefined) {
    const what = `the group shares partitions by '${joined.protocolName ?? ''}', which was not offered`;
    throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', what, 'fatal');
  }
  const leads = joined.leader === joined.memberId;
  const made = joined.skipAssignment === true;
  const assignments = leads && !made ? await assign(cluster, protocol, joined.members, topic) : [];
  const sync = await coordinator.bind(apis.syncGroup, 'join');
  try {
    const { generation, memberId } = membership;
    const synced = await wait(
      sync.api.call(sync.connection, group, generation, memberId, instanceId, PROTOCOL_TYPE, protocol, assignments),
    );
    // A leader that came back under its name finds the assignment made; the topic may have grown since. Older brokers do not say so.
    const own = assignments.find((one) => one.memberId === memberId);
    const old = leads && (made || own?.assignment.equals(synced.assignment) === false);
    if (old) watch.shared(await sharedPartitions(coordinator, group, topic));
    return membership.synced(protocol, assignedPartitions(synced.assignment, topic));
  } catch (error) {
    if (toKafkaError(error).code === 'REBALANCE_IN_PROGRESS') return undefined;
    throw error;
  }
}

async function assign(cluster: Cluster, protocol: GroupProtocol, joined: readonly JoinedMember[], topic: string) {
  const members = subscribersOf(joined);
  return groupAssignments(protocol, members, await partitionCounts(cluster, topicsOf(members), topic));
}

function givenMemberId(error: unknown): string | undefined {
  if (toKafkaError(error).code !== 'MEMBER_ID_REQUIRED' || !(error instanceof Error) || !('response' in error))
    return undefined;
  return (error.response as { memberId?: string }).memberId;
}
