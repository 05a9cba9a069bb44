import { bytesField, stringField } from '../wire/wire-fields.ts';

/** Numbers of fields, as in protos/inference/grpc_service.proto. Where request and response share one it is named once. */
export const INFER = {
  modelName: 1,
  modelVersion: 2,
  id: 3,
  parameters: 4,
  /** Inputs of a request, outputs of a response. */
  tensors: 5,
  /** Only of a request. */
  wantedOutputs: 6,
  /** Only of a response. */
  rawOutput: 6,
  /** Only of a request. */
  rawInput: 7,
} as const;

/** Fields of an input or output tensor. */
export const TENSOR = { name: 1, datatype: 2, contents: 5 } as const;

/** Parameter of a request that tells a router's and a combiner's model what it is asked for. */
export const V2_METHOD_PARAMETER = 'seldon_method';

const STRING_PARAM = 3;

/** A parameter of a request, as its field. */
export function stringParameter(name: string, value: string): Buffer[] {
  return bytesField(INFER.parameters, ...stringField(1, name), ...bytesField(2, ...stringField(STRING_PARAM, value)));
}
