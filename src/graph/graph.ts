import type { Protocol, Transport } from '../protocol/payload.ts';
import type { NodeEndpoint } from './model-client.ts';

/**
 * How a node with children chooses among them: `all` of them, what its own `route` call answers, or a `draw` of the built-in A/B
 * test (a number in [0, 1) below `ratioA` is child 0, else child 1).
 */
export type Routing =
  { readonly by: 'all' } | { readonly by: 'call' } | { readonly by: 'draw'; readonly ratioA: number };

/** What is told of the messages of a unit (`logger` of the document), by the mode: `all`, `request`, `response`. */
export interface NodeLogger {
  readonly requests: boolean;
  /** Feedback too: Seldon's rule. */
  readonly responses: boolean;
  /** Where they go; undefined for the default. */
  readonly url: string | undefined;
}

/** A predictive unit, compiled: which calls it gets is settled (graph walk of Seldon Core 1). */
export interface GraphNode {
  readonly name: string;
  /** Where it stands in the document, such as `graph.children[0]`. */
  readonly path: string;
  readonly children: readonly GraphNode[];
  /** The call on the way down. */
  readonly inputCall: 'transform-input' | 'predict' | undefined;
  /** Only of use with children. */
  readonly routing: Routing;
  /** Whether the children's answers go to its `aggregate` call; else the first answer stands for all. */
  readonly aggregates: boolean;
  /** Whether it has a `transform-output` call on the way up. */
  readonly transformsOutput: boolean;
  /** Whether feedback on a prediction goes to it (`send-feedback`); never without an endpoint. */
  readonly takesFeedback: boolean;
  readonly logger: NodeLogger | undefined;
  /** Undefined only for a node that gets no call. */
  readonly endpoint: NodeEndpoint | undefined;
}

/** A graph as it runs: every unit with the calls that it gets. */
export interface Graph {
  readonly root: GraphNode;
  /** Depth first, parents before children. */
  readonly nodes: readonly GraphNode[];
  readonly protocol: Protocol;
  readonly transport: Transport;
  /** One node, one call: its answer is the prediction. */
  readonly isSingleModel: boolean;
}

/** The endpoint of a node that is about to be called. */
export function endpointOf(node: GraphNode): NodeEndpoint {
  // Compiling has refused graphs where this could happen.
  if (node.endpoint === undefined) throw new Error(`node '${node.name}' gets calls and has no endpoint`);
  return node.endpoint;
}

/** Whether predictions call the node. */
export function isCalled(node: Omit<GraphNode, 'endpoint'>): boolean {
  const withChildren = node.children.length > 0 && (node.routing.by === 'call' || node.aggregates);
  return node.inputCall !== undefined || node.transformsOutput || withChildren;
}
