import { gunzipSync } from 'node:zlib';
import { isJson } from './json/skip-value.ts';
import { MessageError } from './message-error.ts';
import type { Payload } from './payload.ts';

/** Largest body that a compressed message may unfold to, in bytes. */
export const MAX_GUNZIPPED_BYTES = 64 * 1024 * 1024;

/** Whether a `Content-Encoding` means gzip. */
export function isGzip(contentEncoding: string): boolean {
  const encoding = contentEncoding.trim().toLowerCase();
  return encoding === 'gzip' || encoding === 'x-gzip';
}

/**
 * The body as a step that must read it needs it: uncompressed. Some servers write a charset into the header (`utf-8`), or
 * `identity`: what is JSON under another name than gzip's is taken as it is.
 *
 * @throws MessageError for a broken or too large gzip body, and for anything else that is not JSON
 */
export function readableBody(payload: Payload): Buffer {
  if (payload.contentEncoding === '') return payload.body;
  if (!isGzip(payload.contentEncoding)) {
    if (isJson(payload.body)) return payload.body;
    throw new MessageError(`its Content-Encoding is '${payload.contentEncoding}', and only gzip can be read here`);
  }
  const body = gunzipWithin(payload.body, MAX_GUNZIPPED_BYTES);
  if (body === undefined) throw tooLarge();
  return body;
}

/** What a gzip body says that it unfolds to, in bytes; at most the largest that is unfolded. It can be made of parts, and be more. */
export function unfoldedBytes(body: Buffer): number {
  return body.length < 4 ? 0 : Math.min(body.readUInt32LE(body.length - 4), MAX_GUNZIPPED_BYTES);
}

/**
 * Unfolds a gzip body.
 *
 * @returns undefined when it is more than the limit
 * @throws MessageError when it is broken
 */
export function gunzipWithin(body: Buffer, limitBytes: number): Buffer | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(1, limitBytes) });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw new MessageError('it is no gzip body', error);
  }
}

/** For a body of which `gunzipWithin` says that it is more than may be. */
export function tooLarge(): MessageError {
  return new MessageError(`it is a gzip body of more than ${MAX_GUNZIPPED_BYTES} bytes`);
}
