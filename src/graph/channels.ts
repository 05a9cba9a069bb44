import { eventChannel } from '../base/channels.ts';
import type { NodeMethod } from './model-client.ts';
import type { NodeFailure } from './node-error.ts';

/** A call to a node has ended. */
export const nodeCalled = eventChannel<{
  readonly node: string;
  readonly method: NodeMethod;
  readonly durationMs: number;
  /** HTTP status or gRPC code name; undefined where there was no answer. */
  readonly status: number | string | undefined;
  /** Undefined for success. */
  readonly failure: NodeFailure | undefined;
}>('millrace.graph.node-called');
