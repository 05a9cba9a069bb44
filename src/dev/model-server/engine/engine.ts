import type { NamedTensors, Signature } from '../tensors/tensor.ts';

/** What computes answers: a model, or a scripted stand-in. It knows tensors and no protocol. */
export interface Engine {
  /** Undefined where tensors of every name, datatype and shape will do. */
  readonly signature: Signature | undefined;
  /**
   * @param inputs all inputs of the signature, with datatypes and shapes that it allows
   * @throws RequestError when the engine cannot run on these inputs
   */
  infer(inputs: NamedTensors): Promise<NamedTensors>;
  close(): Promise<void>;
}
