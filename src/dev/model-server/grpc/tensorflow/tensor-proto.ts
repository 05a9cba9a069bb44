import { create } from '@bufbuild/protobuf';
import {
  DataType,
  DataTypeSchema,
  TensorProtoSchema,
  type TensorProto,
} from '../../../../protocol/gen/tensorflow/tensor_pb.ts';
import { RequestError } from '../../request-error.ts';
import { DATATYPES, datatypeOfTensorflow, type Datatype } from '../../tensors/datatype.ts';
import { elementCount, type Tensor } from '../../tensors/tensor.ts';
import { bigintsOf, bytesOf, fromElements, fromRaw, numbersOf, readSizes, type Elements } from '../binary-tensor.ts';

/** TensorFlow's number of a datatype. */
export function dataTypeOf(datatype: Datatype): DataType {
  return DataType[DATATYPES[datatype].tensorflow as keyof typeof DataType];
}

/**
 * A tensor from its content or from its list; a list that is too short goes on with its last value, as TensorFlow has it.
 *
 * @throws RequestError 400
 */
export function readTensorProto(proto: TensorProto, path: string): Tensor {
  const name = DataTypeSchema.value[proto.dtype]?.name ?? String(proto.dtype);
  const datatype = datatypeOfTensorflow(name);
  if (datatype === undefined) throw new RequestError(400, `${path} is of type ${name}, which is not served here`);
  if (proto.tensorShape?.unknownRank) throw new RequestError(400, `${path} has a shape of unknown rank`);
  const sizes = proto.tensorShape?.dim.map(({ size }) => size) ?? [];
  const shape = readSizes(sizes, datatype, path);
  const count = elementCount(shape);
  if (proto.tensorContent.length === 0) {
    return { datatype, shape, data: fromElements(datatype, listOf(proto, datatype), count, path, true) };
  }
  if (datatype === 'string') throw new RequestError(400, `${path} has texts in tensor_content; give string_val`);
  return { datatype, shape, data: fromRaw(datatype, proto.tensorContent, count, path) };
}

function listOf(proto: TensorProto, datatype: Datatype): Elements {
  switch (datatype) {
    case 'float32':
      return proto.floatVal;
    case 'float64':
      return proto.doubleVal;
    case 'int64':
      return proto.int64Val;
    case 'uint32':
      return proto.uint32Val;
    case 'uint64':
      return proto.uint64Val;
    case 'bool':
      return proto.boolVal;
    case 'string':
      return proto.stringVal;
    default:
      return proto.intVal;
  }
}

/** The tensor with its list of values. */
export function writeTensorProto(tensor: Tensor): TensorProto {
  const { datatype, shape } = tensor;
  const dtype = dataTypeOf(datatype);
  const tensorShape = { dim: shape.map((size) => ({ size: BigInt(size) })) };
  return create(TensorProtoSchema, { dtype, tensorShape, ...listFields(tensor) });
}

function listFields(tensor: Tensor): Partial<Pick<TensorProto, ListField>> {
  switch (tensor.datatype) {
    case 'float32':
      return { floatVal: numbersOf(tensor) };
    case 'float64':
      return { doubleVal: numbersOf(tensor) };
    case 'int64':
      return { int64Val: bigintsOf(tensor) };
    case 'uint32':
      return { uint32Val: numbersOf(tensor) };
    case 'uint64':
      return { uint64Val: bigintsOf(tensor) };
    case 'bool':
      return { boolVal: numbersOf(tensor).map(Boolean) };
    case 'string':
      return { stringVal: bytesOf(tensor) };
    default:
      return { intVal: numbersOf(tensor) };
  }
}

type ListField = 'floatVal' | 'doubleVal' | 'int64Val' | 'uint32Val' | 'uint64Val' | 'boolVal' | 'stringVal' | 'intVal';
