import type { Input } from '../../../../protocol/gen/tensorflow/serving_pb.ts';
import type { Example, Feature } from '../../../../protocol/gen/tensorflow/tensor_pb.ts';
import type { ServedModel } from '../../protocols/rest-protocol.ts';
import { RequestError } from '../../request-error.ts';
import type { NamedTensors, Signature, Tensor, TensorSpec } from '../../tensors/tensor.ts';
import { elementCount, shapeText } from '../../tensors/tensor.ts';
import type { Datatype } from '../../tensors/datatype.ts';
import { fromElements, readSizes, type Elements } from '../binary-tensor.ts';
import { conformTensor } from '../conform.ts';

/** What only a model with a signature can be asked. @throws RequestError 501 for a script */
export function requireSignature({ role, signature }: ServedModel): Signature {
  if (signature) return signature;
  throw new RequestError(
    501,
    `this is a scripted ${role}: it has no signature that tf.Examples could be read by; use Predict`,
  );
}

/**
 * The inputs of a model from tf.Examples: each input is the feature of its name, a row an example. What all examples share may be in
 * the context.
 *
 * @throws RequestError 400 when a feature is missing, or does not have as many values as a row
 */
export function readExamples(input: Input | undefined, signature: Signature): NamedTensors {
  const { examples, context } = examplesOf(input);
  if (examples.length === 0) throw new RequestError(400, 'the request has no examples');
  return new Map(signature.inputs.map((spec) => [spec.name, rows(examples, context, spec)]));
}

interface Examples {
  readonly examples: readonly Example[];
  readonly context?: Example | undefined;
}

function examplesOf(input: Input | undefined): Examples {
  const kind = input?.kind;
  if (kind?.case === 'exampleList') return { examples: kind.value.examples };
  if (kind?.case !== 'exampleListWithContext') throw new RequestError(400, 'input has no example_list');
  return { examples: kind.value.examples, context: kind.value.context };
}

function rows(examples: readonly Example[], context: Example | undefined, spec: TensorSpec): Tensor {
  const path = `feature '${spec.name}'`;
  const rowShape = spec.shape.slice(1);
  if (spec.shape.length === 0 || rowShape.includes(null)) {
    throw new RequestError(
      400,
      `the input '${spec.name}' has the shape ${shapeText(spec.shape)}, which no feature has; use Predict`,
    );
  }
  const size = elementCount(rowShape.map(Number));
  let datatype: Datatype | undefined;
  const values = examples.flatMap((example, i) => {
    const feature = example.features?.feature[spec.name] ?? context?.features?.feature[spec.name];
    const found = feature && valuesOf(feature);
    if (!found) throw new RequestError(400, `example ${i} lacks the ${path}`);
    if (found.values.length !== size) {
      throw new RequestError(
        400,
        `${path} of example ${i} has ${found.values.length} values, and ${size} are expected`,
      );
    }
    datatype ??= found.datatype;
    if (found.datatype !== datatype) throw new RequestError(400, `${path} is of another kind in example ${i}`);
    return found.values;
  });
  const kind = datatype ?? 'float32';
  const shape = readSizes([examples.length, ...rowShape.map(Number)], kind, path);
  return conformTensor(
    { datatype: kind, shape, data: fromElements(kind, values, values.length, path, false) },
    spec,
    true,
  );
}

function valuesOf({ kind }: Feature): { readonly datatype: Datatype; readonly values: Elements } | undefined {
  switch (kind.case) {
    case 'floatList':
      return { datatype: 'float32', values: kind.value.value };
    case 'int64List':
      return { datatype: 'int64', values: kind.value.value };
    case 'bytesList':
      return { datatype: 'string', values: kind.value.value };
    case undefined:
      return undefined;
  }
}
