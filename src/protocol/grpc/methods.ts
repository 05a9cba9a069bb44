import type { NodeMethod } from '../node-method.ts';
import type { Protocol } from '../payload.ts';

/** Full names of the messages that graphs exchange: what the `proto-name` header of a record says. */
export const MESSAGE = {
  seldon: 'seldon.protos.SeldonMessage',
  seldonList: 'seldon.protos.SeldonMessageList',
  feedback: 'seldon.protos.Feedback',
  predictRequest: 'tensorflow.serving.PredictRequest',
  predictResponse: 'tensorflow.serving.PredictResponse',
  classifyRequest: 'tensorflow.serving.ClassificationRequest',
  classifyResponse: 'tensorflow.serving.ClassificationResponse',
  regressRequest: 'tensorflow.serving.RegressionRequest',
  regressResponse: 'tensorflow.serving.RegressionResponse',
  multiRequest: 'tensorflow.serving.MultiInferenceRequest',
  multiResponse: 'tensorflow.serving.MultiInferenceResponse',
  inferRequest: 'inference.ModelInferRequest',
  inferResponse: 'inference.ModelInferResponse',
  empty: 'google.protobuf.Empty',
  seldonMetadata: 'seldon.protos.SeldonModelMetadata',
  tensorflowMetadataRequest: 'tensorflow.serving.GetModelMetadataRequest',
  tensorflowMetadata: 'tensorflow.serving.GetModelMetadataResponse',
  tensorflowStatusRequest: 'tensorflow.serving.GetModelStatusRequest',
  tensorflowStatus: 'tensorflow.serving.GetModelStatusResponse',
  v2MetadataRequest: 'inference.ModelMetadataRequest',
  v2Metadata: 'inference.ModelMetadataResponse',
  v2ReadyRequest: 'inference.ModelReadyRequest',
  v2Ready: 'inference.ModelReadyResponse',
} as const;

/** A method, by its path and what it answers with. */
export interface GrpcMethod {
  /** HTTP/2 path: `/package.Service/Method`. */
  readonly path: string;
  /** Full name of the message that it answers with. */
  readonly answer: string;
}

const method = (path: string, answer: string): GrpcMethod => ({ path, answer });

// A seldon model has no call for its status.
const SELDON: Readonly<Record<Exclude<NodeMethod, 'status'>, { readonly takes: string; readonly method: GrpcMethod }>> =
  {
    predict: { takes: MESSAGE.seldon, method: method('/seldon.protos.Model/Predict', MESSAGE.seldon) },
    'transform-input': {
      takes: MESSAGE.seldon,
      method: method('/seldon.protos.Transformer/TransformInput', MESSAGE.seldon),
    },
    'transform-output': {
      takes: MESSAGE.seldon,
      method: method('/seldon.protos.OutputTransformer/TransformOutput', MESSAGE.seldon),
    },
    route: { takes: MESSAGE.seldon, method: method('/seldon.protos.Router/Route', MESSAGE.seldon) },
    aggregate: { takes: MESSAGE.seldonList, method: method('/seldon.protos.Combiner/Aggregate', MESSAGE.seldon) },
    // Of routers too: Seldon Core 1 never calls Router/SendFeedback.
    metadata: { takes: MESSAGE.empty, method: method('/seldon.protos.Model/Metadata', MESSAGE.seldonMetadata) },
    'send-feedback': { takes: MESSAGE.feedback, method: method('/seldon.protos.Model/SendFeedback', MESSAGE.seldon) },
  };

const BY_MESSAGE: Readonly<Record<Exclude<Protocol, 'seldon'>, ReadonlyMap<string, GrpcMethod>>> = {
  tensorflow: new Map([
    [MESSAGE.predictRequest, method('/tensorflow.serving.PredictionService/Predict', MESSAGE.predictResponse)],
    [MESSAGE.classifyRequest, method('/tensorflow.serving.PredictionService/Classify', MESSAGE.classifyResponse)],
    [MESSAGE.regressRequest, method('/tensorflow.serving.PredictionService/Regress', MESSAGE.regressResponse)],
    [MESSAGE.multiRequest, method('/tensorflow.serving.PredictionService/MultiInference', MESSAGE.multiResponse)],
    [
      MESSAGE.tensorflowMetadataRequest,
      method('/tensorflow.serving.PredictionService/GetModelMetadata', MESSAGE.tensorflowMetadata),
    ],
    [
      MESSAGE.tensorflowStatusRequest,
      method('/tensorflow.serving.ModelService/GetModelStatus', MESSAGE.tensorflowStatus),
    ],
  ]),
  v2: new Map([
    [MESSAGE.inferRequest, method('/inference.GRPCInferenceService/ModelInfer', MESSAGE.inferResponse)],
    [MESSAGE.v2MetadataRequest, method('/inference.GRPCInferenceService/ModelMetadata', MESSAGE.v2Metadata)],
    [MESSAGE.v2ReadyRequest, method('/inference.GRPCInferenceService/ModelReady', MESSAGE.v2Ready)],
  ]),
};

/** The method of a node's call for that message; undefined where the protocol has none. */
export function grpcMethod(protocol: Protocol, step: NodeMethod, messageName: string): GrpcMethod | undefined {
  if (protocol !== 'seldon') return step === 'send-feedback' ? undefined : BY_MESSAGE[protocol].get(messageName);
  if (step === 'status') return undefined;
  const known = SELDON[step];
  return known.takes === messageName ? known.method : undefined;
}
