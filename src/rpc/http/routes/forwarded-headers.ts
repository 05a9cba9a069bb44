import { isLegalValue } from '../../../protocol/headers.ts';

// Of one connection, or made by the client of the models; and what payload and graph state themselves.
const NOT_FORWARDED = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'inference-header-content-length',
  'keep-alive',
  'proxy-connection',
  'seldon-puid',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The headers of a request that go to every model call, name and value in turn, as Seldon's executor forwards them:
 * `Accept-Encoding` too, so that a client that takes compressed answers gets the model's as it is.
 */
export function forwardedHeaders(rawHeaders: readonly string[]): readonly string[] {
  const forwarded: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    if (!NOT_FORWARDED.has(name.toLowerCase()) && isLegalValue(value)) forwarded.push(name, value);
  }
  return forwarded;
}
