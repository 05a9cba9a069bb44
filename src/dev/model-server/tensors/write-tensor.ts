import type { Datatype, TensorData } from './datatype.ts';
import { elementCount, type Tensor } from './tensor.ts';

/** The tensor as nested JSON lists; a tensor without axes is a bare value. */
export function writeNested(tensor: Tensor): string {
  return writePart(tensor, 0, 0, elementCount(tensor.shape));
}

/** The values of the tensor as one JSON list. */
export function writeFlat(tensor: Tensor): string {
  const parts: string[] = [];
  for (let i = 0; i < tensor.data.length; i++) parts.push(writeElement(tensor.datatype, tensor.data, i));
  return `[${parts.join(',')}]`;
}

/** The rows along the first axis, each as nested JSON lists. */
export function writeRows(tensor: Tensor): string[] {
  const rows = tensor.shape[0] ?? 0;
  const size = elementCount(tensor.shape.slice(1));
  return Array.from({ length: rows }, (_, row) => writePart(tensor, 1, row * size, size));
}

function writePart(tensor: Tensor, axis: number, offset: number, size: number): string {
  const length = tensor.shape[axis];
  if (length === undefined) return writeElement(tensor.datatype, tensor.data, offset);
  const step = size / Math.max(1, length);
  const parts: string[] = [];
  for (let i = 0; i < length; i++) parts.push(writePart(tensor, axis + 1, offset + i * step, step));
  return `[${parts.join(',')}]`;
}

function writeElement(datatype: Datatype, data: TensorData, index: number): string {
  const value = data[index];
  if (typeof value === 'string') return JSON.stringify(value);
  if (datatype === 'bool') return value ? 'true' : 'false';
  if (datatype === 'float32' || datatype === 'float64') return writeFloat(Number(value), datatype);
  return String(value);
}

/**
 * The shortest decimal that reads back as the same float. Always with a point or an exponent, as the C++ and Python servers
 * write it: readers that tell integers from floats depend on it. JSON has no NaN or infinity: those are null.
 */
export function writeFloat(value: number, datatype: 'float32' | 'float64'): string {
  if (!Number.isFinite(value)) return 'null';
  const text = Object.is(value, -0) ? '-0' : String(datatype === 'float32' ? shortestFloat32(value) : value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

// A float32 has 6 digits that always survive and never needs more than 9.
function shortestFloat32(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}
