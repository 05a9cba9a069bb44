import type { Role } from '../role.ts';
import type { NamedTensors, Signature } from '../tensors/tensor.ts';

/** The model under the names that requests use. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly role: Role;
  /** Undefined where tensors of every name, datatype and shape will do: a script's. */
  readonly signature: Signature | undefined;
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
  /** Roles that have the route; absent: every one. */
  readonly roles?: readonly Role[];
  /** JSON of the answer; absent where the route runs what is served. */
  readonly answer?: (model: ServedModel) => unknown;
}

/** A protocol over HTTP and JSON: its paths, and both ways between JSON and tensors. */
export interface RestProtocol {
  readonly routes: readonly RestRoute[];
  /** @throws RequestError */
  decode(body: unknown, model: ServedModel): InferenceCall;
  /** The answer of a graph's node as the request that it would be. `path` says where it is. @throws RequestError */
  asRequest(answer: unknown, path: string): unknown;
  /** The answers of a combiner's children, the first with what the others carry beside their tensors. */
  joinAnswers?(answers: readonly unknown[]): readonly unknown[];
  /** The JSON of a router's answer. */
  route(branch: number): string;
  errorBody(status: number, message: string): unknown;
}
