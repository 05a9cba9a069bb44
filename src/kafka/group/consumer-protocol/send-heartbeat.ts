import { answerWithin } from '../../cluster/answer-within.ts';
import { apis } from '../../cluster/api.ts';
import type { GroupCoordinator } from '../group-coordinator.ts';
import type { GroupMemberOptions } from '../group-options.ts';
import type { Heartbeat, HeartbeatAnswer, TopicShare } from './heartbeat.ts';

const UNCHANGED = -1;
const LEAVE = -1;
/** A member with a name that will be back: the group keeps its partitions for it until its session is over. */
const LEAVE_FOR_A_WHILE = -2;

/**
 * Sends a heartbeat to the coordinator.
 *
 * @param limitMs how long its answer is waited for: it counts when it is taken up, and the next one must not be late
 * @throws KafkaError, or the library's error with the code of the group's answer
 */
export async function sendHeartbeat(
  coordinator: GroupCoordinator,
  { group, topic, rebalanceTimeoutMs, instanceId }: GroupMemberOptions,
  { memberId, epoch, full, owned }: Heartbeat,
  limitMs: number,
): Promise<HeartbeatAnswer> {
  const { api, connection } = await coordinator.bind(apis.consumerGroupHeartbeat, 'heartbeat');
  const call = api.call(
    connection,
    group,
    memberId,
    epoch,
    instanceId || null,
    null,
    full ? rebalanceTimeoutMs : UNCHANGED,
    full ? [topic] : null,
    null,
    null,
    owned === undefined ? null : owned.map(requestShare),
  );
  const response = await answerWithin(limitMs, connection, call);
  return {
    epoch: response.memberEpoch,
    intervalMs: response.heartbeatIntervalMs,
    assignment: response.assignment?.topicPartitions,
  };
}

/** Tells the group that we go; with a name of our own, that we may be back. */
export async function sendLeave(
  coordinator: GroupCoordinator,
  { group, instanceId }: GroupMemberOptions,
  memberId: string,
): Promise<void> {
  const { api, connection } = await coordinator.bind(apis.consumerGroupHeartbeat, 'heartbeat');
  const epoch = instanceId === '' ? LEAVE : LEAVE_FOR_A_WHILE;
  await api.call(connection, group, memberId, epoch, instanceId || null, null, UNCHANGED, null, null, null, null);
}

function requestShare({ topicId, partitions }: TopicShare) {
  return { topicId, partitions: [...partitions] };
}
