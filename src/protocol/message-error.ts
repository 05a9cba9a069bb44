/** A message is not what a step of the graph needs. The graph turns it into a `NodeError` that names the node. */
export class MessageError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MessageError';
  }
}
