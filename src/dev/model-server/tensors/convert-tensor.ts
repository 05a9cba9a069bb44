import { RequestError } from '../request-error.ts';
import { DATATYPES, isNumeric, storeElement, type Datatype } from './datatype.ts';
import type { Tensor } from './tensor.ts';

/**
 * The tensor with another datatype of numbers, as long as each value fits. NaN and the infinities stay what they are in floats.
 *
 * @param path where the tensor is in the request, for messages
 * @throws RequestError 400
 */
export function convertTensor(tensor: Tensor, datatype: Datatype, path: string): Tensor {
  if (tensor.datatype === datatype) return tensor;
  if (!isNumeric(tensor.datatype) || !isNumeric(datatype)) {
    throw new RequestError(400, `${path} is ${tensor.datatype}, and ${datatype} is expected`);
  }
  const { data, shape } = tensor;
  const result = DATATYPES[datatype].allocate(data.length);
  const isFloat = DATATYPES[datatype].family === 'float';
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (isFloat && typeof value === 'number' && !Number.isFinite(value)) result[i] = value;
    else storeElement(datatype, result, i, value, () => `${path}[${i}]`);
  }
  return { datatype, shape, data: result };
}
