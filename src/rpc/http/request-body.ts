import type { IncomingMessage } from 'node:http';

/** - `too-large`: over the limit; what comes further is not read. - `gone`: the client broke off. */
export type BodyFailure = 'too-large' | 'gone';

const EMPTY = Buffer.alloc(0);

/** Reads a request's body as it is, whatever its type. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | BodyFailure> {
  const { headers } = request;
  if (headers['transfer-encoding'] === undefined) {
    const length = Number(headers['content-length'] ?? 0);
    if (length === 0) return Promise.resolve(EMPTY);
    if (length > maxBytes) return Promise.resolve('too-large');
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.off('data', onData).pause();
        resolve('too-large');
      } else chunks.push(chunk);
    };
    request
      .on('data', onData)
      .on('end', () => resolve(chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, size)))
      .on('error', () => resolve('gone'))
      .on('close', () => resolve('gone'));
  });
}
