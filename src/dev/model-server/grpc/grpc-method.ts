import type { Protocol } from '../../../protocol/payload.ts';
import type { ServedModel } from '../protocols/rest-protocol.ts';
import type { Role } from '../role.ts';
import type { NamedTensors } from '../tensors/tensor.ts';

/** A request taken apart: what the engine needs, and how its outputs become the answer in the form that was asked for. */
export interface GrpcCall {
  readonly inputs: NamedTensors;
  /** @throws RequestError when the protocol cannot carry these outputs */
  encode(outputs: NamedTensors): Uint8Array;
}

/** The answers of a combiner's children taken apart. */
export interface GrpcAnswers {
  readonly answers: readonly NamedTensors[];
  encode(combined: NamedTensors): Uint8Array;
}

/** A method of a service: bytes in, bytes out, for each step that it can be asked. All of them throw RequestErrors. */
export interface GrpcMethod {
  readonly protocol: Protocol;
  /** Roles that have the method; absent: every one. */
  readonly roles?: readonly Role[];
  /** Answers without running anything. */
  info?(body: Uint8Array, model: ServedModel): Uint8Array;
  infer?(body: Uint8Array, model: ServedModel): GrpcCall;
  /** What writes the answer with the branch. */
  route?(body: Uint8Array, model: ServedModel): (branch: number) => Uint8Array;
  aggregate?(body: Uint8Array, model: ServedModel): GrpcAnswers;
}
