import type { InputRecord, RecordHeader } from '../../kafka/record.ts';
import type { Payload } from '../../protocol/payload.ts';
import type { Failure } from '../failure.ts';
import type { Job } from '../work/job.ts';

// Names of headers that Millrace writes; docs/reference/records.md lists them.
const PUID = Buffer.from('seldon-puid');
const CONTENT_TYPE = Buffer.from('content-type');
const CONTENT_ENCODING = Buffer.from('content-encoding');
const JSON_LENGTH = Buffer.from('inference-header-content-length');
const PROTO_NAME = Buffer.from('proto-name');
const SOURCE = Buffer.from('millrace-source');
const ERROR_PREFIX = 'millrace-error-';
const NONE = Buffer.alloc(0);

/** Most bytes of a model's answer that an error record quotes. */
const ERROR_RESPONSE_BYTES = 2048;
const MESSAGE_BYTES = 2048;

/** Where a record was read: `topic/partition/offset`. */
function sourceOf(record: InputRecord): string {
  return `${record.partition.topic}/${record.partition.partition}/${record.offset}`;
}

/** Headers of a result: id, type and source first, then those of the request that say something else. */
export function resultHeaders(job: Job, result: Payload): RecordHeader[] {
  const headers: RecordHeader[] = [
    [PUID, Buffer.from(job.puid)],
    [CONTENT_TYPE, Buffer.from(result.contentType)],
    [SOURCE, Buffer.from(sourceOf(job.record))],
  ];
  if (result.contentEncoding !== '') headers.push([CONTENT_ENCODING, Buffer.from(result.contentEncoding)]);
  if (result.jsonLength !== undefined) headers.push([JSON_LENGTH, Buffer.from(result.jsonLength)]);
  if (result.messageName !== undefined) headers.push([PROTO_NAME, Buffer.from(result.messageName)]);
  for (const header of job.record.headers) if (!isOurs(header[0])) headers.push(header);
  return headers;
}

const OURS = new Set([
  'seldon-puid',
  'content-type',
  'content-encoding',
  'inference-header-content-length',
  'proto-name',
  'millrace-source',
]);
const OURS_LENGTHS = new Set([...OURS].map((name) => name.length));

function isOurs(name: Buffer | null): boolean {
  return name !== null && OURS_LENGTHS.has(name.length) && OURS.has(name.toString('latin1').toLowerCase());
}

/** Headers of an error record: the request's own, untouched, then what went wrong. A copy without the latter is the request. */
export function errorHeaders(job: Job, failure: Failure, timeMs: number): RecordHeader[] {
  return [
    ...job.record.headers,
    error('code', failure.code),
    error('message', clip(failure.message, MESSAGE_BYTES)),
    error('node', failure.node),
    error('attempts', String(job.attempts)),
    error('status', failure.status),
    [Buffer.from(`${ERROR_PREFIX}response`), failure.response?.subarray(0, ERROR_RESPONSE_BYTES) ?? NONE],
    error('time', new Date(timeMs).toISOString()),
    [SOURCE, Buffer.from(sourceOf(job.record))],
  ];
}

/** The header of an error record whose value had to be left out because the topic takes none so large. */
export function valueLeftOutHeader(sizeBytes: number): RecordHeader {
  return error('value-left-out', `${sizeBytes} bytes`);
}

/** Whether the header is one that Millrace adds to error records. */
export function isErrorHeader(name: string): boolean {
  return name.startsWith(ERROR_PREFIX) || name === 'millrace-source';
}

function error(name: string, value: string): RecordHeader {
  return [Buffer.from(ERROR_PREFIX + name), Buffer.from(value)];
}

function clip(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
