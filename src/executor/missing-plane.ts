import { NodeError } from '../graph/node-error.ts';
import type { Graph } from '../graph/graph.ts';
import type { Transport } from '../protocol/payload.ts';
import type { DataPlane } from './data-plane.ts';

/**
 * Stands for the graph over a transport by which its models cannot be asked: every request is told so, with the reason, by 501 or
 * UNIMPLEMENTED.
 */
export function missingPlane(transport: Transport, graph: Graph, reason: string): DataPlane {
  const [name, status] = transport === 'grpc' ? ['gRPC', 'UNIMPLEMENTED'] : ['HTTP', 501];
  const why = `predictions are not served over ${name}: ${reason.replaceAll(/\s*\n\s*/g, ' ')}`;
  const refuse = () => Promise.reject(new NodeError(why, { failure: 'status', node: '', status }));
  return {
    graph: {
      callsInTurn: 0,
      execute: refuse,
      sendFeedback: refuse,
      checkReady: refuse,
      close: () => Promise.resolve(),
    },
    models: { graph, ask: refuse, askAll: refuse },
  };
}
