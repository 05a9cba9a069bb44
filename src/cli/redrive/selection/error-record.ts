import type { InputRecord, RecordHeader } from '../../../kafka/record.ts';
import { isErrorHeader } from '../../../stream/output/output-headers.ts';

/** Where a record was read: what `millrace-source` says. */
export interface SourcePlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What an error record says, apart from key and value, which are those of the request. */
export interface ErrorRecord {
  readonly code: string;
  readonly node: string;
  readonly status: string;
  /** When it failed, in milliseconds since 1970; the record's own time where the header is not there. */
  readonly timeMs: number;
  readonly key: string | undefined;
  readonly source: SourcePlace | undefined;
  /** Size of the value where the error topic took none so large. */
  readonly leftOutBytes: number | undefined;
  /** Headers of the request. */
  readonly headers: readonly RecordHeader[];
}

const CODE = 'millrace-error-code';
const SOURCE = 'millrace-source';

/**
 * Reads an error record; undefined when it is none. What Millrace has added begins with the last error code: a `millrace-source`
 * before it belongs to the request (the result of another deployment, say).
 */
export function readErrorRecord({ headers, key, timestampMs }: InputRecord): ErrorRecord | undefined {
  const names = headers.map(([name]) => name?.toString() ?? '');
  const begin = names.lastIndexOf(CODE);
  if (begin < 0) return undefined;
  const text = (name: string) => {
    const index = names.indexOf(name, begin);
    return index < 0 ? undefined : headers[index]?.[1]?.toString();
  };
  const time = Date.parse(text('millrace-error-time') ?? '');
  return {
    code: text(CODE) ?? '',
    node: text('millrace-error-node') ?? '',
    status: text('millrace-error-status') ?? '',
    timeMs: Number.isNaN(time) ? timestampMs : time,
    key: key?.toString(),
    source: parseSource(text(SOURCE) ?? ''),
    leftOutBytes: parseSize(text('millrace-error-value-left-out')),
    headers: headers.filter((_, index) => {
      const name = names[index] ?? '';
      return !isErrorHeader(name) || (name === SOURCE && index < begin);
    }),
  };
}

/** `topic/partition/offset`; topic names hold no slash. */
function parseSource(text: string): SourcePlace | undefined {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,9})\/(\d{1,15})$/.exec(text) ?? [];
  if (topic === undefined) return undefined;
  return { topic, partition: Number(partition), offset: Number(offset) };
}

function parseSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // Whatever it says, the value is not here; a size that cannot be read fits no record.
  return /^\d+ /.test(text) ? Number.parseInt(text, 10) : -1;
}
