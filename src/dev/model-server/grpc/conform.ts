import type { ServedModel } from '../protocols/rest-protocol.ts';
import { RequestError } from '../request-error.ts';
import { convertTensor } from '../tensors/convert-tensor.ts';
import { checkShape } from '../tensors/read-tensor.ts';
import type { NamedTensors, Tensor, TensorSpec } from '../tensors/tensor.ts';

/**
 * The inputs as the model takes them: all of its own, none else, each with its shape and its datatype. A script takes what comes.
 *
 * @param convert whether numbers of another datatype are taken, as long as each value fits
 * @throws RequestError 400
 */
export function conform(given: NamedTensors, { signature }: ServedModel, convert: boolean): NamedTensors {
  if (signature === undefined) return given;
  const names = signature.inputs.map(({ name }) => `'${name}'`).join(', ');
  for (const name of given.keys()) {
    if (signature.inputs.some((spec) => spec.name === name)) continue;
    throw new RequestError(400, `there is an input '${name}', and the model's inputs are ${names}`);
  }
  return new Map(
    signature.inputs.map((spec) => {
      const tensor = given.get(spec.name);
      if (tensor === undefined) throw new RequestError(400, `the input '${spec.name}' is missing`);
      return [spec.name, conformTensor(tensor, spec, convert)];
    }),
  );
}

/** @throws RequestError 400 */
export function conformTensor(tensor: Tensor, spec: TensorSpec, convert: boolean): Tensor {
  const path = `input '${spec.name}'`;
  checkShape(tensor.shape, spec, path);
  if (tensor.datatype !== spec.datatype && !convert) {
    throw new RequestError(400, `${path} is ${tensor.datatype}, and the model takes ${spec.datatype}`);
  }
  return convertTensor(tensor, spec.datatype, path);
}
