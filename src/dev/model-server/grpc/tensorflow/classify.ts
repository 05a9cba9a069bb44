import { create, toBinary } from '@bufbuild/protobuf';
import {
  ClassificationRequestSchema,
  ClassificationResponseSchema,
  RegressionRequestSchema,
  RegressionResponseSchema,
} from '../../../../protocol/gen/tensorflow/serving_pb.ts';
import { RequestError } from '../../request-error.ts';
import { DATATYPES } from '../../tensors/datatype.ts';
import { elementCount, type NamedTensors, type Tensor } from '../../tensors/tensor.ts';
import { numbersOf } from '../binary-tensor.ts';
import type { GrpcMethod } from '../grpc-method.ts';
import { readMessage } from '../read-message.ts';
import { readExamples, requireSignature } from './examples.ts';
import { checkModelSpec, modelSpec, SIGNATURE_NAME } from './model-spec.ts';

/** `PredictionService/Classify`: the scores are the first output of floats with a row an example; a label is the class's number. */
export const classify: GrpcMethod = {
  protocol: 'tensorflow',
  infer(body, model) {
    const signature = requireSignature(model);
    const request = readMessage(ClassificationRequestSchema, body);
    checkModelSpec(request.modelSpec, model);
    const inputs = readExamples(request.input, signature);
    const encode = (outputs: NamedTensors) => {
      const scores = floats(outputs, (shape) => shape.length === 2, 'one score for each class');
      const values = numbersOf(scores);
      const width = scores.shape[1] ?? 1;
      const classifications = Array.from({ length: scores.shape[0] ?? 0 }, (_, row) => ({
        classes: values.slice(row * width, (row + 1) * width).map((score, i) => ({ label: String(i), score })),
      }));
      const answer = { modelSpec: modelSpec(model, SIGNATURE_NAME), result: { classifications } };
      return toBinary(ClassificationResponseSchema, create(ClassificationResponseSchema, answer));
    };
    return { inputs, encode };
  },
};

/** `PredictionService/Regress`: the first output of floats with one number an example. */
export const regress: GrpcMethod = {
  protocol: 'tensorflow',
  infer(body, model) {
    const signature = requireSignature(model);
    const request = readMessage(RegressionRequestSchema, body);
    checkModelSpec(request.modelSpec, model);
    const inputs = readExamples(request.input, signature);
    const encode = (outputs: NamedTensors) => {
      const isColumn = (shape: readonly number[]) => shape.length > 0 && elementCount(shape.slice(1)) === 1;
      const regressions = numbersOf(floats(outputs, isColumn, 'one number')).map((value) => ({ value }));
      const answer = { modelSpec: modelSpec(model, SIGNATURE_NAME), result: { regressions } };
      return toBinary(RegressionResponseSchema, create(RegressionResponseSchema, answer));
    };
    return { inputs, encode };
  },
};

function floats(outputs: NamedTensors, fits: (shape: readonly number[]) => boolean, what: string): Tensor {
  for (const tensor of outputs.values()) {
    if (DATATYPES[tensor.datatype].family === 'float' && fits(tensor.shape)) return tensor;
  }
  throw new RequestError(400, `the model has no output with ${what} for each example; use Predict`);
}
