import type { Payload } from '../../protocol/payload.ts';
import { ALL_CHILDREN, NO_CHILD } from '../../protocol/rest/route-answer.ts';
import { FanOut } from './fan-out.ts';
import { callHeaders, type GraphRequest } from '../graph-request.ts';
import { endpointOf, type GraphNode } from '../graph.ts';
import type { ModelClient } from '../model-client.ts';
import { NodeError } from '../node-error.ts';
import { tellPayload } from './tell-payload.ts';

/**
 * Brings feedback to the nodes that took part in a prediction: to the children on the routes it took, then to the node itself; each
 * gets the message as it came. The answer is the root's, or the message where the root takes no feedback.
 */
export class FeedbackWalk {
  readonly #client: ModelClient;
  readonly #request: GraphRequest;
  readonly #routes: ReadonlyMap<string, number>;
  readonly #headers: readonly string[];

  constructor(client: ModelClient, request: GraphRequest, routes: ReadonlyMap<string, number>) {
    this.#client = client;
    this.#request = request;
    this.#routes = routes;
    this.#headers = callHeaders(request);
  }

  run(root: GraphNode): Promise<Payload> {
    return this.#visit(root, this.#request.signal);
  }

  async #visit(node: GraphNode, signal: AbortSignal | undefined): Promise<Payload> {
    tellPayload(node, 'feedback', this.#request.payload, this.#request);
    const children = this.#takenChildren(node);
    if (children.length > 0) {
      await new FanOut(signal).run(children.map((child) => (within) => this.#visit(child, within)));
    }
    if (!node.takesFeedback) return this.#request.payload;
    return this.#client.call({
      nodeName: node.name,
      endpoint: endpointOf(node),
      method: 'send-feedback',
      modelName: this.#request.modelName || node.name,
      payload: this.#request.payload,
      headers: this.#headers,
      signal,
    });
  }

  #takenChildren(node: GraphNode): readonly GraphNode[] {
    const route = this.#routes.get(node.name) ?? ALL_CHILDREN;
    if (node.children.length === 0 || route === ALL_CHILDREN) return node.children;
    if (route === NO_CHILD) return [];
    const child = node.children[route];
    if (child !== undefined) return [child];
    throw new NodeError(
      `the feedback says that node '${node.name}' took route ${route}, and it has ${node.children.length} children`,
      { failure: 'request', node: node.name },
    );
  }
}
