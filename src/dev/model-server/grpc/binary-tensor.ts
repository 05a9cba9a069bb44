import { isUtf8 } from 'node:buffer';
import { RequestError } from '../request-error.ts';
import { DATATYPES, storeElement, type Datatype, type TensorData } from '../tensors/datatype.ts';
import { elementCount, shapeText, type Tensor } from '../tensors/tensor.ts';

/** Most bytes that a tensor may take in memory, whatever its message holds. */
const MAX_TENSOR_BYTES = 256 * 1024 * 1024;

const ELEMENT_BYTES: Readonly<Record<Datatype, number>> = {
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
  string: 16,
};

/** A shape of a message. @throws RequestError 400 for sizes below 1, and for more than fits a tensor */
export function readSizes(sizes: readonly (bigint | number)[], datatype: Datatype, path: string): readonly number[] {
  const shape = sizes.map(Number);
  const wrong = shape.find((size) => !Number.isSafeInteger(size) || size < 1);
  if (wrong !== undefined)
    throw new RequestError(400, `${path} has the size ${wrong} in its shape, and 1 is the least`);
  if (elementCount(shape) * ELEMENT_BYTES[datatype] <= MAX_TENSOR_BYTES) return shape;
  throw new RequestError(400, `${path} has the shape ${shapeText(shape)}, more than ${MAX_TENSOR_BYTES} bytes`);
}

/**
 * Elements from their bytes: little-endian, row by row. Texts come each behind its length in four bytes.
 *
 * @throws RequestError 400 when the bytes are not those of so many elements
 */
export function fromRaw(datatype: Datatype, raw: Uint8Array, count: number, path: string): TensorData {
  if (datatype === 'string') return rawTexts(raw, count, path);
  const wanted = count * ELEMENT_BYTES[datatype];
  if (raw.length !== wanted)
    throw new RequestError(400, `${path} has ${raw.length} bytes, and its shape wants ${wanted}`);
  const data = DATATYPES[datatype].allocate(count);
  // All machines that run Node and ONNX Runtime are little-endian.
  if (ArrayBuffer.isView(data)) new Uint8Array(data.buffer).set(raw);
  return data;
}

function rawTexts(raw: Uint8Array, count: number, path: string): string[] {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at + 4;
    const end = start <= bytes.length ? start + bytes.readUInt32LE(at) : Infinity;
    if (end > bytes.length) throw new RequestError(400, `${path} ends within a text`);
    texts.push(readText(bytes.subarray(start, end), path));
    at = end;
  }
  if (texts.length === count) return texts;
  throw new RequestError(400, `${path} has ${texts.length} texts, and its shape wants ${count}`);
}

/** The bytes of a tensor, as `fromRaw` reads them. */
export function toRaw({ data }: Tensor): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

export type Elements = readonly (number | bigint | boolean | Uint8Array)[];

/**
 * Elements from a list of a message. Floats may be NaN and infinite; integers must fit.
 *
 * @param fill whether a list that is too short goes on with its last value, or with zeros (TensorFlow's rule)
 * @throws RequestError 400
 */
export function fromElements(
  datatype: Datatype,
  values: Elements,
  count: number,
  path: string,
  fill: boolean,
): TensorData {
  if (values.length > count || (values.length < count && !fill)) {
    throw new RequestError(400, `${path} has ${values.length} values, and its shape wants ${count}`);
  }
  const { family, allocate } = DATATYPES[datatype];
  const data = allocate(count);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value instanceof Uint8Array) data[i] = readText(value, path);
    else if (family === 'float' && typeof value === 'number') data[i] = value;
    else storeElement(datatype, data, i, value, () => `${path}[${i}]`);
  }
  const last = data[values.length - 1];
  if (last !== undefined) for (let i = values.length; i < count; i++) data[i] = last;
  return data;
}

function readText(bytes: Uint8Array, path: string): string {
  if (isUtf8(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  throw new RequestError(400, `${path} has bytes that are not UTF-8 text`);
}

/** The elements as numbers, whatever their datatype. */
export function numbersOf({ data }: Tensor): number[] {
  return Array.from<number | bigint | string, number>(data, Number);
}

/** The elements as 64-bit integers. */
export function bigintsOf({ data }: Tensor): bigint[] {
  return Array.from<number | bigint | string, bigint>(data, BigInt);
}

/** The texts as UTF-8. */
export function bytesOf({ data }: Tensor): Uint8Array[] {
  return Array.from<number | bigint | string, Uint8Array>(data, (text) => Buffer.from(String(text)));
}
