import { MessageError } from '../message-error.ts';

/**
 * The branch that a router's tensor names. A router can answer for a batch of several rows; a message goes one way as a whole,
 * so they must agree.
 *
 * @throws MessageError when there is no value, or values that differ
 */
export function chosenBranch(values: readonly number[]): number {
  const [first] = values;
  if (first === undefined) throw new MessageError('its tensor is empty, and a route is one whole number');
  const other = values.find((value) => value !== first);
  if (other === undefined) return first;
  throw new MessageError(`its tensor names the branches ${first} and ${other}, and a message goes one way as a whole`);
}

/**
 * The tensor of a router's answer, as it was encoded.
 *
 * @throws MessageError when there is none, or several
 */
export function onlyOutput(outputs: readonly Buffer[]): Buffer {
  const [output] = outputs;
  if (output !== undefined && outputs.length === 1) return output;
  throw new MessageError(`it has ${outputs.length} outputs; a route is one output, a tensor with one whole number`);
}

/** Bytes of an element, and whether it has a sign. */
export interface IntegerType {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/**
 * Whole numbers as tensors hold them raw: little-endian, one behind the other. Those beyond 2^53 lose their low bits.
 *
 * @throws MessageError for bytes that are no whole number of elements
 */
export function rawIntegers(raw: Uint8Array, type: IntegerType): number[] {
  if (raw.length % type.bytes !== 0) {
    throw new MessageError(`its tensor has ${raw.length} bytes, which is no multiple of ${type.bytes}`);
  }
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const values: number[] = [];
  for (let at = 0; at < bytes.length; at += type.bytes) {
    if (type.bytes === 8) values.push(Number(type.signed ? bytes.readBigInt64LE(at) : bytes.readBigUInt64LE(at)));
    else values.push(type.signed ? bytes.readIntLE(at, type.bytes) : bytes.readUIntLE(at, type.bytes));
  }
  return values;
}
