import { DataType, type TensorProto } from '../../gen/tensorflow/tensor_pb.ts';
import { MessageError } from '../../message-error.ts';
import { rawIntegers, type IntegerType } from '../chosen-branch.ts';

const INTEGERS: ReadonlyMap<DataType, IntegerType> = new Map<DataType, IntegerType>([
  [DataType.DT_INT8, { bytes: 1, signed: true }],
  [DataType.DT_INT16, { bytes: 2, signed: true }],
  [DataType.DT_INT32, { bytes: 4, signed: true }],
  [DataType.DT_INT64, { bytes: 8, signed: true }],
  [DataType.DT_UINT8, { bytes: 1, signed: false }],
  [DataType.DT_UINT16, { bytes: 2, signed: false }],
  [DataType.DT_UINT32, { bytes: 4, signed: false }],
  [DataType.DT_UINT64, { bytes: 8, signed: false }],
]);

/**
 * The values of a tensor of whole numbers, from its content or from its list.
 *
 * @throws MessageError for a tensor of another type
 */
export function integerValues(tensor: TensorProto): readonly number[] {
  const type = INTEGERS.get(tensor.dtype);
  if (type === undefined) {
    const [name] = Object.entries(DataType).find(([, value]) => value === tensor.dtype) ?? [tensor.dtype];
    throw new MessageError(`its tensor is of type ${name}, not of whole numbers`);
  }
  if (tensor.tensorContent.length > 0) return rawIntegers(tensor.tensorContent, type);
  switch (tensor.dtype) {
    case DataType.DT_INT64:
      return tensor.int64Val.map(Number);
    case DataType.DT_UINT32:
      return tensor.uint32Val;
    case DataType.DT_UINT64:
      return tensor.uint64Val.map(Number);
    default:
      return tensor.intVal;
  }
}
