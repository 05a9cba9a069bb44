import type { GraphRequest } from '../graph/execute.ts';
import type { RecordHeader } from '../kafka/record.ts';
import { isMetadataText, requestMetadata } from '../protocol/grpc/metadata.ts';
import { HEADER, legalRecordHeader, recordHeader, requestHeaders, type RecordHeaders } from '../protocol/headers.ts';
import { protobufPayload, type Payload, type Transport } from '../protocol/payload.ts';
import type { Job } from './work/job.ts';

const NOTHING = Buffer.alloc(0);
const JSON_TYPE = 'application/json';

/** A record as a request of the graph. */
export interface RecordRequest {
  readonly request: GraphRequest;
  /** Headers that cannot travel. */
  readonly leftOut: number;
}

/** What the graph gets of a record. */
export function graphRequest(job: Job, body: Buffer, transport: Transport): RecordRequest {
  const headers = presentHeaders(job.record.headers);
  return transport === 'grpc' ? protobufRequest(job, body, headers) : httpRequest(job, body, headers);
}

/** The value as it is, the type its `Content-Type` header names (JSON without one), its prediction id, the headers that can travel. */
function httpRequest(job: Job, body: Buffer, present: RecordHeaders): RecordRequest {
  const { headers, leftOut } = requestHeaders(present);
  if (job.attempts === 1) job.puid = legalRecordHeader(present, HEADER.puid) ?? job.puid;
  const contentType = legalRecordHeader(present, HEADER.contentType) ?? JSON_TYPE;
  const contentEncoding = legalRecordHeader(present, HEADER.contentEncoding) ?? '';
  const jsonLength = legalRecordHeader(present, HEADER.jsonLength);
  const payload: Payload =
    jsonLength === undefined
      ? { body, contentType, contentEncoding }
      : { body, contentType, contentEncoding, jsonLength };
  return { request: { payload, headers, puid: job.puid, mayBatch: isFirst(job) }, leftOut };
}

/** The same of a protobuf message, which its `proto-name` header names; without one it is the protocol's predict request. */
function protobufRequest(job: Job, body: Buffer, present: RecordHeaders): RecordRequest {
  const { headers, leftOut } = requestMetadata(present);
  const puid = job.attempts === 1 ? legalRecordHeader(present, HEADER.puid) : undefined;
  if (puid !== undefined && isMetadataText(puid)) job.puid = puid;
  const messageName = recordHeader(present, HEADER.protoName) ?? '';
  const payload = protobufPayload(messageName, body);
  return { request: { payload, headers, puid: job.puid, mayBatch: isFirst(job) }, leftOut };
}

/** What failed once is tried again alone: should it be the record's fault, no other suffers from it. */
function isFirst(job: Job): boolean {
  return job.attempts === 1;
}

// A null value counts as an empty one, as in Seldon.
function presentHeaders(headers: readonly RecordHeader[]): RecordHeaders {
  if (headers.every((header) => header[0] !== null && header[1] !== null)) return headers as RecordHeaders;
  return headers.map(([name, value]) => [name ?? NOTHING, value ?? NOTHING] as const);
}
