import { RequestError } from '../request-error.ts';
import { DATATYPES, datatypeOfTensorflow, shown, type Datatype } from '../tensors/datatype.ts';
import { readFlat, readShape } from '../tensors/read-tensor.ts';
import type { Tensor, TensorSpec } from '../tensors/tensor.ts';
import { writeFlat } from '../tensors/write-tensor.ts';
import { type JsonObject } from '../../../base/json-object.ts';
import { property, requireList, requireObject } from './json-object.ts';

// Which field of a TensorProto holds the values; protobuf's JSON spells fields both ways.
const FIELDS: Readonly<Record<Datatype, readonly [string, string]>> = {
  float32: ['floatVal', 'float_val'],
  float64: ['doubleVal', 'double_val'],
  int8: ['intVal', 'int_val'],
  int16: ['intVal', 'int_val'],
  int32: ['intVal', 'int_val'],
  int64: ['int64Val', 'int64_val'],
  uint8: ['intVal', 'int_val'],
  uint16: ['intVal', 'int_val'],
  uint32: ['uint32Val', 'uint32_val'],
  uint64: ['uint64Val', 'uint64_val'],
  bool: ['boolVal', 'bool_val'],
  string: ['stringVal', 'string_val'],
};

/** A `tensorflow.TensorProto` in protobuf's JSON. Its datatype must be the model's. @throws RequestError 400 */
export function readTfTensor(value: unknown, spec: TensorSpec, path: string): Tensor {
  const proto = requireObject(value, path);
  const { tensorflow } = DATATYPES[spec.datatype];
  if (property(proto, 'dtype') !== tensorflow) {
    throw new RequestError(
      400,
      `${path}.dtype is ${shown(property(proto, 'dtype'))}, and the model takes ${tensorflow}`,
    );
  }
  const [field, otherField] = FIELDS[spec.datatype];
  const values = property(proto, field) ?? property(proto, otherField);
  if (values === undefined) throw new RequestError(400, `${path}.${field} is missing`);
  const elements = requireList(values, `${path}.${field}`).map((element) => readElement(element, spec.datatype));
  return readFlat(elements, tfShape(proto, path), spec, `${path}.${field}`);
}

/** What a `tensorflow.TensorProto` in protobuf's JSON is by itself. @throws RequestError 400 */
export function openTfSpec(value: unknown, path: string): TensorSpec {
  const proto = requireObject(value, path);
  const dtype = property(proto, 'dtype');
  const datatype = typeof dtype === 'string' ? datatypeOfTensorflow(dtype) : undefined;
  if (datatype !== undefined) return { name: '', datatype, shape: tfShape(proto, path) };
  throw new RequestError(400, `${path}.dtype is ${shown(dtype)}, and one such as DT_FLOAT or DT_INT64 is expected`);
}

// Protobuf's JSON writes 64-bit integers as strings and bytes in base64.
function readElement(element: unknown, datatype: Datatype): unknown {
  if (typeof element !== 'string') return element;
  if (datatype === 'string') return Buffer.from(element, 'base64').toString();
  const isInteger = DATATYPES[datatype].family === 'integer' && /^-?\d{1,20}$/.test(element);
  return isInteger ? BigInt(element) : element;
}

function tfShape(proto: JsonObject, path: string): readonly number[] {
  const shape = requireObject(property(proto, 'tensorShape') ?? property(proto, 'tensor_shape'), `${path}.tensorShape`);
  const dims = requireList(property(shape, 'dim') ?? [], `${path}.tensorShape.dim`);
  const sizes = dims.map((dim, i) => Number(property(requireObject(dim, `${path}.tensorShape.dim[${i}]`), 'size')));
  return readShape(sizes, `${path}.tensorShape`);
}

/** The JSON of a `tensorflow.TensorProto`. */
export function writeTfTensor(tensor: Tensor): string {
  const dim = tensor.shape.map((size) => ({ size: String(size) }));
  const head = JSON.stringify({ dtype: DATATYPES[tensor.datatype].tensorflow, tensorShape: { dim } });
  return `${head.slice(0, -1)},"${FIELDS[tensor.datatype][0]}":${writeValues(tensor)}}`;
}

function writeValues(tensor: Tensor): string {
  const { data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return JSON.stringify(Array.from(data, String));
  if (Array.isArray(data)) return JSON.stringify(data.map((text) => Buffer.from(text).toString('base64')));
  return writeFlat(tensor);
}
