import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import {
  GetModelMetadataRequestSchema,
  GetModelMetadataResponseSchema,
  GetModelStatusRequestSchema,
  GetModelStatusResponseSchema,
  ModelVersionStatus_State,
  SignatureDefMapSchema,
} from '../../../../protocol/gen/tensorflow/serving_pb.ts';
import { RequestError } from '../../request-error.ts';
import type { TensorSpec } from '../../tensors/tensor.ts';
import type { GrpcMethod } from '../grpc-method.ts';
import { readMessage } from '../read-message.ts';
import { checkModelSpec, modelSpec, SIGNATURE_NAME, versionNumber } from './model-spec.ts';
import { dataTypeOf } from './tensor-proto.ts';

/** `PredictionService/GetModelMetadata`: the signature. */
export const getModelMetadata: GrpcMethod = {
  protocol: 'tensorflow',
  info(body, model) {
    const request = readMessage(GetModelMetadataRequestSchema, body);
    checkModelSpec(request.modelSpec, model);
    const strange = request.metadataField.find((field) => field !== 'signature_def');
    if (strange !== undefined || request.metadataField.length === 0) {
      throw new RequestError(
        400,
        `metadata_field is [${request.metadataField.join(', ')}], and [signature_def] is expected`,
      );
    }
    const served = {
      inputs: Object.fromEntries(model.signature?.inputs.map(tensorInfo) ?? []),
      outputs: Object.fromEntries(model.signature?.outputs.map(tensorInfo) ?? []),
      methodName: 'tensorflow/serving/predict',
    };
    const signatures = create(SignatureDefMapSchema, { signatureDef: { [SIGNATURE_NAME]: served } });
    const metadata = { signature_def: anyPack(SignatureDefMapSchema, signatures) };
    const answer = create(GetModelMetadataResponseSchema, { modelSpec: modelSpec(model, ''), metadata });
    return toBinary(GetModelMetadataResponseSchema, answer);
  },
};

function tensorInfo({ name, datatype, shape }: TensorSpec) {
  const dim = shape.map((size) => ({ size: BigInt(size ?? -1) }));
  return [name, { name, dtype: dataTypeOf(datatype), tensorShape: { dim } }] as const;
}

/** `ModelService/GetModelStatus`: there is one version, and it is available. */
export const getModelStatus: GrpcMethod = {
  protocol: 'tensorflow',
  info(body, model) {
    checkModelSpec(readMessage(GetModelStatusRequestSchema, body).modelSpec, model);
    const version = versionNumber(model.version) ?? 0n;
    const available = { version, state: ModelVersionStatus_State.AVAILABLE, status: {} };
    const answer = create(GetModelStatusResponseSchema, { modelVersionStatus: [available] });
    return toBinary(GetModelStatusResponseSchema, answer);
  },
};
