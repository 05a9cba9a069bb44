/** Header names, spelled once, as they are written; look-ups ignore case (Seldon's do not). */
export const HEADER = {
  puid: 'Seldon-Puid',
  contentType: 'Content-Type',
  contentEncoding: 'Content-Encoding',
  jsonLength: 'Inference-Header-Content-Length',
  protoName: 'proto-name',
  retryAfter: 'Retry-After',
  acceptEncoding: 'Accept-Encoding',
} as const;

/** Headers of a Kafka record, in their order; a name can stand there more than once. */
export type RecordHeaders = readonly (readonly [name: Buffer, value: Buffer])[];

/** Largest name and value together of one header that is sent to models, in bytes: what gunicorn and others accept. */
export const MAX_HEADER_BYTES = 8_000;
/** Most headers that are sent to models with one call. */
export const MAX_HEADERS = 90;
/** Most bytes of headers, names and values, that are sent to models with one call. */
export const MAX_HEADERS_BYTES = 32_000;

/** Headers of a record, as a call takes them. */
export interface RequestHeaders {
  /** Name and value in turn, legal for HTTP; bytes above 0x7f as Latin-1, so that they leave as they came. */
  readonly headers: readonly string[];
  /** How many were left out because HTTP cannot carry them, or for the limits. */
  readonly leftOut: number;
}

const NO_HEADERS: RequestHeaders = { headers: [], leftOut: 0 };

/**
 * What no request passes on to a model, in lower case: headers of one connection (RFC 9110, section 7.6.1) and those that every client
 * makes for itself; and the type of the body and the puid, which the call states anew.
 */
export const NEVER_FORWARDED: readonly string[] = [
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'seldon-puid',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The same of calls over HTTP, where headers say more of the body. */
export const NEVER_FORWARDED_HTTP: readonly string[] = [
  ...NEVER_FORWARDED,
  'content-encoding',
  'inference-header-content-length',
];

// What is agreed with the next server or proxy: a record comes over none.
const NOT_FORWARDED = new Set([
  ...NEVER_FORWARDED_HTTP,
  'accept-encoding',
  'proxy-authenticate',
  'proxy-authorization',
]);

/**
 * The headers of a record that go to every model call: those that HTTP can carry, duplicates kept. Left out without counting:
 * what belongs to a connection, what describes the body (`Content-Type`, `Content-Encoding`, `Inference-Header-Content-Length`) and `Seldon-Puid` (sent once, by the
 * graph). Left out and counted: illegal names and values, and what is over the limits above.
 */
export function requestHeaders(recordHeaders: RecordHeaders): RequestHeaders {
  if (recordHeaders.length === 0) return NO_HEADERS;
  const headers: string[] = [];
  let bytes = 0;
  let leftOut = 0;
  for (const [name, value] of recordHeaders) {
    const size = name.length + value.length;
    const kind = size > MAX_HEADER_BYTES ? 'illegal' : nameKind(name.toString('latin1'));
    if (kind === 'dropped') continue;
    const text = kind === 'legal' ? value.toString('latin1') : '';
    if (
      kind === 'illegal' ||
      !isLegalValue(text) ||
      bytes + size > MAX_HEADERS_BYTES ||
      headers.length >= 2 * MAX_HEADERS
    ) {
      leftOut++;
      continue;
    }
    bytes += size;
    headers.push(name.toString('latin1'), text);
  }
  return { headers, leftOut };
}

/** The first header of that name, whatever its case, as Latin-1; undefined when there is none. */
export function recordHeader(recordHeaders: RecordHeaders, name: string): string | undefined {
  for (const [key, value] of recordHeaders) {
    if (key.length === name.length && key.toString('latin1').toLowerCase() === name.toLowerCase())
      return value.toString('latin1');
  }
  return undefined;
}

/** The first header of that name, if HTTP can carry its value and it is not empty; for the puid and the content type. */
export function legalRecordHeader(recordHeaders: RecordHeaders, name: string): string | undefined {
  const value = recordHeader(recordHeaders, name);
  return value !== undefined && value !== '' && value.length <= MAX_HEADER_BYTES && isLegalValue(value)
    ? value
    : undefined;
}

type NameKind = 'legal' | 'illegal' | 'dropped';

// Producers use few names, again and again; the bound is for those that do not.
const knownNames = new Map<string, NameKind>();
const MAX_KNOWN_NAMES = 1_000;

function nameKind(name: string): NameKind {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  let kind: NameKind = 'legal';
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) kind = 'illegal';
  else if (NOT_FORWARDED.has(name.toLowerCase())) kind = 'dropped';
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.set(name, kind);
  return kind;
}

/** Whether HTTP can carry the value: no control character but the tab, nothing above Latin-1. */
export function isLegalValue(value: string): boolean {
  return !/[^\t\x20-\x7e\x80-\xff]/.test(value);
}
