import { grpcGraphMetadata } from '../../../graph/metadata/grpc-graph-metadata.ts';
import type { GraphExecutor } from '../../../graph/execute.ts';
import type { ModelQuery } from '../../../graph/model-query.ts';
import { MESSAGE } from '../../../protocol/grpc/methods.ts';
import { EMPTY_MESSAGE, type UnaryMethod } from '../unary-method.ts';
import { graphRequest, predictMethod, questionMethod, stringAt } from './graph-methods.ts';

const NAME = 1;

/** `seldon.protos.Seldon`. */
export function seldonService(predictor: string, graph: GraphExecutor, models: ModelQuery): UnaryMethod[] {
  const messages = { takes: MESSAGE.seldon, gives: MESSAGE.seldon };
  return [
    predictMethod('/seldon.protos.Seldon/Predict', messages, graph, () => ''),
    {
      path: '/seldon.protos.Seldon/SendFeedback',
      isMeasured: true,
      async answer(request) {
        const answer = await graph.sendFeedback(graphRequest(request, MESSAGE.feedback, ''));
        // A graph that takes no feedback gives it back; the method's answer is another message.
        return answer.messageName === MESSAGE.seldon ? answer.body : EMPTY_MESSAGE;
      },
    },
    questionMethod(
      '/seldon.protos.Seldon/ModelMetadata',
      'metadata',
      models,
      (message) => stringAt(message, NAME),
      MESSAGE.empty,
      EMPTY_MESSAGE,
    ),
    {
      path: '/seldon.protos.Seldon/GraphMetadata',
      isMeasured: true,
      answer: (request) =>
        grpcGraphMetadata(predictor, models, graphRequest({ ...request, body: EMPTY_MESSAGE }, MESSAGE.empty, '')),
    },
  ];
}
