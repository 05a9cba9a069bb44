import { apis } from '../../cluster/api.ts';
import { withResponse } from '../../cluster/cluster.ts';
import type { GroupCoordinator } from '../group-coordinator.ts';
import { assignedPartitions } from './group-messages.ts';

/**
 * How many partitions of a topic the members of a group have, by what the coordinator keeps; undefined when it does not say.
 *
 * @throws KafkaError, or what the library throws, when it cannot be asked
 */
export async function sharedPartitions(
  coordinator: GroupCoordinator,
  group: string,
  topic: string,
): Promise<number | undefined> {
  const { api, connection } = await coordinator.bind(apis.describeGroups);
  const [described] = (await withResponse(api.call(connection, [group], false))).groups;
  if (described === undefined || described.errorCode !== 0) return undefined;
  const shared = described.members
    .filter(({ memberAssignment }) => memberAssignment.length > 0)
    .flatMap(({ memberAssignment }) => assignedPartitions(memberAssignment, topic));
  return new Set(shared).size;
}
