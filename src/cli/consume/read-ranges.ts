import { MillraceError } from '../../base/errors.ts';
import { KafkaError } from '../../kafka/kafka-error.ts';
import { logOffsets } from '../../kafka/offsets/log-offsets.ts';
import type { PartitionRange } from '../../kafka/consumer/reader.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import { startIn, type StartOffset } from './start-offset.ts';

/** What the user wants to read. */
export interface ReadRequest {
  readonly topic: string;
  /** Empty: all there are. */
  readonly partitions: readonly number[];
  readonly from: StartOffset;
  /** Go on at the end of the log; then a topic that does not exist is waited for, too. */
  readonly follow: boolean;
}

/**
 * Looks up what there is to read.
 *
 * @param say is given a line where an offset that was asked for is not in the log
 * @throws MillraceError TOPIC_MISSING, PARTITION_MISSING
 */
export async function readRanges(
  session: KafkaSession,
  request: ReadRequest,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<PartitionRange[]> {
  const { topic, from, follow } = request;
  const there = await partitionsOf(session, topic, follow, stop);
  const missing = request.partitions.find((partition) => !there.includes(partition));
  if (missing !== undefined) {
    throw new MillraceError(`topic '${topic}' has no partition ${missing}`, {
      code: 'PARTITION_MISSING',
      remedy: there.length === 1 ? 'it has partition 0 only' : `it has the partitions 0 to ${there.length - 1}`,
    });
  }
  const partitions = request.partitions.length > 0 ? request.partitions : there;
  const offsets = async (end: 'earliest' | 'latest') =>
    session.ask(topic, `offsets of '${topic}'`, async () => logOffsets(session.cluster, topic, partitions, end), stop);
  const [firsts, ends] = [await offsets('earliest'), await offsets('latest')];
  return partitions.map((partition) => {
    const first = firsts.get(partition) ?? 0;
    const end = ends.get(partition) ?? 0;
    if (from.kind === 'offset' && from.offset < first) say(`partition ${partition} begins at ${first} only`);
    if (from.kind === 'offset' && from.offset > end) say(`partition ${partition} ends at ${end} already`);
    return { partition, start: startIn(from, first, end), end: follow ? undefined : end };
  });
}

async function partitionsOf(
  session: KafkaSession,
  topic: string,
  wait: boolean,
  stop: AbortSignal,
): Promise<readonly number[]> {
  const lookUp = async () => {
    await session.cluster.refresh([topic]);
    const found = session.cluster.topic(topic);
    if (found !== undefined || !wait) return found;
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `topic '${topic}' does not exist yet`, 'retry');
  };
  const found = await session.ask(topic, `metadata of '${topic}'`, lookUp, stop);
  if (found === undefined) {
    throw new MillraceError(`topic '${topic}' does not exist`, {
      code: 'TOPIC_MISSING',
      remedy: 'check the name, or wait for it with --follow',
    });
  }
  return found.partitions.map(({ partition }) => partition);
}
