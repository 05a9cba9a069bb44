import { NodeError } from '../../graph/node-error.ts';
import type { Payload } from '../../protocol/payload.ts';
import { escapeHtml } from './escape-html.ts';
import type { HttpAnswer } from './route.ts';

// In these no byte is text, and an escape would break what is in them.
const BINARY =
  /^\s*(?:image|audio|video|font)\/|^\s*application\/(?:octet-stream|(?:x-|vnd\.google\.)?protobuf|grpc|zip|x-tar|x-npy)\b/i;

/** The answer to a request that the graph has answered. */
export function payloadAnswer({ body, contentType, contentEncoding, jsonLength }: Payload): HttpAnswer {
  const asIs = contentEncoding !== '' || jsonLength !== undefined || BINARY.test(contentType);
  return {
    status: 200,
    body: asIs ? body : escapeHtml(body),
    contentType,
    ...(contentEncoding === '' ? {} : { contentEncoding }),
    ...(jsonLength === undefined ? {} : { jsonLength }),
  };
}

/** What a browser would make of JSON is text to Go, whose guess Seldon's clients get. */
const ERROR_TYPE = 'text/plain; charset=utf-8';

/**
 * The answer to a request that failed: with the failing node's status and body where it gave them, else 500 and a status of
 * Seldon's form, whatever the protocol.
 *
 * @param error a `NodeError`; of anything else the client is told no more than that
 */
export function errorAnswer(error: unknown): HttpAnswer {
  if (!(error instanceof NodeError)) return failure(500, 'internal error of the executor');
  const { failure: kind, status, response } = error;
  if (kind !== 'status' || typeof status !== 'number') return failure(500, error.message);
  if (response === undefined) return failure(status, error.message);
  return { status, body: escapeHtml(response), contentType: ERROR_TYPE };
}

/** An error in Seldon's form; `code` in it is 500 whatever the HTTP status. */
export function failure(status: number, info: string): HttpAnswer {
  const body = Buffer.from(JSON.stringify({ status: { code: 500, info, status: 'FAILURE' } }));
  return { status, body: escapeHtml(body), contentType: ERROR_TYPE };
}
