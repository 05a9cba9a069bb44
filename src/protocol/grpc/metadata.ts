import {
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  MAX_HEADERS_BYTES,
  NEVER_FORWARDED,
  type RecordHeaders,
  type RequestHeaders,
} from '../headers.ts';

// The second half is what gRPC writes itself.
const NOT_FORWARDED = new Set([
  ...NEVER_FORWARDED,
  'grpc-accept-encoding',
  'grpc-encoding',
  'grpc-message',
  'grpc-message-type',
  'grpc-status',
  'grpc-timeout',
  'user-agent',
]);

// HTTP/2 stacks take these once at most.
const ONCE = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-location',
  'content-md5',
  'content-range',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'x-content-type-options',
]);

const NOTHING: RequestHeaders = { headers: [], leftOut: 0 };

/**
 * The headers of a record as gRPC metadata, name and value in turn: names in lower case, values of names that end in `-bin` as
 * base64. Left out without counting: what gRPC and HTTP/2 write themselves, and `Seldon-Puid` (sent once, by the graph). Left out and
 * counted: names and values that gRPC cannot carry (values are printable ASCII), and what is over the limits of headers.ts.
 */
export function requestMetadata(recordHeaders: RecordHeaders): RequestHeaders {
  if (recordHeaders.length === 0) return NOTHING;
  const headers: string[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  let leftOut = 0;
  for (const [rawName, value] of recordHeaders) {
    const name = rawName.toString('latin1').toLowerCase();
    if (NOT_FORWARDED.has(name)) continue;
    const size = rawName.length + value.length;
    const text = size <= MAX_HEADER_BYTES && /^[0-9a-z_.-]+$/.test(name) ? metadataValue(name, value) : undefined;
    const tooMuch = bytes + size > MAX_HEADERS_BYTES || headers.length >= 2 * MAX_HEADERS;
    if (text === undefined || tooMuch || (ONCE.has(name) && seen.has(name))) {
      leftOut++;
      continue;
    }
    seen.add(name);
    bytes += size;
    headers.push(name, text);
  }
  return { headers, leftOut };
}

function metadataValue(name: string, value: Buffer): string | undefined {
  if (name.endsWith('-bin')) return value.toString('base64').replace(/=+$/, '');
  const text = value.toString('latin1');
  return isMetadataText(text) ? text : undefined;
}

/** Whether gRPC can carry the text as a value: printable ASCII. */
export function isMetadataText(text: string): boolean {
  return !/[^\x20-\x7e]/.test(text);
}
