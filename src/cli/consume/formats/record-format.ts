import type { InputRecord } from '../../../kafka/record.ts';

/** A way to write records out. */
export interface RecordFormat {
  /** What is written for the record, with its end of line; empty when nothing is. */
  format(record: InputRecord): Buffer;
  /** What a person should know about what was written, told once at the end. */
  remarks(): readonly string[];
}

/** Where a record is in its topic: `partition/offset`. */
export function addressOf({ partition, offset }: InputRecord): string {
  return `${partition.partition}/${offset}`;
}

/** The time of a record as ISO 8601 in UTC, or undefined where it has none. */
export function timeOf({ timestampMs }: InputRecord): string | undefined {
  // The largest time a Date can hold; a producer may have written anything.
  return timestampMs < 0 || timestampMs > 8.64e15 ? undefined : new Date(timestampMs).toISOString();
}

/** The first header of this name, in any case; undefined when there is none or it has no value. */
export function headerOf(record: InputRecord, name: string): Buffer | undefined {
  for (const [found, value] of record.headers) {
    if (found !== null && found.length === name.length && found.toString('latin1').toLowerCase() === name) {
      return value ?? undefined;
    }
  }
  return undefined;
}

/** The protobuf type of the value, where a header gives it. */
export function protoNameOf(record: InputRecord): string | undefined {
  return headerOf(record, 'proto-name')?.toString();
}
