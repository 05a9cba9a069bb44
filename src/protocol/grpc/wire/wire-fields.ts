import { WIRE, WireCursor } from './wire-cursor.ts';

/** A number as protobuf's varint; whole, from 0 to 2^53. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** The tag of a field of bytes: of a message, a string, bytes or a packed list. */
export function bytesTag(field: number): Buffer {
  return varint(field * 8 + WIRE.bytes);
}

/** A field of bytes in parts, of which the first is its tag and length; nothing is copied. */
export function bytesField(field: number, ...parts: readonly Buffer[]): Buffer[] {
  let length = 0;
  for (const part of parts) length += part.length;
  return [Buffer.concat([bytesTag(field), varint(length)]), ...parts];
}

/** A string field; nothing where the string is empty, as proto3 writes it. */
export function stringField(field: number, text: string): Buffer[] {
  return text === '' ? [] : bytesField(field, Buffer.from(text));
}

/** A map's entry under the key that `rename` makes of its own; its value stays as it is. */
export function renamedEntry(entry: Buffer, rename: (key: string) => string): Buffer[] {
  const fields = new WireCursor(entry);
  const value: Buffer[] = [];
  let key = '';
  while (fields.next()) {
    if (fields.isBytes(1)) key = fields.value.toString();
    else value.push(fields.whole);
  }
  return [...stringField(1, rename(key)), ...value];
}
