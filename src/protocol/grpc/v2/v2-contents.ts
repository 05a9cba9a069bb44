import { type InferTensorContents, InferTensorContentsSchema } from '../../gen/inference/grpc_service_pb.ts';
import { MessageError } from '../../message-error.ts';
import { rawIntegers, type IntegerType } from '../chosen-branch.ts';
import { decodeMessage } from '../wire/decode.ts';

const INTEGERS: ReadonlyMap<string, IntegerType> = new Map<string, IntegerType>([
  ['INT8', { bytes: 1, signed: true }],
  ['INT16', { bytes: 2, signed: true }],
  ['INT32', { bytes: 4, signed: true }],
  ['INT64', { bytes: 8, signed: true }],
  ['UINT8', { bytes: 1, signed: false }],
  ['UINT16', { bytes: 2, signed: false }],
  ['UINT32', { bytes: 4, signed: false }],
  ['UINT64', { bytes: 8, signed: false }],
]);

/**
 * The values of a tensor of whole numbers.
 *
 * @param raw its raw content; undefined where it has typed contents
 * @throws MessageError for a tensor of another datatype
 */
export function v2Integers(
  datatype: string,
  contents: InferTensorContents | undefined,
  raw: Buffer | undefined,
): readonly number[] {
  const type = INTEGERS.get(datatype);
  if (type === undefined) throw new MessageError(`its tensor is of datatype '${datatype}', not of whole numbers`);
  if (raw !== undefined) return rawIntegers(raw, type);
  if (contents === undefined) return [];
  if (type.bytes === 8) return (type.signed ? contents.int64Contents : contents.uint64Contents).map(Number);
  return type.signed ? contents.intContents : contents.uintContents;
}

/**
 * Typed contents as raw ones: little-endian, row by row; each value of BYTES behind its length in four bytes.
 *
 * @throws MessageError for a datatype that has no typed contents
 */
export function rawContents(datatype: string, contents: Buffer): Buffer {
  const typed = decodeMessage(InferTensorContentsSchema, contents);
  const integer = INTEGERS.get(datatype);
  if (integer !== undefined) return rawOfIntegers(integer, typed);
  switch (datatype) {
    case 'BOOL':
      return Buffer.from(typed.boolContents.map(Number));
    case 'FP32':
      return written(typed.fp32Contents, 4, (bytes, value, at) => bytes.writeFloatLE(value, at));
    case 'FP64':
      return written(typed.fp64Contents, 8, (bytes, value, at) => bytes.writeDoubleLE(value, at));
    case 'BYTES':
      return Buffer.concat(
        typed.byteContents.flatMap((value) => {
          const length = Buffer.alloc(4);
          length.writeUInt32LE(value.length);
          return [length, value];
        }),
      );
    default:
      throw new MessageError(
        `a tensor of datatype '${datatype}' has typed contents, and only raw ones are known for it`,
      );
  }
}

function rawOfIntegers({ bytes: size, signed }: IntegerType, typed: InferTensorContents): Buffer {
  if (size === 8) {
    const values = signed ? typed.int64Contents : typed.uint64Contents;
    return written(values, 8, (bytes, value, at) => bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at));
  }
  // What does not fit its datatype keeps its low bits, as it would in a model that reads it.
  const mask = 2 ** (8 * size);
  const values = signed ? typed.intContents : typed.uintContents;
  return written(values, size, (bytes, value, at) => bytes.writeUIntLE(((value % mask) + mask) % mask, at, size));
}

function written<T>(
  values: readonly T[],
  sizeBytes: number,
  write: (bytes: Buffer, value: T, at: number) => void,
): Buffer {
  const bytes = Buffer.alloc(values.length * sizeBytes);
  values.forEach((value, index) => write(bytes, value, index * sizeBytes));
  return bytes;
}
