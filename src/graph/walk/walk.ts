import type { Payload } from '../../protocol/payload.ts';
import { ALL_CHILDREN, NO_CHILD } from '../../protocol/rest/route-answer.ts';
import { FanOut } from './fan-out.ts';
import { callHeaders, type GraphRequest } from '../graph-request.ts';
import { endpointOf, type GraphNode } from '../graph.ts';
import type { MessageRules } from '../rules/message-rules.ts';
import type { ModelClient } from '../model-client.ts';
import type { NodeMethod } from '../../protocol/node-method.ts';
import { NodeError } from '../node-error.ts';
import { keptAnswer, stepFailure } from './step-failure.ts';
import { tellPayload } from './tell-payload.ts';
import type { UnfoldedRoom } from './unfolded-room.ts';
import { Unfolding } from './unfolding.ts';

/** What all walks through a graph share. */
export interface WalkTools {
  readonly client: ModelClient;
  readonly rules: MessageRules;
  readonly random: () => number;
  readonly routingInjection: boolean;
  readonly room: UnfoldedRoom;
}

/**
 * One request's way through a graph, in the order of Seldon Core 1: a node's input call, its route, the children it chose with what
 * the input call answered, its aggregate call, its output call. Any failure ends the walk; what still runs is cancelled.
 */
export class Walk {
  readonly #tools: WalkTools;
  readonly #request: GraphRequest;
  readonly #headers: readonly string[];
  readonly #unfolding: Unfolding;
  /** Routes taken so far, by node; -1 for a node that was called and chose nothing. */
  readonly #routes = new Map<string, number>();

  constructor(tools: WalkTools, request: GraphRequest) {
    this.#tools = tools;
    this.#request = request;
    this.#headers = callHeaders(request);
    this.#unfolding = new Unfolding(tools.room);
  }

  async run(root: GraphNode): Promise<Payload> {
    try {
      return await this.#visit(root, this.#request.payload, this.#request.signal);
    } finally {
      this.#unfolding.end();
    }
  }

