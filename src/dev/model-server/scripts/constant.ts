import { convertTensor } from '../tensors/convert-tensor.ts';
import { DATATYPES, isNumeric } from '../tensors/datatype.ts';
import { openSpec } from '../tensors/open-spec.ts';
import { readNested } from '../tensors/read-tensor.ts';
import type { NamedTensors, Tensor } from '../tensors/tensor.ts';

/** The tensor of a JSON text. @throws RequestError, or SyntaxError for what is not JSON */
export function constantTensor(json: string): Tensor {
  const value: unknown = JSON.parse(json);
  return readNested(value, openSpec('', value, 'the constant'), 'the constant');
}

/**
 * The constant as the answer to a request: under the name of its first tensor, as float32 where that is one, and once for each row
 * where the constant has one row.
 */
export function constantAnswer(constant: Tensor, inputs: NamedTensors): NamedTensors {
  const [first] = inputs;
  if (first === undefined) return new Map([['', constant]]);
  const [name, asked] = first;
  const asFloat = DATATYPES[asked.datatype].family === 'float' && isNumeric(constant.datatype);
  const typed = asFloat ? convertTensor(constant, asked.datatype, 'the constant') : constant;
  return new Map([[name, repeated(typed, asked.shape[0] ?? 1)]]);
}

function repeated(tensor: Tensor, rows: number): Tensor {
  const { datatype, shape, data } = tensor;
  if (shape[0] !== 1 || rows === 1) return tensor;
  const result = DATATYPES[datatype].allocate(rows * data.length);
  for (let i = 0; i < result.length; i++) result[i] = data[i % data.length] ?? 0;
  return { datatype, shape: [rows, ...shape.slice(1)], data: result };
}
