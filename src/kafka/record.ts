import type { AssignedPartition } from './offsets/assigned-partition.ts';

/** A header as Kafka has it: names can repeat, values can be null. */
export type RecordHeader = readonly [name: Buffer | null, value: Buffer | null];

/** A record of the input topic. Buffers are views of what the broker sent. */
export interface InputRecord {
  readonly partition: AssignedPartition;
  readonly offset: number;
  /** Milliseconds since 1970; -1 where the record has none. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
  /** Key, value and headers together. */
  readonly sizeBytes: number;
}

/** A record to be written. `settled` is called once, in the order in which the records of a partition were sent. */
export interface OutputRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
  readonly sizeBytes: number;
  /** The broker has stored it, or never will (`error` of kind `record` or `fatal`). */
  settled(error: Error | undefined): void;
}

/** Bytes that a record takes: key, value and headers. */
export function recordSizeBytes(key: Buffer | null, value: Buffer | null, headers: readonly RecordHeader[]): number {
  let size = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, content] of headers) size += (name?.length ?? 0) + (content?.length ?? 0);
  return size;
}
