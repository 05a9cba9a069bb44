import type { Pool } from 'undici';
import { errorText } from '../../base/errors.ts';
import { NodeError } from '../../graph/node-error.ts';
import { networkFailure } from '../network-failure.ts';

/** Resolves when the node's health route answers 200 within the limit; rejects with a `NodeError`. */
export async function healthCheck(
  node: string,
  pool: Pool,
  origin: string,
  path: string,
  limitMs: number,
): Promise<void> {
  let status: number;
  try {
    const answer = await pool.request({ method: 'GET', path, signal: AbortSignal.timeout(limitMs) });
    status = answer.statusCode;
    // Read to its end, so that the connection can be used again.
    await answer.body.dump();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const late = error.name === 'TimeoutError';
    const reason = late ? `no answer within ${limitMs} ms` : errorText(error);
    throw new NodeError(`node '${node}' at ${origin}${path} is not ready: ${reason}`, {
      failure: late ? 'timeout' : networkFailure(error, false),
      node,
      cause: error,
    });
  }
  if (status === 200) return;
  throw new NodeError(`node '${node}' at ${origin}${path} is not ready: it answered ${status}`, {
    failure: 'status',
    node,
    status,
  });
}
