import { eventChannel } from '../base/channels.ts';
import type { Payload } from '../protocol/payload.ts';
import type { NodeLogger } from './graph.ts';
import type { NodeMethod } from '../protocol/node-method.ts';
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
}>('millrace:graph:node-called');

export type PayloadKind = 'request' | 'response' | 'feedback';

/** A message has come to a node that logs its payloads, or its answer has. The bytes are those of the request: not to be changed. */
export interface PayloadPassed {
  readonly node: string;
  readonly logger: NodeLogger;
  readonly kind: PayloadKind;
  readonly payload: Payload;
  /** Id of the prediction. */
  readonly puid: string;
  /** The request's own trace context (W3C), where it brought one. */
  readonly traceparent: string | undefined;
}

export const payloadPassed = eventChannel<PayloadPassed>('millrace:graph:payload-passed');
