import type { InputRecord } from '../../../kafka/record.ts';
import { textOf } from '../../records/printable.ts';
import { protoNameOf, timeOf, type RecordFormat } from './record-format.ts';

/** Text where bytes are UTF-8, else the bytes as base64 under a name that says so. */
type JsonBytes = string | { readonly base64: string } | null;

// JSON leaves these as they are; a terminal does not.
const CONTROLS = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** One JSON object a line with all there is of a record: topic, partition, offset, timestamp, key, headers, value. */
export class JsonFormat implements RecordFormat {
  format(record: InputRecord): Buffer {
    const { partition, offset, key, value, headers } = record;
    // Bytes of a protobuf message can be UTF-8 by chance; one topic should not mix both forms for that.
    const binary = protoNameOf(record) !== undefined;
    const line = JSON.stringify({
      topic: partition.topic,
      partition: partition.partition,
      offset,
      timestamp: timeOf(record) ?? null,
      key: jsonBytes(key, false),
      headers: headers.map(([name, content]) => [jsonBytes(name, false), jsonBytes(content, false)]),
      value: jsonBytes(value, binary),
    });
    return Buffer.from(`${line.replace(CONTROLS, escape)}\n`);
  }

  remarks(): readonly string[] {
    return [];
  }
}

function jsonBytes(bytes: Buffer | null, binary: boolean): JsonBytes {
  if (bytes === null) return null;
  return (binary ? undefined : textOf(bytes)) ?? { base64: bytes.toString('base64') };
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
