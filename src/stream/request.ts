import type { GraphRequest } from '../graph/execute.ts';
import type { RecordHeader } from '../kafka/record.ts';
import { HEADER, legalRecordHeader, requestHeaders, type RecordHeaders } from '../protocol/headers.ts';
import type { Job } from './job.ts';

const NOTHING = Buffer.alloc(0);
const JSON_TYPE = 'application/json';

/**
 * What the graph gets of a record: its value as it is, the type its `Content-Type` header names (JSON without one), its
 * prediction id, and the headers that can travel.
 */
export function graphRequest(job: Job, body: Buffer): { readonly request: GraphRequest; readonly leftOut: number } {
  const present = presentHeaders(job.record.headers);
  const { headers, leftOut } = requestHeaders(present);
  if (job.attempts === 1) job.puid = legalRecordHeader(present, HEADER.puid) ?? job.puid;
  const contentType = legalRecordHeader(present, HEADER.contentType) ?? JSON_TYPE;
  const contentEncoding = legalRecordHeader(present, HEADER.contentEncoding) ?? '';
  return { request: { payload: { body, contentType, contentEncoding }, headers, puid: job.puid }, leftOut };
}

// A null value counts as an empty one, as in Seldon.
function presentHeaders(headers: readonly RecordHeader[]): RecordHeaders {
  if (headers.every((header) => header[0] !== null && header[1] !== null)) return headers as RecordHeaders;
  return headers.map(([name, value]) => [name ?? NOTHING, value ?? NOTHING] as const);
}
