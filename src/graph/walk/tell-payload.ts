import type { Payload } from '../../protocol/payload.ts';
import { payloadPassed, type PayloadKind } from '../channels.ts';
import type { GraphRequest } from '../graph-request.ts';
import type { GraphNode } from '../graph.ts';

/** Header by which a caller keeps one request out of the payload log. */
const SKIP = 'seldon-skip-logging';
const SKIP_VALUES = ['true', 'on', '1'];

/** Tells of a message at a node, where the node's logger wants that kind and the request does not ask to be left out. */
export function tellPayload(node: GraphNode, kind: PayloadKind, payload: Payload, request: GraphRequest): void {
  const { logger } = node;
  if (logger === undefined || !(kind === 'request' ? logger.requests : logger.responses)) return;
  if (!payloadPassed.hasSubscribers) return;
  let traceparent: string | undefined;
  const { headers, puid } = request;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase();
    if (name === SKIP && SKIP_VALUES.includes(headers[i + 1]?.trim().toLowerCase() ?? '')) return;
    if (name === 'traceparent') traceparent ??= headers[i + 1];
  }
  payloadPassed.publish({ node: node.name, logger, kind, payload, puid, traceparent });
}
