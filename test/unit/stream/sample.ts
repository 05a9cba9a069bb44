// Records and work of one or more partitions, as short as tests want them.
import { AssignedPartition } from '../../../src/kafka/offsets/assigned-partition.ts';
import { recordSizeBytes, type InputRecord, type RecordHeader } from '../../../src/kafka/record.ts';
import type { Payload } from '../../../src/protocol/payload.ts';
import type { Failure } from '../../../src/stream/failure.ts';
import { Work } from '../../../src/stream/work/work.ts';
import type { OrderMode, WorkLimits } from '../../../src/stream/work/work-limits.ts';

export const FAILURE: Failure = { code: 'MODEL_STATUS', message: 'no', node: 'm', status: '400', response: undefined };

const WIDE: WorkLimits = { workers: 1_000, openRecords: 10_000, openBytes: 1e9, waitingBytes: 1e9 };

export function payload(body: string | Buffer, contentType = 'application/json'): Payload {
  return { body: Buffer.from(body), contentType, contentEncoding: '' };
}

export function record(
  partition: AssignedPartition,
  offset: number,
  key: string | null = null,
  value: string | Buffer | null = '{}',
  headers: readonly RecordHeader[] = [],
): InputRecord {
  const [keyBytes, valueBytes] = [key === null ? null : Buffer.from(key), value === null ? null : Buffer.from(value)];
  const sizeBytes = recordSizeBytes(keyBytes, valueBytes, headers);
  return { partition, offset, timestampMs: 1_000, key: keyBytes, value: valueBytes, headers, sizeBytes };
}

export function workOf(order: OrderMode, limits: Partial<WorkLimits> = {}, partitions = 1) {
  const work = new Work(order, { ...WIDE, ...limits });
  const assigned = Array.from({ length: partitions }, (_, number) => new AssignedPartition('in', number, 0));
  for (const partition of assigned) work.assign(partition);
  const [first] = assigned;
  if (first === undefined) throw new Error('no partition');
  return { work, partition: first, partitions: assigned };
}
