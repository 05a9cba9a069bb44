import { NodeError } from '../graph/node-error.ts';

/** The error of a call that was cancelled, or whose client was closed, before anything of it was sent. */
export function givenUp(node: string): NodeError {
  return new NodeError(`the call of node '${node}' was cancelled before it began`, { failure: 'cancelled', node });
}
