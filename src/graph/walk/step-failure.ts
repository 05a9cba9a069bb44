import { MessageError } from '../../protocol/message-error.ts';
import type { Payload } from '../../protocol/payload.ts';
import type { GraphNode } from '../graph.ts';
import { NodeError, type NodeFailure } from '../node-error.ts';

/** Most of a node's answer that an error keeps, in bytes. */
export const MAX_KEPT_RESPONSE_BYTES = 64 * 1024;

/**
 * What a step threw, as the failure of a node. An error that is not about a message is a fault of ours and comes back as it is.
 *
 * @param what the sentence that the reason completes
 * @param answer the answer to blame, kept for whoever looks into it
 */
export function stepFailure(
  error: unknown,
  node: GraphNode,
  failure: NodeFailure,
  what: string,
  answer?: Payload,
): unknown {
  if (!(error instanceof MessageError)) return error;
  return new NodeError(`${what}: ${error.message}`, {
    failure,
    node: node.name,
    ...(answer === undefined ? {} : keptAnswer(answer)),
    cause: error.cause,
  });
}

/** The start of an answer, copied, as the details of a `NodeError`: an error must not hold a large answer in memory. */
export function keptAnswer(answer: Payload): { readonly response: Buffer; readonly responseType: string } {
  return {
    response: Buffer.from(answer.body.subarray(0, MAX_KEPT_RESPONSE_BYTES)),
    responseType: answer.contentType,
  };
}
