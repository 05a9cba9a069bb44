import type { GrpcMethod } from '../grpc-method.ts';
import { classify, regress } from './classify.ts';
import { getModelMetadata, getModelStatus } from './model-info.ts';
import { predict } from './predict.ts';

/** TensorFlow Serving's services. */
export const tensorflowMethods: Readonly<Record<string, GrpcMethod>> = {
  '/tensorflow.serving.PredictionService/Predict': predict,
  '/tensorflow.serving.PredictionService/Classify': classify,
  '/tensorflow.serving.PredictionService/Regress': regress,
  '/tensorflow.serving.PredictionService/GetModelMetadata': getModelMetadata,
  '/tensorflow.serving.ModelService/GetModelStatus': getModelStatus,
};
