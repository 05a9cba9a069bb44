import type { NamedTensors, Signature } from '../tensors/tensor.ts';

/** The model under the names that requests use. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly signature: Signature;
}

/** A request taken apart: what the engine needs, and how its outputs become the answer in the form that was asked for. */
export interface InferenceCall {
  readonly inputs: NamedTensors;
  /** The JSON of the answer. @throws RequestError when the protocol cannot carry these outputs */
  encode(outputs: NamedTensors): string;
}

export interface RestRoute {
  readonly method: 'GET' | 'POST';
  /** The whole path; the named groups `model` and `version` must be those of the served model where they are there. */
  readonly path: RegExp;
  /** JSON of the answer; absent where the route runs the model. */
  readonly answer?: (model: ServedModel) => unknown;
}

/** A protocol over HTTP and JSON: its paths, and both ways between JSON and tensors. */
export interface RestProtocol {
  readonly routes: readonly RestRoute[];
  /** @throws RequestError */
  decode(body: unknown, model: ServedModel): InferenceCall;
  errorBody(status: number, message: string): unknown;
}
