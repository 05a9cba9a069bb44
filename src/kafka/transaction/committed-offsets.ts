import { apis } from '../cluster/api.ts';
import { errorName, withResponse } from '../cluster/cluster.ts';
import { codeError } from './transaction-error.ts';
import type { TransactionLink } from './transaction-link.ts';

/** What a group has committed for a partition. */
export interface CommittedOffset {
  /** Of the next record to read. */
  readonly offset: number;
  /** What was kept with it; empty when nothing was. */
  readonly metadata: string;
}

/**
 * The committed offsets of a group, by partition; partitions without an offset are left out.
 *
 * @param stable waits while a transaction is about to change them; else what was committed last counts
 * @throws TransactionError
 */
export async function committedOffsets(
  link: TransactionLink,
  group: string,
  topic: string,
  partitions: readonly number[],
  stable: boolean,
): Promise<ReadonlyMap<number, CommittedOffset>> {
  const what = `offsets of group '${group}'`;
  return link.attempt('group', what, async () => {
    const { api, connection } = await link.bind('group', group, apis.offsetFetch);
    const topics = [{ name: topic, partitionIndexes: [...partitions] }];
    const request = api.call(connection, [{ groupId: group, memberId: null, memberEpoch: -1, topics }], stable);
    const response = await withResponse(request);
    const asked = response.groups[0];
    if (asked === undefined) return new Map();
    const refused = codeError(errorName(asked.errorCode), what);
    if (refused !== undefined) throw refused;
    const found = new Map<number, CommittedOffset>();
    for (const one of asked.topics.flatMap((entry) => entry.partitions)) {
      const error = codeError(errorName(one.errorCode), what);
      if (error !== undefined) throw error;
      const offset = Number(one.committedOffset);
      if (offset >= 0) found.set(one.partitionIndex, { offset, metadata: one.metadata ?? '' });
    }
    return found;
  });
}
