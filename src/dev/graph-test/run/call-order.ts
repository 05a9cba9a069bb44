import type { Graph, GraphNode } from '../../../graph/graph.ts';
import type { SeenCall } from './seen-call.ts';

/**
 * The calls in the order in which the graph would make them one after the other: children in their order, though they are called
 * side by side. So the same test gives the same list every time.
 */
export function inGraphOrder(graph: Graph, calls: readonly SeenCall[]): SeenCall[] {
  const ranks = new Map([...steps(graph.root)].map((step, rank) => [step, rank]));
  const rankOf = ({ node, method }: SeenCall) => ranks.get(`${method} ${node}`) ?? Infinity;
  return calls.toSorted((left, right) => rankOf(left) - rankOf(right) || left.began - right.began);
}

function* steps(node: GraphNode): Generator<string> {
  if (node.inputCall !== undefined) yield `${node.inputCall} ${node.name}`;
  yield `route ${node.name}`;
  for (const child of node.children) yield* steps(child);
  for (const method of ['aggregate', 'transform-output', 'send-feedback']) yield `${method} ${node.name}`;
}
