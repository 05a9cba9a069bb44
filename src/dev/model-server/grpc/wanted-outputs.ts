import type { ServedModel } from '../protocols/rest-protocol.ts';
import { RequestError } from '../request-error.ts';
import { listNames } from '../tensors/tensor.ts';

/**
 * The outputs that a request asks for, by name; undefined for all. A node without a signature may give any.
 *
 * @param field of the request that names them, for messages
 * @throws RequestError 400 for an output that the model does not have
 */
export function wantedOutputs(
  names: readonly string[],
  field: string,
  { signature }: ServedModel,
): readonly string[] | undefined {
  const known = signature?.outputs;
  const strange = names.find((name) => known !== undefined && !known.some((output) => output.name === name));
  if (strange === undefined) return names.length === 0 ? undefined : names;
  throw new RequestError(400, `${field} has '${strange}', and the model's outputs are ${listNames(known ?? [])}`);
}
