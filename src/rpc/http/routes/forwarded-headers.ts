import { isLegalValue, NEVER_FORWARDED_HTTP } from '../../../protocol/headers.ts';

const NOT_FORWARDED = new Set(NEVER_FORWARDED_HTTP);

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
