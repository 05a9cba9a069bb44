import { create, toBinary } from '@bufbuild/protobuf';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
  type ModelInferRequest,
} from '../../../../protocol/gen/inference/grpc_service_pb.ts';
import { V2_METHOD_PARAMETER } from '../../../../protocol/grpc/v2/v2-fields.ts';
import type { ServedModel } from '../../protocols/rest-protocol.ts';
import { RequestError } from '../../request-error.ts';
import { DATATYPES, datatypeOfV2 } from '../../tensors/datatype.ts';
import { elementCount, type NamedTensors, type Tensor } from '../../tensors/tensor.ts';
import { fromElements, fromRaw, readSizes, toRaw } from '../binary-tensor.ts';
import { checkModel, checkStep, childTensors } from '../check-model.ts';
import { conform } from '../conform.ts';
import type { GrpcMethod } from '../grpc-method.ts';
import { readMessage } from '../read-message.ts';
import { wantedOutputs } from '../wanted-outputs.ts';
import { contentsOf, writeContents } from './infer-contents.ts';

/** `GRPCInferenceService/ModelInfer`; a router and a combiner are asked by the parameter `seldon_method`. */
export const modelInfer: GrpcMethod = {
  protocol: 'v2',
  infer(body, model) {
    const request = readRequest(body, model);
    const names = request.outputs.map(({ name }) => name);
    const wanted = wantedOutputs(names, 'outputs', model);
    const inputs = conform(readInputs(request), model, true);
    return { inputs, encode: (outputs) => writeResponse(outputs, wanted, model, request) };
  },
  route(body, model) {
    const request = readRequest(body, model);
    return (branch) => {
      const tensor: Tensor = { datatype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(branch)) };
      return writeResponse(new Map([['branch', tensor]]), undefined, model, request);
    };
  },
  aggregate(body, model) {
    const request = readRequest(body, model);
    const answers = childTensors(readInputs(request));
    return { answers, encode: (combined) => writeResponse(combined, undefined, model, request) };
  },
};

function readRequest(body: Uint8Array, model: ServedModel): ModelInferRequest {
  const request = readMessage(ModelInferRequestSchema, body);
  checkModel(model, request.modelName, request.modelVersion);
  const asked = request.parameters[V2_METHOD_PARAMETER]?.parameterChoice;
  checkStep(model, asked?.case === 'stringParam' ? asked.value : '', `the parameter ${V2_METHOD_PARAMETER}`);
  return request;
}

function readInputs({ inputs, rawInputContents: raw }: ModelInferRequest): NamedTensors {
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw new RequestError(400, `there are ${raw.length} raw_input_contents for ${inputs.length} inputs`);
  }
  const tensors = new Map<string, Tensor>();
  inputs.forEach((input, i) => {
    const path = `inputs[${i}]`;
    const datatype = datatypeOfV2(input.datatype);
    if (datatype === undefined) {
      throw new RequestError(
        400,
        `${path}.datatype is '${input.datatype}', and one such as FP32, INT64 or BYTES is expected`,
      );
    }
    if (tensors.has(input.name)) throw new RequestError(400, `${path}.name: '${input.name}' is there twice`);
    const shape = readSizes(input.shape, datatype, path);
    const count = elementCount(shape);
    const bytes = raw[i];
    if (bytes !== undefined && input.contents !== undefined) {
      throw new RequestError(400, `${path} has contents, and raw_input_contents are there too; give one`);
    }
    const data =
      bytes === undefined
        ? fromElements(datatype, contentsOf(input.contents, datatype), count, `${path}.contents`, false)
        : fromRaw(datatype, bytes, count, `raw_input_contents[${i}]`);
    tensors.set(input.name, { datatype, shape, data });
  });
  return tensors;
}

/** In the form of the request: raw contents for raw ones. */
function writeResponse(
  tensors: NamedTensors,
  wanted: readonly string[] | undefined,
  model: ServedModel,
  { id, rawInputContents }: ModelInferRequest,
): Uint8Array {
  const shown = [...tensors].filter(([name]) => wanted?.includes(name) ?? true);
  const raw = rawInputContents.length > 0;
  const outputs = shown.map(([name, tensor]) => ({
    name,
    datatype: DATATYPES[tensor.datatype].v2,
    shape: tensor.shape.map(BigInt),
    ...(raw ? {} : { contents: writeContents(tensor) }),
  }));
  const answer = create(ModelInferResponseSchema, {
    modelName: model.name,
    modelVersion: model.version,
    id,
    outputs,
    rawOutputContents: raw ? shown.map(([, tensor]) => toRaw(tensor)) : [],
  });
  return toBinary(ModelInferResponseSchema, answer);
}
