import type { InputRecord } from '../../../kafka/record.ts';
import { plural } from '../../amounts.ts';
import { preview } from '../../records/printable.ts';
import { addressOf, protoNameOf, timeOf, type RecordFormat } from './record-format.ts';

const KEY_CHARACTERS = 200;
const HEADER_CHARACTERS = 300;
const VALUE_CHARACTERS = 600;

/** For people: partition and offset, time, key, headers, and the start of the value. Nothing in it can move the cursor. */
export class PrettyFormat implements RecordFormat {
  format(record: InputRecord): Buffer {
    const { key, headers } = record;
    const head = [addressOf(record), timeOf(record) ?? '(no time)'];
    if (key !== null) head.push(`key ${key.length === 0 ? '(empty)' : preview(key, KEY_CHARACTERS)}`);
    const lines = [head.join('  ')];
    for (const [name, value] of headers) lines.push(`  ${headerLine(name, value)}`);
    lines.push(`  ${valueLine(record, VALUE_CHARACTERS)}`, '');
    return Buffer.from(`${lines.join('\n')}\n`);
  }

  remarks(): readonly string[] {
    return [];
  }
}

/** `name: value` of a header, clipped. */
export function headerLine(name: Buffer | null, value: Buffer | null): string {
  const shown = value === null ? '(no value)' : preview(value, HEADER_CHARACTERS);
  return `${preview(name ?? Buffer.alloc(0), HEADER_CHARACTERS)}: ${shown}`;
}

/** The start of the value on one line; protobuf and other bytes in hexadecimal, with how many there are. */
export function valueLine(record: InputRecord, limit: number): string {
  const { value } = record;
  if (value === null) return '(no value)';
  if (value.length === 0) return '(empty value)';
  const type = protoNameOf(record);
  if (type === undefined) return preview(value, limit);
  const clipped = value.length > limit / 2;
  const bytes = value.subarray(0, limit / 2).toString('hex');
  return `${plural(value.length, 'byte')} of protobuf, 0x${bytes}${clipped ? '…' : ''}`;
}
