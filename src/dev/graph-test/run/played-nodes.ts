import type { NodeEndpoint } from '../../../graph/model-client.ts';

/** Servers on this machine that answer for the nodes of one test. */
export interface PlayedNodes {
  start(node: string): Promise<NodeEndpoint>;
  close(): Promise<void>;
}
