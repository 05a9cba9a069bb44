import { create, toBinary } from '@bufbuild/protobuf';
import {
  PredictRequestSchema,
  PredictResponseSchema,
  type PredictRequest,
} from '../../../../protocol/gen/tensorflow/serving_pb.ts';
import type { ServedModel } from '../../protocols/rest-protocol.ts';
import type { NamedTensors, Tensor } from '../../tensors/tensor.ts';
import { checkStep, childTensors } from '../check-model.ts';
import { conform } from '../conform.ts';
import type { GrpcMethod } from '../grpc-method.ts';
import { readMessage } from '../read-message.ts';
import { wantedOutputs } from '../wanted-outputs.ts';
import { checkModelSpec, modelSpec, SIGNATURE_NAME } from './model-spec.ts';
import { readTensorProto, writeTensorProto } from './tensor-proto.ts';

/** `PredictionService/Predict`; a router and a combiner are asked by the names of the signature, `route` and `aggregate`. */
export const predict: GrpcMethod = {
  protocol: 'tensorflow',
  infer(body, model) {
    const request = readRequest(body, model);
    const wanted = wantedOutputs(request.outputFilter, 'output_filter', model);
    const inputs = conform(readInputs(request), model, false);
    const encode = (outputs: NamedTensors) => writeResponse(outputs, wanted, model, SIGNATURE_NAME);
    return { inputs, encode };
  },
  route(body, model) {
    readRequest(body, model);
    return (branch) => {
      const tensor: Tensor = { datatype: 'int32', shape: [1], data: Int32Array.of(branch) };
      return writeResponse(new Map([['branch', tensor]]), undefined, model, 'route');
    };
  },
  aggregate(body, model) {
    const answers = childTensors(readInputs(readRequest(body, model)));
    return { answers, encode: (combined) => writeResponse(combined, undefined, model, 'aggregate') };
  },
};

function readRequest(body: Uint8Array, model: ServedModel): PredictRequest {
  const request = readMessage(PredictRequestSchema, body);
  checkModelSpec(request.modelSpec, model);
  // A model file has one signature, whatever the caller calls it.
  checkStep(model, request.modelSpec?.signatureName ?? '', 'the signature');
  return request;
}

function readInputs({ inputs }: PredictRequest): NamedTensors {
  return new Map(Object.entries(inputs).map(([name, tensor]) => [name, readTensorProto(tensor, `inputs['${name}']`)]));
}

function writeResponse(
  tensors: NamedTensors,
  wanted: readonly string[] | undefined,
  model: ServedModel,
  signatureName: string,
): Uint8Array {
  const shown = [...tensors].filter(([name]) => wanted?.includes(name) ?? true);
  const outputs = Object.fromEntries(shown.map(([name, tensor]) => [name, writeTensorProto(tensor)]));
  return toBinary(
    PredictResponseSchema,
    create(PredictResponseSchema, { modelSpec: modelSpec(model, signatureName), outputs }),
  );
}
