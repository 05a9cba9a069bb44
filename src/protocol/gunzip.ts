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
  try {
    return gunzipSync(payload.body, { maxOutputLength: MAX_GUNZIPPED_BYTES });
  } catch (error) {
    throw new MessageError(`it is no gzip body, or one of more than ${MAX_GUNZIPPED_BYTES} bytes`, error);
  }
}
