import type { GraphExecutor } from '../../../graph/execute.ts';
import type { ModelQuery } from '../../../graph/model-query.ts';
import { MESSAGE } from '../../../protocol/grpc/methods.ts';
import { StatusError } from '../status-error.ts';
import type { UnaryMethod } from '../unary-method.ts';
import { predictMethod, questionMethod, stringAt } from './graph-methods.ts';

// Field 1 of every request but MultiInferenceRequest is its ModelSpec, whose field 1 is the name.
const specName = (message: Buffer) => stringAt(message, 1, 1);

const PREDICTIONS = '/tensorflow.serving.PredictionService';
const MODELS = '/tensorflow.serving.ModelService';

/** `tensorflow.serving.PredictionService` and `ModelService`. */
export function tensorflowServices(graph: GraphExecutor, models: ModelQuery): UnaryMethod[] {
  const { predictRequest, classifyRequest, regressRequest, multiRequest } = MESSAGE;
  const { predictResponse, classifyResponse, regressResponse, multiResponse } = MESSAGE;
  const predict = (name: string, takes: string, gives: string, modelName = specName) =>
    predictMethod(`${PREDICTIONS}/${name}`, { takes, gives }, graph, modelName);
  return [
    predict('Predict', predictRequest, predictResponse),
    predict('Classify', classifyRequest, classifyResponse),
    predict('Regress', regressRequest, regressResponse),
    // It names a model for each of its tasks.
    predict('MultiInference', multiRequest, multiResponse, () => ''),
    questionMethod(`${PREDICTIONS}/GetModelMetadata`, 'metadata', models, specName, MESSAGE.tensorflowMetadataRequest),
    questionMethod(`${MODELS}/GetModelStatus`, 'status', models, specName, MESSAGE.tensorflowStatusRequest),
    {
      path: `${MODELS}/HandleReloadConfigRequest`,
      isMeasured: true,
      answer: () => Promise.reject(new StatusError('UNKNOWN', 'Not implemented')),
    },
  ];
}
