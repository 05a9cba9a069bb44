import { connect } from 'node:net';
import { errorText } from '../base/errors.ts';
import type { NodeEndpoint } from '../graph/model-client.ts';
import { NodeError } from '../graph/node-error.ts';

/** Resolves when the node accepts a connection within the limit; rejects with a `NodeError`. */
export function tcpCheck(node: string, endpoint: NodeEndpoint, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(endpoint.port, endpoint.host);
    // A timer, not the socket's time-out: that one does not bound the look-up of the name.
    const timer = setTimeout(() => fail(new Error(`no connection within ${limitMs} ms`)), limitMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      const what = `node '${node}' at ${endpoint.host}:${endpoint.port} cannot be reached: ${errorText(error)}`;
      reject(new NodeError(what, { failure: 'unreachable', node, cause: error }));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    });
  });
}
