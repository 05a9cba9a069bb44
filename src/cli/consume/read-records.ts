import type { InputRecord } from '../../kafka/record.ts';
import { TopicReader, type PartitionRange } from '../../kafka/consumer/reader.ts';
import { countText, plural, rateText } from '../amounts.ts';
import type { KafkaSession } from '../kafka/kafka-session.ts';
import type { Progress } from '../progress.ts';
import type { RecordFormat } from './formats/record-format.ts';
import type { RecordOutput } from './record-output.ts';

/** What is read, and where it goes. */
export interface ReadJob {
  readonly topic: string;
  readonly ranges: readonly PartitionRange[];
  readonly format: RecordFormat;
  readonly output: RecordOutput;
  /** Most records; may be Infinity. */
  readonly max: number;
  /** Ends when no record has come for so long; may be Infinity. */
  readonly idleMs: number;
}

export interface ReadResult {
  readonly records: number;
  /** Key, value and headers. */
  readonly sizeBytes: number;
  readonly ending: 'all read' | 'max' | 'idle' | 'stopped';
}

const LOOK_EVERY_MS = 100;

/**
 * Reads the ranges and writes their records out, no faster than the output takes them.
 *
 * @throws KafkaError of kind `fatal`; MillraceError when Kafka falls silent or the output fails
 */
export async function readRecords(
  session: KafkaSession,
  job: ReadJob,
  progress: Progress,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<ReadResult> {
  const { topic, ranges, format, output, max, idleMs } = job;
  const ended = Promise.withResolvers<ReadResult['ending']>();
  const begunMs = performance.now();
  const expected = Math.min(
    max,
    ranges.reduce((sum, { start, end }) => sum + (end ?? Infinity) - start, 0),
  );
  let records = 0;
  let sizeBytes = 0;
  let lastMs = begunMs;

  const take = (all: readonly InputRecord[]) => {
    const taken = all.length > max - records ? all.slice(0, max - records) : all;
    if (taken.length === 0) return;
    records += taken.length;
    for (const record of taken) sizeBytes += record.sizeBytes;
    lastMs = performance.now();
    const full = output.write(Buffer.concat(taken.map((record) => format.format(record))));
    if (records >= max) return ended.resolve('max');
    if (full === undefined) return;
    reader.pause();
    void full.then(() => reader.resume());
  };
  const reader = new TopicReader(session.cluster, topic, ranges, {
    records: take,
    deleted: (partition, from, to) =>
      say(`partition ${partition}: ${plural(Math.max(0, to - from), 'record')} from ${from} on were deleted meanwhile`),
  });
  const look = () => {
    const now = performance.now();
    const text = `${countText(records)} records  ${rateText(records, now - begunMs)}`;
    progress.update(expected === Infinity ? NaN : records / expected, text);
    if (now - lastMs > idleMs) ended.resolve('idle');
    if (reader.silentMs > session.timeoutMs) ended.reject(session.silence());
  };
  const onStop = () => ended.resolve('stopped');
  const ticker = setInterval(look, LOOK_EVERY_MS);
  stop.addEventListener('abort', onStop);
  if (stop.aborted) onStop();
  try {
    const read = reader.run().then(() => 'all read' as const);
    const ending = await Promise.race([ended.promise, read, output.failed]);
    return { records, sizeBytes, ending };
  } finally {
    clearInterval(ticker);
    stop.removeEventListener('abort', onStop);
    // Not waited for: its last request ends with the connection, which is closed next.
    void reader.close();
  }
}
