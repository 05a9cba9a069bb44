import type { NodeMethod } from '../protocol/node-method.ts';
import type { Payload } from '../protocol/payload.ts';

/** Where a node is called. */
export interface NodeEndpoint {
  readonly host: string;
  readonly port: number;
}

/** One call of a node. */
export interface NodeCall {
  readonly nodeName: string;
  readonly endpoint: NodeEndpoint;
  readonly method: NodeMethod;
  /** Name of the model in paths and messages; the node's own name unless the caller overrode it. */
  readonly modelName: string;
  readonly payload: Payload;
  /** Headers for the call, name and value in turn, already legal for the transport (undici's flat form). */
  readonly headers: readonly string[];
  /** The request may go to the model together with others. */
  readonly mayBatch?: boolean | undefined;
  /** Ends the call as `cancelled`, at once where it is aborted already. */
  readonly signal?: AbortSignal | undefined;
}

/** How the graph reaches model servers. `models/` implements it; every failure is a `NodeError`. */
export interface ModelClient {
  call(call: NodeCall): Promise<Payload>;
  /** Resolves when the node accepts connections (or, with full checks, says it is ready); rejects with a `NodeError`. */
  checkReady(nodeName: string, endpoint: NodeEndpoint): Promise<void>;
  close(): Promise<void>;
}
