import { RequestError } from '../request-error.ts';

/** Element types that a model may take and answer, by the names that ONNX Runtime uses. */
export type Datatype =
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | string[];

export interface DatatypeInfo {
  /** Name in the v2 protocol. */
  readonly v2: string;
  /** Name in TensorFlow's metadata. */
  readonly tensorflow: string;
  readonly family: 'float' | 'integer' | 'bool' | 'string';
  /** Bounds of integers, both included. */
  readonly min: bigint;
  readonly max: bigint;
  allocate(length: number): TensorData;
}

function float(v2: string, tensorflow: string, allocate: (length: number) => TensorData): DatatypeInfo {
  return { v2, tensorflow, family: 'float', min: 0n, max: 0n, allocate };
}

function integer(bits: number, signed: boolean, allocate: (length: number) => TensorData): DatatypeInfo {
  const name = `INT${bits}`;
  const span = 1n << BigInt(signed ? bits - 1 : bits);
  return {
    v2: signed ? name : `U${name}`,
    tensorflow: signed ? `DT_${name}` : `DT_U${name}`,
    family: 'integer',
    min: signed ? -span : 0n,
    max: span - 1n,
    allocate,
  };
}

/** What is to be known of each datatype: its names in the protocols, its bounds, its array. */
export const DATATYPES: Readonly<Record<Datatype, DatatypeInfo>> = {
  float32: float('FP32', 'DT_FLOAT', (length) => new Float32Array(length)),
  float64: float('FP64', 'DT_DOUBLE', (length) => new Float64Array(length)),
  int8: integer(8, true, (length) => new Int8Array(length)),
  int16: integer(16, true, (length) => new Int16Array(length)),
  int32: integer(32, true, (length) => new Int32Array(length)),
  int64: integer(64, true, (length) => new BigInt64Array(length)),
  uint8: integer(8, false, (length) => new Uint8Array(length)),
  uint16: integer(16, false, (length) => new Uint16Array(length)),
  uint32: integer(32, false, (length) => new Uint32Array(length)),
  uint64: integer(64, false, (length) => new BigUint64Array(length)),
  bool: { v2: 'BOOL', tensorflow: 'DT_BOOL', family: 'bool', min: 0n, max: 1n, allocate: (n) => new Uint8Array(n) },
  string: {
    v2: 'BYTES',
    tensorflow: 'DT_STRING',
    family: 'string',
    min: 0n,
    max: 0n,
    allocate: (length) => new Array<string>(length).fill(''),
  },
};

/** The datatype that the v2 protocol calls so, or undefined. */
export function datatypeOfV2(name: string): Datatype | undefined {
  return (Object.keys(DATATYPES) as Datatype[]).find((datatype) => DATATYPES[datatype].v2 === name);
}

/** The datatype that TensorFlow calls so, or undefined. */
export function datatypeOfTensorflow(name: string): Datatype | undefined {
  return (Object.keys(DATATYPES) as Datatype[]).find((datatype) => DATATYPES[datatype].tensorflow === name);
}

/** Whether its values are numbers that may become those of another datatype. */
export function isNumeric(datatype: Datatype): boolean {
  const { family } = DATATYPES[datatype];
  return family === 'float' || family === 'integer';
}

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(DATATYPES, name);
}

/**
 * Puts one JSON value into a tensor, as the datatype wants it: whole numbers inside the bounds for integers, finite numbers for
 * floats. A bigint is an integer that JSON wrote with more digits than a double holds.
 *
 * @param where says the place of the value, when it is wrong
 * @throws RequestError 400
 */
export function storeElement(
  datatype: Datatype,
  data: TensorData,
  index: number,
  value: unknown,
  where: () => string,
): void {
  const stored = convert(datatype, value);
  if (stored === undefined)
    throw new RequestError(400, `${where()} is ${shown(value)}, and ${wanted(datatype)} is expected`);
  data[index] = stored;
}

function convert(datatype: Datatype, value: unknown): number | bigint | string | undefined {
  const { family, min, max } = DATATYPES[datatype];
  switch (family) {
    case 'float': {
      if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
      const number = datatype === 'float32' ? Math.fround(Number(value)) : Number(value);
      return Number.isFinite(number) ? number : undefined;
    }
    case 'integer': {
      if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) return undefined;
      if (value < min || value > max) return undefined;
      return max > 0xffff_ffffn ? BigInt(value) : Number(value);
    }
    case 'bool':
      return value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : undefined;
    case 'string':
      return typeof value === 'string' ? value : undefined;
  }
}

function wanted(datatype: Datatype): string {
  const { family, min, max } = DATATYPES[datatype];
  if (family === 'float') return `a number that fits ${datatype}`;
  if (family === 'integer') return `a whole number from ${min} to ${max}`;
  return family === 'bool' ? 'true or false' : 'a string';
}

/** A JSON value as an error message shows it: short. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (value === undefined) return 'missing';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
