import { create } from '@bufbuild/protobuf';
import { ListValueSchema, ValueSchema, type ListValue, type Value } from '@bufbuild/protobuf/wkt';
import { DefaultDataSchema, TensorSchema, type DefaultData } from '../../../../protocol/gen/seldon/prediction_pb.ts';
import { RequestError } from '../../request-error.ts';
import { DATATYPES, type Datatype } from '../../tensors/datatype.ts';
import { MAX_RANK } from '../../tensors/read-tensor.ts';
import { elementCount, type Tensor } from '../../tensors/tensor.ts';
import { fromElements, numbersOf, readSizes } from '../binary-tensor.ts';
import { readTensorProto, writeTensorProto } from '../tensorflow/tensor-proto.ts';

export type Kind = 'tensor' | 'ndarray' | 'tftensor';

/** The tensor of a message's data, and how it is held. @throws RequestError 400 */
export function readData({ dataOneof }: DefaultData): { readonly kind: Kind; readonly tensor: Tensor } {
  switch (dataOneof.case) {
    case 'tensor': {
      const shape = readSizes(dataOneof.value.shape, 'float64', 'data.tensor');
      const data = fromElements('float64', dataOneof.value.values, elementCount(shape), 'data.tensor', false);
      return { kind: 'tensor', tensor: { datatype: 'float64', shape, data } };
    }
    case 'ndarray':
      return { kind: 'ndarray', tensor: readList(dataOneof.value) };
    case 'tftensor':
      return { kind: 'tftensor', tensor: readTensorProto(dataOneof.value, 'data.tftensor') };
    case undefined:
      throw new RequestError(400, "data has none of 'ndarray', 'tensor' and 'tftensor'; give one");
  }
}

function readList(list: ListValue): Tensor {
  const shape: number[] = [];
  let part: ListValue | undefined = list;
  while (part !== undefined) {
    if (part.values.length === 0) throw new RequestError(400, 'data.ndarray has an empty list');
    if (shape.length === MAX_RANK) throw new RequestError(400, `data.ndarray nests lists deeper than ${MAX_RANK}`);
    shape.push(part.values.length);
    const kind: Value['kind'] | undefined = part.values[0]?.kind;
    part = kind?.case === 'listValue' ? kind.value : undefined;
  }
  const values: Value['kind'][] = [];
  collect(list, shape, 0, values);
  const datatype = DATATYPE_OF[values[0]?.case ?? 'nullValue'];
  if (datatype === undefined) throw new RequestError(400, 'data.ndarray has what is no number, text or boolean');
  const data = DATATYPES[datatype].allocate(values.length);
  values.forEach((kind, i) => {
    if (DATATYPE_OF[kind.case ?? 'nullValue'] !== datatype) {
      throw new RequestError(
        400,
        `data.ndarray has values of several kinds; the first is of ${datatype}, and value ${i} not`,
      );
    }
    if (kind.case === 'numberValue' || kind.case === 'stringValue') data[i] = kind.value;
    else data[i] = kind.case === 'boolValue' && kind.value ? 1 : 0;
  });
  return { datatype, shape, data };
}

const DATATYPE_OF: Readonly<Record<NonNullable<Value['kind']['case']>, Datatype | undefined>> = {
  numberValue: 'float64',
  stringValue: 'string',
  boolValue: 'bool',
  nullValue: undefined,
  listValue: undefined,
  structValue: undefined,
};

function collect(list: ListValue, shape: readonly number[], axis: number, into: Value['kind'][]): void {
  const size = shape[axis] ?? 0;
  if (list.values.length !== size) {
    throw new RequestError(
      400,
      `data.ndarray has a list of ${list.values.length} where its neighbours are lists of ${size}`,
    );
  }
  for (const { kind } of list.values) {
    if (axis === shape.length - 1) into.push(kind);
    else if (kind.case === 'listValue') collect(kind.value, shape, axis + 1, into);
    else throw new RequestError(400, `data.ndarray has a single value where its neighbours are lists`);
  }
}

/** Data with a tensor, held as asked. @throws RequestError 400 for texts in a `tensor` */
export function writeData(tensor: Tensor, kind: Kind): DefaultData {
  const { datatype, shape } = tensor;
  const columns = shape.length === 2 ? (shape[1] ?? 0) : 0;
  const names = Array.from({ length: columns }, (_, i) => `t:${i}`);
  switch (kind) {
    case 'tensor': {
      if (datatype === 'string')
        throw new RequestError(400, 'the answer is texts, which no tensor holds; ask with ndarray');
      const value = create(TensorSchema, { shape: [...shape], values: numbersOf(tensor) });
      return create(DefaultDataSchema, { names, dataOneof: { case: 'tensor', value } });
    }
    case 'ndarray':
      return create(DefaultDataSchema, { names, dataOneof: { case: 'ndarray', value: writeList(tensor, 0, 0) } });
    case 'tftensor':
      return create(DefaultDataSchema, { names, dataOneof: { case: 'tftensor', value: writeTensorProto(tensor) } });
  }
}

function writeList(tensor: Tensor, axis: number, offset: number): ListValue {
  const step = elementCount(tensor.shape.slice(axis + 1));
  const values = Array.from({ length: tensor.shape[axis] ?? 1 }, (_, i) => {
    const at = offset + i * step;
    if (axis + 1 >= tensor.shape.length) return writeValue(tensor, at);
    return create(ValueSchema, { kind: { case: 'listValue', value: writeList(tensor, axis + 1, at) } });
  });
  return create(ListValueSchema, { values });
}

function writeValue({ datatype, data }: Tensor, at: number): Value {
  const value = data[at] ?? 0;
  if (typeof value === 'string') return create(ValueSchema, { kind: { case: 'stringValue', value } });
  if (datatype === 'bool') return create(ValueSchema, { kind: { case: 'boolValue', value: value === 1 } });
  return create(ValueSchema, { kind: { case: 'numberValue', value: Number(value) } });
}
