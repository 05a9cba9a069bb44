import { MillraceError } from '../../base/errors.ts';
import { logOffsets } from '../../kafka/offsets/log-offsets.ts';
import type { PartitionRange } from '../../kafka/consumer/reader.ts';
import { committedOffsets } from '../../kafka/transaction/committed-offsets.ts';
import { TransactionLink } from '../../kafka/transaction/transaction-link.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import { PartitionProgress } from './partition-progress.ts';
import type { RecordFilter } from './selection/record-filter.ts';

/** What of an error topic a run has before it. */
export interface RedrivePlan {
  readonly topic: string;
  readonly group: string;
  readonly filter: RecordFilter;
  /** From where the group stands with this filter, to the present end: what fails again meanwhile waits for the next run. */
  readonly ranges: readonly (PartitionRange & { readonly end: number })[];
  readonly progress: ReadonlyMap<number, PartitionProgress>;
  /** The group has no offsets: this is its first run, or the brokers have forgotten it. */
  readonly isFirst: boolean;
}

/**
 * Looks up what there is to redrive.
 *
 * @param stable waits for a transaction that changes the group's offsets
 * @throws MillraceError TOPIC_MISSING, REDRIVE_GROUP, REDRIVE_FILTERS
 */
export async function redrivePlan(
  session: KafkaSession,
  topic: string,
  group: string,
  filter: RecordFilter,
  stable: boolean,
  stop: AbortSignal,
): Promise<RedrivePlan> {
  const found = await session.findTopic(topic, stop);
  if (found === undefined) {
    throw new MillraceError(`topic '${topic}' does not exist`, {
      code: 'TOPIC_MISSING',
      remedy:
        "check the name; without failed records there may be no error topic yet, and KAFKA_ERROR_TOPIC 'none' makes none",
    });
  }
  const numbers = found.partitions.map(({ partition }) => partition);
  const offsets = async (end: 'earliest' | 'latest') =>
    session.ask(topic, `offsets of '${topic}'`, async () => logOffsets(session.cluster, topic, numbers, end), stop);
  const [firsts, ends] = [await offsets('earliest'), await offsets('latest')];
  const link = new TransactionLink(session.cluster, session.timeoutMs);
  const committed = await committedOffsets(link, group, topic, numbers, stable);
  const progress = new Map<number, PartitionProgress>();
  const ranges = numbers.map((partition) => {
    const end = ends.get(partition) ?? 0;
    const before = PartitionProgress.read(committed.get(partition), firsts.get(partition) ?? 0);
    if (before.furthest > end) throw madeAnew(topic, partition, group, before.furthest, end);
    // What cannot be kept is said before anything is sent.
    before.advanced(filter, end).toCommit();
    progress.set(partition, before);
    return { partition, start: before.startOf(filter), end };
  });
  return { topic, group, filter, ranges, progress, isFirst: committed.size === 0 };
}

function madeAnew(topic: string, partition: number, group: string, stands: number, end: number): MillraceError {
  const place = `partition ${partition} of '${topic}' ends at ${end}`;
  return new MillraceError(`${place}, and group '${group}' stands at ${stands} already: was the topic made anew?`, {
    code: 'REDRIVE_GROUP',
    remedy: 'begin again with another --group',
  });
}