  async #visit(node: GraphNode, input: Payload, signal: AbortSignal | undefined): Promise<Payload> {
    let message = input;
    if (node.inputCall !== undefined) {
      this.#routes.set(node.name, ALL_CHILDREN);
      message = await this.#ask(node, node.inputCall, await this.#chained(node, message, signal), signal);
    }
    if (node.children.length > 0) message = await this.#askChildren(node, message, signal);
    if (node.transformsOutput) {
      message = await this.#ask(node, 'transform-output', await this.#chained(node, message, signal), signal);
    }
    return this.#tools.routingInjection ? this.#tools.rules.injectRouting(message, this.#routes) : message;
  }

  /** A call on the message's way, told to the node's logger as it is made: chained, as in Seldon. */
  async #ask(node: GraphNode, method: NodeMethod, message: Payload, signal: AbortSignal | undefined): Promise<Payload> {
    tellPayload(node, 'request', message, this.#request);
    const answer = await this.#call(node, method, message, signal);
    tellPayload(node, 'response', answer, this.#request);
    return answer;
  }

  async #askChildren(node: GraphNode, message: Payload, signal: AbortSignal | undefined): Promise<Payload> {
    tellPayload(node, 'request', message, this.#request);
    const route = await this.#route(node, message, signal);
    const answers = await this.#chosenAnswers(node, route, message, signal);
    this.#routes.set(node.name, route);
    const [first] = answers;
    if (first === undefined) return message;
    const answer = node.aggregates ? await this.#aggregate(node, message, answers, signal) : first;
    tellPayload(node, 'response', answer, this.#request);
    return answer;
  }

  async #aggregate(
    node: GraphNode,
    message: Payload,
    answers: readonly Payload[],
    signal: AbortSignal | undefined,
  ): Promise<Payload> {
    tellPayload(node, 'request', message, this.#request);
    // Seldon Core 1's rule: a unit that combines what one child answered is -1 in the map all the same.
    this.#routes.set(node.name, ALL_CHILDREN);
    const answer = await this.#call(node, 'aggregate', await this.#combined(node, answers, signal), signal);
    tellPayload(node, 'response', answer, this.#request);
    return answer;
  }

  async #route(node: GraphNode, message: Payload, signal: AbortSignal | undefined): Promise<number> {
    switch (node.routing.by) {
      case 'all':
        return ALL_CHILDREN;
      case 'draw':
        return this.#tools.random() < node.routing.ratioA ? 0 : 1;
      case 'call': {
        const answer = await this.#call(node, 'route', this.#routeRequest(node, message), signal);
        const route = this.#readRoute(node, answer);
        if (route >= NO_CHILD && route < node.children.length) return route;
        throw new NodeError(
          `router '${node.name}' answered ${route}; with ${node.children.length} children, ` +
            `a route is 0 to ${node.children.length - 1}, -1 for all or -2 for none`,
          { failure: 'answer', node: node.name, ...keptAnswer(answer) },
        );
      }
    }
  }

  async #chosenAnswers(
    node: GraphNode,
    route: number,
    message: Payload,
    signal: AbortSignal | undefined,
  ): Promise<readonly Payload[]> {
    if (route === NO_CHILD) return [];
    const chosen = route === ALL_CHILDREN ? node.children : node.children.slice(route, route + 1);
    const [only] = chosen;
    if (only !== undefined && chosen.length === 1) return [await this.#visit(only, message, signal)];
    return new FanOut(signal).run(chosen.map((child) => (within) => this.#visit(child, message, within)));
  }

  #call(node: GraphNode, method: NodeMethod, payload: Payload, signal: AbortSignal | undefined): Promise<Payload> {
    return this.#tools.client.call({
      nodeName: node.name,
      endpoint: endpointOf(node),
      method,
      modelName: this.#modelName(node),
      payload,
      headers: this.#headers,
      mayBatch: this.#request.mayBatch,
      signal,
    });
  }

  #modelName(node: GraphNode): string {
    return this.#request.modelName || node.name;
  }

  async #chained(node: GraphNode, message: Payload, signal: AbortSignal | undefined): Promise<Payload> {
    const { rules } = this.#tools;
    const plain = rules.chainReads ? await this.#unfolded(node, message, signal) : message;
    try {
      const chained = rules.chain(plain, this.#modelName(node));
      if (chained !== plain || plain === message) return chained;
      // What need not be changed goes on as it came.
      this.#unfolding.dropped(plain);
      return message;
    } catch (error) {
      throw this.#unusable(error, node, message);
    }
  }

  async #unfolded(node: GraphNode, message: Payload, signal: AbortSignal | undefined): Promise<Payload> {
    try {
      return await this.#unfolding.unfold(message, signal);
    } catch (error) {
      if (signal?.aborted) throw new NodeError('cancelled', { failure: 'cancelled', node: node.name });
      throw this.#unusable(error, node, message);
    }
  }

  #routeRequest(node: GraphNode, message: Payload): Payload {
    try {
      return this.#tools.rules.routeRequest(message, this.#modelName(node));
    } catch (error) {
      throw this.#unusable(error, node, message);
    }
  }

  #unusable(error: unknown, node: GraphNode, message: Payload): unknown {
    if (message === this.#request.payload) {
      return stepFailure(error, node, 'request', `the request cannot go to node '${node.name}'`);
    }
    const what = `what an earlier node answered cannot go to node '${node.name}'`;
    return stepFailure(error, node, 'answer', what, message);
  }

  async #combined(node: GraphNode, answers: readonly Payload[], signal: AbortSignal | undefined): Promise<Payload> {
    const plain: Payload[] = [];
    for (const answer of answers) plain.push(await this.#unfolded(node, answer, signal));
    try {
      return this.#tools.rules.combine(plain, this.#modelName(node));
    } catch (error) {
      throw stepFailure(error, node, 'answer', `the answers of the children cannot go to combiner '${node.name}'`);
    }
  }

  #readRoute(node: GraphNode, answer: Payload): number {
    try {
      return this.#tools.rules.readRoute(answer);
    } catch (error) {
      throw stepFailure(error, node, 'answer', `router '${node.name}' did not answer with a route`, answer);
    }
  }
}
