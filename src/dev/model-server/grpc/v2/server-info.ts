import { create, toBinary } from '@bufbuild/protobuf';
import { packageVersion } from '../../../../base/version.ts';
import {
  ModelMetadataRequestSchema,
  ModelMetadataResponseSchema,
  ModelReadyRequestSchema,
  ModelReadyResponseSchema,
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from '../../../../protocol/gen/inference/grpc_service_pb.ts';
import { DATATYPES } from '../../tensors/datatype.ts';
import type { TensorSpec } from '../../tensors/tensor.ts';
import { checkModel } from '../check-model.ts';
import type { GrpcMethod } from '../grpc-method.ts';
import { readMessage } from '../read-message.ts';

export const serverLive: GrpcMethod = {
  protocol: 'v2',
  info: () => toBinary(ServerLiveResponseSchema, create(ServerLiveResponseSchema, { live: true })),
};

export const serverReady: GrpcMethod = {
  protocol: 'v2',
  info: () => toBinary(ServerReadyResponseSchema, create(ServerReadyResponseSchema, { ready: true })),
};

export const serverMetadata: GrpcMethod = {
  protocol: 'v2',
  info() {
    const answer = { name: 'millrace model-server', version: packageVersion() };
    return toBinary(ServerMetadataResponseSchema, create(ServerMetadataResponseSchema, answer));
  },
};

export const modelReady: GrpcMethod = {
  protocol: 'v2',
  info(body, model) {
    const { name, version } = readMessage(ModelReadyRequestSchema, body);
    checkModel(model, name, version);
    return toBinary(ModelReadyResponseSchema, create(ModelReadyResponseSchema, { ready: true }));
  },
};

export const modelMetadata: GrpcMethod = {
  protocol: 'v2',
  info(body, model) {
    const { name, version } = readMessage(ModelMetadataRequestSchema, body);
    checkModel(model, name, version);
    const answer = create(ModelMetadataResponseSchema, {
      name,
      versions: [model.version],
      platform: model.signature ? 'onnxruntime_onnx' : 'millrace_script',
      inputs: model.signature?.inputs.map(describe) ?? [],
      outputs: model.signature?.outputs.map(describe) ?? [],
    });
    return toBinary(ModelMetadataResponseSchema, answer);
  },
};

function describe({ name, datatype, shape }: TensorSpec) {
  return { name, datatype: DATATYPES[datatype].v2, shape: shape.map((size) => BigInt(size ?? -1)) };
}
