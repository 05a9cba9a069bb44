import type { GraphNode } from '../graph.ts';

/** The most calls that one request can make one after the other: what it takes at most is so many times the limit of a call. */
export function callsInTurn(node: GraphNode): number {
  const withChildren = node.children.length > 0;
  let calls = 0;
  if (node.inputCall !== undefined) calls++;
  if (withChildren && node.routing.by === 'call') calls++;
  if (withChildren && node.aggregates) calls++;
  if (node.transformsOutput) calls++;
  return calls + Math.max(0, ...node.children.map(callsInTurn));
}
