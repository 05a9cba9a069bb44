import type { Datatype, TensorData } from './datatype.ts';

/** An array of numbers or strings with its shape. */
export interface Tensor {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: TensorData;
}

/** The inputs of a model, or its outputs, by name. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

/** An input or output as the model declares it. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: Datatype;
  /** Null where the size is free, such as the batch axis. */
  readonly shape: readonly (number | null)[];
}

/** What a model takes and answers. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** How many elements a tensor of that shape has: 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[?,32,32,3]`. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? '?').join(',')}]`;
}

/** The names of some tensors, for messages: `'a', 'b'`. */
export function listNames(tensors: readonly { readonly name: string }[]): string {
  return tensors.map(({ name }) => `'${name}'`).join(', ');
}
