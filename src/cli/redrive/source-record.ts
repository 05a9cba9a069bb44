import type { InputRecord } from '../../kafka/record.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import type { SourcePlace } from './selection/error-record.ts';
import { RecordFeed } from './record-feed.ts';

const LOOK_MS = 100;

/**
 * The record at a place, if it is still there.
 *
 * @throws MillraceError when Kafka does not answer
 */
export async function sourceRecord(
  session: KafkaSession,
  { topic, partition, offset }: SourcePlace,
  stop: AbortSignal,
): Promise<InputRecord | undefined> {
  const found = await session.findTopic(topic, stop);
  if (found?.partitions[partition] === undefined) return undefined;
  let deleted = false;
  const range = { partition, start: offset, end: offset + 1 };
  const feed = new RecordFeed(session.cluster, topic, [range], () => (deleted = true));
  try {
    while (!stop.aborted) {
      const records = await feed.next(LOOK_MS);
      // After a jump to the log's first record everything else would be read for nothing.
      if (deleted || records === 'end') return undefined;
      if (feed.silentMs > session.timeoutMs) throw session.silence();
      if (records !== 'later') return records.find((record) => record.offset === offset);
    }
    return undefined;
  } finally {
    // Not waited for: its last request ends by itself.
    void feed.close();
  }
}
