import type { GraphExecutor } from '../../../graph/execute.ts';
import type { Protocol } from '../../../protocol/payload.ts';
import { payloadAnswer } from '../answers.ts';
import { graphRequest } from './graph-request.ts';
import type { HttpRequest, Route } from '../route.ts';

const POST = ['OPTIONS', 'POST'];

/** Where predictions are asked for, by protocol; `{model}` stands for every node's name. */
const PREDICT_PATHS: Readonly<Record<Protocol, readonly string[]>> = {
  seldon: ['/api/v0.1/predictions', '/api/v1.0/predictions'],
  tensorflow: [
    '/v1/models/{model}:predict',
    '/v1/models/{model}/:predict',
    '/v1/models/:predict',
    '/v1/models:predict',
  ],
  v2: ['/v2/models/{model}/infer', '/v2/models/infer'],
};

const FEEDBACK_PATHS: Readonly<Record<Protocol, readonly string[]>> = {
  seldon: ['/api/v0.1/feedback', '/api/v1.0/feedback'],
  // The message comes back as the answer: no node has a call for it.
  tensorflow: ['/api/v1.0/feedback'],
  v2: [],
};

/** Predictions and feedback on them. Bodies of any type go to the graph as they are. */
export function predictRoutes(protocol: Protocol, graph: GraphExecutor): Route[] {
  return [
    ...PREDICT_PATHS[protocol].map((path) => ({
      path,
      methods: POST,
      service: 'predictions',
      handler: async (request: HttpRequest) => payloadAnswer(await graph.execute(graphRequest(request))),
    })),
    ...FEEDBACK_PATHS[protocol].map((path) => ({
      path,
      methods: POST,
      service: 'feedback',
      handler: async (request: HttpRequest) => payloadAnswer(await graph.sendFeedback(graphRequest(request))),
    })),
  ];
}
