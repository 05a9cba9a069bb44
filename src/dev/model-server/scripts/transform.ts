import { RequestError } from '../request-error.ts';
import { DATATYPES, type TensorData } from '../tensors/datatype.ts';
import type { Tensor } from '../tensors/tensor.ts';

/**
 * Every number times `scale`, plus `add`. Whole numbers stay whole where both are, and become float64 otherwise; texts and booleans
 * stay as they are.
 *
 * @throws RequestError 400 when a result is too large for its whole-number datatype
 */
export function transformTensor(tensor: Tensor, scale: number, add: number): Tensor {
  const { datatype, shape, data } = tensor;
  const { family, min, max, allocate } = DATATYPES[datatype];
  if (family === 'string' || family === 'bool' || (scale === 1 && add === 0)) return tensor;
  if (family === 'float') {
    const result = allocate(data.length);
    for (let i = 0; i < data.length; i++) result[i] = Number(data[i]) * scale + add;
    return { datatype, shape, data: result };
  }
  if (!Number.isInteger(scale) || !Number.isInteger(add)) {
    return {
      datatype: 'float64',
      shape,
      data: Float64Array.from<number | bigint | string>(data, (value) => Number(value) * scale + add),
    };
  }
  const [factor, summand] = [BigInt(scale), BigInt(add)];
  const result: TensorData = allocate(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = BigInt(data[i] ?? 0) * factor + summand;
    if (value < min || value > max) throw new RequestError(400, `the result ${value} does not fit ${datatype}`);
    result[i] = max > 0xffff_ffffn ? value : Number(value);
  }
  return { datatype, shape, data: result };
}
