import type { Payload } from '../protocol/payload.ts';
import { callHeaders, type GraphRequest } from './graph-request.ts';
import { endpointOf, type Graph, type GraphNode } from './graph.ts';
import type { ModelClient } from './model-client.ts';
import type { ModelQuestion } from '../protocol/node-method.ts';
import { NodeError } from './node-error.ts';

/** The question names a model that the graph does not have. */
export class UnknownModelError extends NodeError {
  constructor(name: string) {
    super(`Failed to find model ${name}`, { failure: 'request', node: '' });
  }
}

/** Asks the models of a graph about themselves. Every failure is a `NodeError`. */
export interface ModelQuery {
  readonly graph: Graph;
  /** Asks the model of the node of that name, wherever it stands in the graph. */
  ask(question: ModelQuestion, nodeName: string, request: GraphRequest): Promise<Payload>;
  /** Asks every node that has an endpoint, one after the other, parents before children; the answers by node. */
  askAll(question: ModelQuestion, request: GraphRequest): Promise<ReadonlyMap<GraphNode, Payload>>;
}

/** @throws NodeError for what a node answers or does not; UnknownModelError for a name that no called node has */
export function createModelQuery(graph: Graph, client: ModelClient): ModelQuery {
  const askNode = (question: ModelQuestion, node: GraphNode, request: GraphRequest) =>
    client.call({
      nodeName: node.name,
      endpoint: endpointOf(node),
      method: question,
      modelName: node.name,
      payload: request.payload,
      headers: callHeaders(request),
      signal: request.signal,
    });
  return {
    graph,
    ask(question, nodeName, request) {
      const node = graph.nodes.find(({ name }) => name === nodeName);
      if (node !== undefined && node.endpoint !== undefined) return askNode(question, node, request);
      if (node === undefined) return Promise.reject(new UnknownModelError(nodeName));
      const why = `node '${nodeName}' has no endpoint to ask it at`;
      return Promise.reject(new NodeError(why, { failure: 'request', node: '' }));
    },
    async askAll(question, request) {
      const answers = new Map<GraphNode, Payload>();
      for (const node of graph.nodes) {
        if (node.endpoint !== undefined) answers.set(node, await askNode(question, node, request));
      }
      return answers;
    },
  };
}
