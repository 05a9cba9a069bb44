import type { GraphNode } from '../graph.ts';

/** What a graph takes and gives. */
export interface GraphEdges<T> {
  readonly inputs: T;
  readonly outputs: T;
}

/**
 * Inputs and outputs of a graph, by those of its nodes (Seldon's rule): of a leaf its own; a node that works on the way down has its own
 * inputs and its first child's outputs, one that works on the way up its first child's inputs and its own outputs, and one that only
 * chooses among children both of the first.
 *
 * @param own what a node itself takes and gives; undefined for a node that has no model
 */
export function graphEdges<T>(
  node: GraphNode,
  own: (node: GraphNode) => GraphEdges<T> | undefined,
): GraphEdges<T> | undefined {
  const ownEdges = own(node);
  const [first] = node.children;
  if (first === undefined) return ownEdges;
  const below = graphEdges(first, own) ?? ownEdges;
  if (below === undefined || ownEdges === undefined) return below;
  const worksUpwards = node.transformsOutput || node.aggregates;
  return {
    inputs: node.inputCall === undefined ? below.inputs : ownEdges.inputs,
    outputs: worksUpwards ? ownEdges.outputs : below.outputs,
  };
}
