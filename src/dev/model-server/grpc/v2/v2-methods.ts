import type { GrpcMethod } from '../grpc-method.ts';
import { modelInfer } from './model-infer.ts';
import { modelMetadata, modelReady, serverLive, serverMetadata, serverReady } from './server-info.ts';

/** The Open Inference Protocol's service. */
export const v2Methods: Readonly<Record<string, GrpcMethod>> = {
  '/inference.GRPCInferenceService/ServerLive': serverLive,
  '/inference.GRPCInferenceService/ServerReady': serverReady,
  '/inference.GRPCInferenceService/ServerMetadata': serverMetadata,
  '/inference.GRPCInferenceService/ModelReady': modelReady,
  '/inference.GRPCInferenceService/ModelMetadata': modelMetadata,
  '/inference.GRPCInferenceService/ModelInfer': modelInfer,
};
