import { gunzipSync } from 'node:zlib';

// More would hardly be looked at by a person.
const MAX_BYTES = 256 * 1024 * 1024;

/** The body without its compression; as it is where it has none, or is not what its `Content-Encoding` says. */
export function plainBody(body: Buffer, contentEncoding: string | undefined): Buffer {
  if (contentEncoding !== 'gzip') return body;
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BYTES });
  } catch {
    return body;
  }
}
