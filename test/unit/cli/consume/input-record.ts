import { AssignedPartition } from '../../../../src/kafka/offsets/assigned-partition.ts';
import type { InputRecord } from '../../../../src/kafka/record.ts';

type Bytes = string | Buffer | null;

export interface RecordContent {
  readonly key?: Bytes;
  readonly value?: Bytes;
  readonly headers?: readonly (readonly [string, Bytes])[];
  readonly timestampMs?: number;
}

/** A record at offset 17 of `requests`, partition 2. */
export function inputRecord({ key = null, value = null, headers = [], timestampMs }: RecordContent): InputRecord {
  const bytes = (content: Bytes) => (content === null ? null : Buffer.from(content));
  return {
    partition: new AssignedPartition('requests', 2, 0),
    offset: 17,
    timestampMs: timestampMs ?? Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    key: bytes(key),
    value: bytes(value),
    headers: headers.map(([name, content]) => [Buffer.from(name), bytes(content)]),
    sizeBytes: 0,
  };
}
