import { RequestError } from '../request-error.ts';
import { convertTensor } from '../tensors/convert-tensor.ts';
import { DATATYPES, isNumeric, type Datatype } from '../tensors/datatype.ts';
import { shapeText, type NamedTensors, type Tensor } from '../tensors/tensor.ts';
import type { Combination } from './script.ts';

/**
 * One answer of the children's: `first` is that of the first child; `mean` and `sum` work number by number; `concat` puts rows side
 * by side ([N,2] and [N,3] give [N,5]). Tensors are matched by name; where every child has one, its name does not matter.
 *
 * @throws RequestError 400 for answers that do not go together
 */
export function combineAnswers(how: Combination, answers: readonly NamedTensors[]): NamedTensors {
  const [first, ...others] = answers;
  if (first === undefined) throw new RequestError(400, 'there is no answer to combine');
  if (how === 'first') return first;
  const single = answers.every(({ size }) => size === 1);
  return new Map(
    [...first].map(([name, tensor]) => {
      const same = others.map((answer, i) => {
        const other = single ? [...answer.values()][0] : answer.get(name);
        if (other === undefined)
          throw new RequestError(400, `the answer of child ${i + 1} has no tensor${name === '' ? '' : ` '${name}'`}`);
        return other;
      });
      return [name, how === 'concat' ? joined([tensor, ...same]) : summed([tensor, ...same], how === 'mean')];
    }),
  );
}

function summed(tensors: readonly Tensor[], mean: boolean): Tensor {
  const [{ shape, data } = NO_TENSOR] = tensors;
  for (const [i, other] of tensors.entries()) {
    if (!isNumeric(other.datatype)) throw new RequestError(400, `child ${i} answers ${other.datatype}, not numbers`);
    if (shapeText(other.shape) !== shapeText(shape)) {
      throw new RequestError(
        400,
        `child ${i} answers the shape ${shapeText(other.shape)}, and child 0 ${shapeText(shape)}`,
      );
    }
  }
  const datatype = commonType(tensors, mean);
  const { family, min, max, allocate } = DATATYPES[datatype];
  const result = allocate(data.length);
  for (let i = 0; i < data.length; i++) {
    if (family === 'float') {
      const sum = tensors.reduce((total, tensor) => total + Number(tensor.data[i]), 0);
      result[i] = mean ? sum / tensors.length : sum;
      continue;
    }
    const sum = tensors.reduce((total, tensor) => total + BigInt(tensor.data[i] ?? 0), 0n);
    if (sum < min || sum > max) throw new RequestError(400, `the sum ${sum} does not fit ${datatype}`);
    result[i] = max > 0xffff_ffffn ? sum : Number(sum);
  }
  return { datatype, shape, data: result };
}

function joined(tensors: readonly Tensor[]): Tensor {
  const [{ shape } = NO_TENSOR] = tensors;
  if (shape.length === 0) throw new RequestError(400, 'single values cannot be put side by side; they need a list');
  const leading = shapeText(shape.slice(0, -1));
  for (const [i, other] of tensors.entries()) {
    if (other.shape.length === shape.length && shapeText(other.shape.slice(0, -1)) === leading) continue;
    throw new RequestError(
      400,
      `child ${i} answers the shape ${shapeText(other.shape)}, which cannot stand beside ${shapeText(shape)}`,
    );
  }
  const datatype = commonType(tensors, false);
  const parts = tensors.map((tensor, i) => ({
    ...convertTensor(tensor, datatype, `the answer of child ${i}`),
    width: tensor.shape.at(-1) ?? 1,
  }));
  const width = parts.reduce((total, part) => total + part.width, 0);
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const result = DATATYPES[datatype].allocate(rows * width);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const part of parts) {
      for (let i = 0; i < part.width; i++) result[at++] = part.data[row * part.width + i] ?? 0;
    }
  }
  return { datatype, shape: [...shape.slice(0, -1), width], data: result };
}

/** The datatype that all have, or float64 for numbers of several. */
function commonType(tensors: readonly Tensor[], mean: boolean): Datatype {
  const [{ datatype } = NO_TENSOR, ...others] = tensors;
  const same = others.every((other) => other.datatype === datatype);
  if (same && !(mean && DATATYPES[datatype].family === 'integer')) return datatype;
  const strange = tensors.find((tensor) => !isNumeric(tensor.datatype));
  if (strange)
    throw new RequestError(400, `the children answer ${datatype} and other types, ${strange.datatype} among them`);
  return 'float64';
}

const NO_TENSOR: Tensor = { datatype: 'float64', shape: [], data: new Float64Array() };
