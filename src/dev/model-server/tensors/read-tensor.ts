import { RequestError } from '../request-error.ts';
import { DATATYPES, shown, storeElement, type TensorData } from './datatype.ts';
import { elementCount, shapeText, type Tensor, type TensorSpec } from './tensor.ts';

/** ONNX Runtime goes no further, and neither should a recursion over what a stranger sent. */
export const MAX_RANK = 16;

/**
 * A tensor from nested JSON lists.
 *
 * @param path where the lists are in the request, such as `instances`; errors name the place below it
 * @throws RequestError 400: ragged, empty, a wrong element, or not the shape that the model takes
 */
export function readNested(value: unknown, spec: TensorSpec, path: string): Tensor {
  const shape = nestedShape(value, path);
  checkShape(shape, spec, path);
  const data = DATATYPES[spec.datatype].allocate(elementCount(shape));
  fill(value, 0, 0);
  return { datatype: spec.datatype, shape, data };

  function fill(part: unknown, axis: number, offset: number): number {
    if (axis === shape.length) {
      storeElement(spec.datatype, data, offset, part, () => placeOf(path, shape, offset));
      return offset + 1;
    }
    if (!Array.isArray(part) || part.length !== shape[axis]) {
      const found = Array.isArray(part) ? `a list of ${part.length}` : shown(part);
      throw new RequestError(
        400,
        `${placeOf(path, shape, offset, axis)} is ${found}, where its neighbours are lists of ${shape[axis]}`,
      );
    }
    for (const element of part as unknown[]) offset = fill(element, axis + 1, offset);
    return offset;
  }
}

/**
 * A tensor from a flat list and its shape. Nested lists are taken too, where they hold the same number of elements.
 *
 * @throws RequestError 400
 */
export function readFlat(values: unknown, shape: readonly number[], spec: TensorSpec, path: string): Tensor {
  checkShape(shape, spec, path);
  if (!Array.isArray(values)) throw new RequestError(400, `${path} is ${shown(values)}, and a list is expected`);
  const flat: readonly unknown[] = Array.isArray(values[0]) ? (values.flat(MAX_RANK) as unknown[]) : values;
  const count = elementCount(shape);
  if (flat.length !== count) {
    throw new RequestError(
      400,
      `${path} holds ${flat.length} values, and the shape ${shapeText(shape)} wants ${count}`,
    );
  }
  const data: TensorData = DATATYPES[spec.datatype].allocate(count);
  for (let i = 0; i < count; i++) storeElement(spec.datatype, data, i, flat[i], () => `${path}[${i}]`);
  return { datatype: spec.datatype, shape, data };
}

/** A shape as requests give it. @throws RequestError 400 unless it is a list of whole numbers of at least 1 */
export function readShape(value: unknown, path: string): readonly number[] {
  const sizes: readonly unknown[] = Array.isArray(value) ? value : [];
  const isShape = Array.isArray(value) && sizes.every((size) => Number.isSafeInteger(size) && (size as number) > 0);
  if (!isShape || !Number.isSafeInteger(elementCount(sizes as number[]))) {
    throw new RequestError(400, `${path} is not a list of whole numbers of at least 1, such as [1,4]`);
  }
  return sizes as number[];
}

/** @throws RequestError 400 when the model does not take the shape */
export function checkShape(shape: readonly number[], spec: TensorSpec, path: string): void {
  const fits =
    shape.length === spec.shape.length && spec.shape.every((size, axis) => size === null || size === shape[axis]);
  if (!fits) {
    throw new RequestError(
      400,
      `${path} has the shape ${shapeText(shape)}, and input '${spec.name}' takes ${shapeText(spec.shape)}`,
    );
  }
}

/**
 * The shape of nested JSON lists as their first elements tell it; whether all others agree shows when they are read.
 *
 * @throws RequestError 400 for an empty list, or too many within each other
 */
export function nestedShape(value: unknown, path: string): number[] {
  const shape: number[] = [];
  for (let part = value; Array.isArray(part); part = part[0] as unknown) {
    if (part.length === 0) throw new RequestError(400, `${placeOf(path, shape, 0, shape.length)} is an empty list`);
    if (shape.length === MAX_RANK) throw new RequestError(400, `${path} nests lists deeper than ${MAX_RANK}`);
    shape.push(part.length);
  }
  return shape;
}

function placeOf(path: string, shape: readonly number[], offset: number, axes = shape.length): string {
  let below = elementCount(shape);
  let place = path;
  for (const size of shape.slice(0, axes)) {
    below /= size;
    place += `[${Math.floor(offset / below) % size}]`;
  }
  return place;
}
