import { isGzip } from '../protocol/gunzip.ts';
import type { Payload } from '../protocol/payload.ts';
import { callsInTurn } from './walk/calls-in-turn.ts';
import { FeedbackWalk } from './walk/feedback-walk.ts';
import { callHeaders, type GraphRequest } from './graph-request.ts';
import { endpointOf, isCalled, type Graph, type GraphNode } from './graph.ts';
import { grpcRules } from './rules/grpc-rules.ts';
import type { MessageRules } from './rules/message-rules.ts';
import type { ModelClient } from './model-client.ts';
import { restRules } from './rules/rest-rules.ts';
import { stepFailure } from './walk/step-failure.ts';
import { UnfoldedRoom } from './walk/unfolded-room.ts';
import { Walk } from './walk/walk.ts';

export type { GraphRequest } from './graph-request.ts';

export interface ExecutorOptions {
  /** Write the routes taken into `meta.routing` of every node's result (SELDON_ENABLE_ROUTING_INJECTION). */
  readonly routingInjection?: boolean;
  /** Draws of the built-in A/B test, in [0, 1). */
  readonly random?: () => number;
  /** Most bytes that packed messages may unfold to, over all requests at one time; others wait. */
  readonly unfoldedBytes?: number;
}

const UNFOLDED_BYTES = 64 * 1024 * 1024;

/** Runs requests through one graph. */
export interface GraphExecutor {
  /** The most calls that a request can make one after the other. */
  readonly callsInTurn: number;
  /** Runs one request through the graph, or feedback where the message is known to be that. Every failure is a `NodeError`; anything else is a fault of Millrace's own. */
  execute(request: GraphRequest): Promise<Payload>;
  /**
   * Brings feedback on an earlier prediction to the nodes that made it. Only the seldon protocol has such a call; in the others the
   * message comes back as the answer.
   */
  sendFeedback(request: GraphRequest): Promise<Payload>;
  /** Resolves when every node that gets calls is ready; rejects with the `NodeError` of the first that is not. */
  checkReady(): Promise<void>;
  /** Closes the connections to the models; calls still under way fail as cancelled. */
  close(): Promise<void>;
}

/** Runs requests through a compiled graph. */
export function createExecutor(graph: Graph, client: ModelClient, options: ExecutorOptions = {}): GraphExecutor {
  const { routingInjection = false, random = Math.random, unfoldedBytes = UNFOLDED_BYTES } = options;
  const rules = graph.transport === 'grpc' ? grpcRules(graph.protocol) : restRules(graph.protocol);
  const room = new UnfoldedRoom(unfoldedBytes);
  const walk = (request: GraphRequest) =>
    new Walk({ client, rules, random, routingInjection, room }, request).run(graph.root);
  const isCallOnly = graph.isSingleModel && !routingInjection && graph.root.logger === undefined;
  const predict = isCallOnly ? callOnly(graph.root, client, rules, walk) : walk;
  const sendFeedback = feedbackSender(graph, client, rules);
  return {
    callsInTurn: callsInTurn(graph.root),
    execute(given) {
      let request = given;
      try {
        const payload = rules.accept(given.payload);
        if (payload !== given.payload) request = { ...given, payload };
      } catch (error) {
        return Promise.reject(stepFailure(error, graph.root, 'request', 'the request cannot be used'));
      }
      return rules.isFeedback(request.payload) ? sendFeedback(request) : predict(request);
    },
    sendFeedback,
    checkReady: () => checkReady(graph.root, client),
    close: () => client.close(),
  };
}

/** One node with one call: straight through to the client. */
function callOnly(
  node: GraphNode,
  client: ModelClient,
  rules: MessageRules,
  walk: (request: GraphRequest) => Promise<Payload>,
) {
  const endpoint = endpointOf(node);
  const method = node.inputCall ?? 'transform-output';
  return (request: GraphRequest): Promise<Payload> => {
    // What must be unfolded waits for room.
    if (rules.chainReads && isGzip(request.payload.contentEncoding)) return walk(request);
    const modelName = request.modelName || node.name;
    let payload: Payload;
    try {
      payload = rules.chain(request.payload, modelName);
    } catch (error) {
      const failure = stepFailure(error, node, 'request', `the request cannot go to node '${node.name}'`);
      return Promise.reject(failure);
    }
    return client.call({
      nodeName: node.name,
      endpoint,
      method,
      modelName,
      payload,
      headers: callHeaders(request),
      mayBatch: request.mayBatch,
      signal: request.signal,
    });
  };
}

const NO_ROUTES: ReadonlyMap<string, number> = new Map();

function feedbackSender(graph: Graph, client: ModelClient, rules: MessageRules) {
  return async (request: GraphRequest): Promise<Payload> => {
    try {
      const routes = graph.nodes.length > 1 ? rules.feedbackRoutes(request.payload) : NO_ROUTES;
      return await new FeedbackWalk(client, request, routes).run(graph.root);
    } catch (error) {
      throw stepFailure(error, graph.root, 'request', 'the feedback cannot be read');
    }
  };
}

/** Children before their parent, one after the other, as Seldon does; nodes that get no call are not asked. */
async function checkReady(node: GraphNode, client: ModelClient): Promise<void> {
  for (const child of node.children) await checkReady(child, client);
  if (isCalled(node)) await client.checkReady(node.name, endpointOf(node));
}
