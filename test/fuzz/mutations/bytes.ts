import type { Seeded } from '../../simulation/seeded.ts';

// Where length fields, signs, encodings and framings go wrong.
const INTERESTING = [
  0x00, 0x01, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2c, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff,
];
const PIECES = [
  Buffer.from('\ufeff'),
  Buffer.from([0x1f, 0x8b, 0x08, 0x00]),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
  Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]),
  Buffer.from([0xc3]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from('\r\n\r\n'),
  Buffer.from('"__proto__":'),
  Buffer.from('null'),
];

/** Changes one to three places of the bytes, of no knowledge of what they mean. */
export function mutateBytes(bytes: Buffer, random: Seeded): Buffer {
  let mutated = bytes;
  for (let left = random.between(1, 3); left > 0; left--) mutated = random.pick(MUTATIONS)(mutated, random);
  return mutated;
}

/** Bytes without any sense. */
export function randomBytes(length: number, random: Seeded): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = random.between(0, 255);
  return bytes;
}

type Mutation = (bytes: Buffer, random: Seeded) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  truncate,
  cutOut,
  repeatRange,
  insertPiece,
  moveRange,
  append,
];

function flipBit(bytes: Buffer, random: Seeded): Buffer {
  const at = place(bytes, random);
  const before = bytes[at];
  return before === undefined ? bytes : replaced(bytes, at, before ^ (1 << random.between(0, 7)));
}

function setByte(bytes: Buffer, random: Seeded): Buffer {
  return bytes.length === 0 ? bytes : replaced(bytes, place(bytes, random), random.pick(INTERESTING));
}

function truncate(bytes: Buffer, random: Seeded): Buffer {
  const at = random.between(0, bytes.length);
  return random.chance(0.8) ? bytes.subarray(0, at) : bytes.subarray(at);
}

function cutOut(bytes: Buffer, random: Seeded): Buffer {
  const [from, to] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function repeatRange(bytes: Buffer, random: Seeded): Buffer {
  const [from, to] = range(bytes, random);
  const times = random.chance(0.05) ? 40 : random.between(1, 3);
  const repeats = Array.from({ length: times }, () => bytes.subarray(from, to));
  return Buffer.concat([bytes.subarray(0, to), ...repeats, bytes.subarray(to)]);
}

function insertPiece(bytes: Buffer, random: Seeded): Buffer {
  const at = random.between(0, bytes.length);
  const piece = random.chance(0.5) ? random.pick(PIECES) : randomBytes(random.between(1, 12), random);
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function moveRange(bytes: Buffer, random: Seeded): Buffer {
  const [from, to] = range(bytes, random);
  const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  const at = random.between(0, rest.length);
  return Buffer.concat([rest.subarray(0, at), bytes.subarray(from, to), rest.subarray(at)]);
}

function append(bytes: Buffer, random: Seeded): Buffer {
  return Buffer.concat([bytes, random.chance(0.5) ? bytes : random.pick(PIECES)]);
}

function place(bytes: Buffer, random: Seeded): number {
  return random.between(0, Math.max(0, bytes.length - 1));
}

// Mostly short: what is left should still look like something.
function range(bytes: Buffer, random: Seeded): readonly [from: number, to: number] {
  const from = random.between(0, bytes.length);
  const length = random.chance(0.8) ? random.between(1, 16) : random.between(1, bytes.length + 1);
  return [from, Math.min(bytes.length, from + length)];
}

function replaced(bytes: Buffer, at: number, byte: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = byte;
  return copy;
}
