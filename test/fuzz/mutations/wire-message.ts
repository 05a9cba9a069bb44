import type { Seeded } from '../../simulation/seeded.ts';
import { mutateBytes, randomBytes } from './bytes.ts';

const BYTES = 2;
const MAX_DEPTH = 6;

interface Field {
  readonly tag: Buffer;
  readonly number: number;
  readonly wireType: number;
  /** Of a field of bytes without its length. */
  readonly value: Buffer;
}

// Lengths and tags that lie.
const VARINTS = [
  [0x00],
  [0x7f],
  [0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
].map((bytes) => Buffer.from(bytes));
const TEXTS = ['', '__proto__', 'constructor', 'é', '\u0000', 'x'.repeat(3_000)].map((text) => Buffer.from(text));
const NO_UTF8 = [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]].map((one) =>
  Buffer.from(one),
);

/** Changes one to three fields of a protobuf message, on any level. What is none comes back with some bytes changed. */
export function mutateWire(message: Buffer, random: Seeded): Buffer {
  let mutated = message;
  for (let left = random.between(1, 3); left > 0; left--) mutated = mutateLevel(mutated, random, 0);
  return mutated;
}

function mutateLevel(message: Buffer, random: Seeded, depth: number): Buffer {
  const fields = fieldsOf(message);
  if (fields === undefined || fields.length === 0) return mutateBytes(message, random);
  const at = random.between(0, fields.length - 1);
  const field = fields[at];
  if (field === undefined) return message;
  if (field.wireType === BYTES && depth < MAX_DEPTH && random.chance(0.6)) {
    const value = mutateLevel(field.value, random, depth + 1);
    // Sometimes the length stays what it was.
    const length = random.chance(0.9) ? varint(value.length) : varint(field.value.length);
    return joined(fields, at, [field.tag, length, value]);
  }
  return joined(fields, at, changed(field, fields, random));
}

function changed(field: Field, fields: readonly Field[], random: Seeded): Buffer[] {
  const whole = bytesOf(field);
  const lengthed = field.wireType === BYTES ? [varint(field.value.length), field.value] : [field.value];
  switch (random.between(0, 13)) {
    case 0:
      return [];
    case 1:
      return [...whole, ...whole];
    case 2:
      return bytesOf(random.pick(fields));
    case 3:
      return [varint(random.pick([0, 1, 15, 18_999, 536_870_911, 536_870_912]) * 8 + field.wireType), ...lengthed];
    case 4:
      return [varint(random.between(1, 8) * 8 + field.wireType), ...lengthed];
    case 5:
      return [varint(field.number * 8 + random.between(0, 7)), ...lengthed];
    case 6:
      return [field.tag, random.pick(VARINTS), field.value];
    case 7:
      // The tag, longer than it has to be.
      return [overlong(field.tag), ...lengthed];
    case 8:
      return [random.pick(VARINTS), ...lengthed];
    case 9:
      return [...whole, ...groups(random)];
    case 10:
      return [tagOf(field.number), ...withLength(random.pick(random.pick([TEXTS, NO_UTF8])))];
    case 11:
      return [field.tag, ...withLength(randomBytes(random.between(0, 40), random))];
    case 12:
      return [insideItself(field, random.pick([3, 99, 101, 500]))];
    default:
      return [...whole, randomBytes(random.between(1, 9), random)];
  }
}

function groups(random: Seeded): Buffer[] {
  const depth = random.pick([1, 2, 99, 100, 101, 5_000]);
  const end = random.chance(0.8) ? Buffer.alloc(depth, 0x0c) : Buffer.alloc(depth, 0x14);
  return [Buffer.alloc(depth, 0x0b), end];
}

function insideItself(field: Field, times: number): Buffer {
  const heads: Buffer[] = [];
  let length = field.value.length;
  for (let left = times; left > 0; left--) {
    const head = Buffer.concat([tagOf(field.number), varint(length)]);
    heads.push(head);
    length += head.length;
  }
  return Buffer.concat([...heads.reverse(), field.value]);
}

/** The fields of one level; undefined for what is no message. */
function fieldsOf(message: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < message.length;) {
    const tag = readVarint(message, at);
    if (tag === undefined || tag.value < 8) return undefined;
    const wireType = tag.value % 8;
    let start = tag.end;
    let end: number;
    if (wireType === 0) end = readVarint(message, start)?.end ?? Infinity;
    else if (wireType === 1) end = start + 8;
    else if (wireType === 5) end = start + 4;
    else if (wireType === BYTES) {
      const length = readVarint(message, start);
      start = length?.end ?? Infinity;
      end = start + (length?.value ?? 0);
    } else return undefined;
    if (end > message.length) return undefined;
    const number = Math.floor(tag.value / 8);
    fields.push({ tag: message.subarray(at, tag.end), number, wireType, value: message.subarray(start, end) });
    at = end;
  }
  return fields;
}

function readVarint(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = from, factor = 1; at < from + 7; at++, factor *= 128) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}

function joined(fields: readonly Field[], at: number, instead: readonly Buffer[]): Buffer {
  return Buffer.concat(fields.flatMap((field, index) => (index === at ? instead : bytesOf(field))));
}

function bytesOf({ tag, wireType, value }: Field): Buffer[] {
  return wireType === BYTES ? [tag, ...withLength(value)] : [tag, value];
}

function withLength(value: Buffer): Buffer[] {
  return [varint(value.length), value];
}

function tagOf(number: number): Buffer {
  return varint(number * 8 + BYTES);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function overlong(encoded: Buffer): Buffer {
  const longer = Buffer.concat([encoded, Buffer.from([0x80, 0x00])]);
  longer[encoded.length - 1] = (encoded.at(-1) ?? 0) | 0x80;
  return longer;
}
