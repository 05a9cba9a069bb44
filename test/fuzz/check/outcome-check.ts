import type { FuzzRecord } from '../mutations/record.ts';
import type { TailedRecord } from '../run/topic-tail.ts';

type Header = readonly [name: Buffer | null, value: Buffer | null];

const CODES = new Set([
  ...[
    'REQUEST_INVALID',
    'EMPTY_RECORD',
    'MODEL_STATUS',
    'MODEL_TIMEOUT',
    'MODEL_INTERRUPTED',
    'MODEL_ANSWER',
    'OUTPUT_REFUSED',
  ],
]);
const OWN_ERROR_HEADERS = ['code', 'message', 'node', 'attempts', 'status', 'response', 'time'];
/** Of the request's headers, those that a result says anew. */
const SAID_ANEW = new Set(['seldon-puid', 'content-type', 'content-encoding', 'proto-name', 'millrace-source']);

/** The last header of that name, as text; undefined when there is none. */
export function headerText(headers: readonly Header[], name: string): string | undefined {
  return headers.findLast((header) => header[0]?.toString() === name)?.[1]?.toString();
}

/** What is wrong with the error record of that request; undefined for nothing. */
export function wrongInError(request: FuzzRecord, found: TailedRecord): string | undefined {
  const code = headerText(found.headers, 'millrace-error-code') ?? 'none';
  if (!CODES.has(code)) return `its code is ${code}: ${headerText(found.headers, 'millrace-error-message')}`;
  const leftOut = headerText(found.headers, 'millrace-error-value-left-out');
  if (leftOut === undefined) {
    if (!same(request.value, found.value)) return 'its error record has another value';
  } else {
    if (found.value !== null) return 'its error record has a value and says that it was left out';
    if (leftOut !== `${request.value?.length ?? 0} bytes`) return `its error record says that ${leftOut} were left out`;
  }
  const own = OWN_ERROR_HEADERS.length + 1 + (leftOut === undefined ? 0 : 1);
  const isBare = leftOut !== undefined && found.headers.length === own;
  for (const name of OWN_ERROR_HEADERS) {
    if (headerText(found.headers, `millrace-error-${name}`) === undefined) return `its error record has no ${name}`;
  }
  if (isBare) return undefined;
  if (!same(request.key, found.key)) return 'its error record has another key';
  return wrongHeaders(request.headers, found.headers.slice(0, -own), 'its error record');
}

/** What is wrong with the result of that request, its value aside. */
export function wrongInResult(request: FuzzRecord, found: TailedRecord, isGrpc: boolean): string | undefined {
  if (!same(request.key, found.key)) return 'its result has another key';
  // A protobuf message can have no bytes at all.
  if (found.value === null || (found.value.length === 0 && !isGrpc)) return 'its result is empty';
  const kept = request.headers.filter(([name]) => !SAID_ANEW.has(name.toString('latin1').toLowerCase()));
  const own = found.headers.length - kept.length;
  for (const name of ['seldon-puid', 'content-type', 'millrace-source', ...(isGrpc ? ['proto-name'] : [])]) {
    if (headerText(found.headers.slice(0, own), name) === undefined) return `its result has no header ${name}`;
  }
  return wrongHeaders(kept, found.headers.slice(own), 'its result');
}

function wrongHeaders(wanted: readonly Header[], found: readonly Header[], of: string): string | undefined {
  if (found.length !== wanted.length) return `${of} has ${found.length} of the request's ${wanted.length} headers`;
  const at = wanted.findIndex(
    ([name, value], index) => !same(name, found[index]?.[0]) || !same(value, found[index]?.[1]),
  );
  return at < 0 ? undefined : `${of} has another header ${at}`;
}

function same(a: Buffer | null, b: Buffer | null | undefined): boolean {
  return a === null || b === null || b === undefined ? a === b : a.equals(b);
}
