import type { InputRecord } from '../../../kafka/record.ts';

/** A record of the output or the error topic, as the demo looks at it. */
export interface ArrivedRecord {
  readonly key: string;
  /** `topic/partition/offset` of the request it answers; empty where it says none. */
  readonly source: string;
  readonly value: Buffer | null;
  /** Full name of the message that the value is; empty for JSON. */
  readonly protoName: string;
  /** What an error record says; empty strings in a result. */
  readonly code: string;
  readonly message: string;
  /** Start of the model's answer. */
  readonly response: string;
}

/** Reads the headers that Millrace writes. */
export function arrivedRecord(record: InputRecord): ArrivedRecord {
  const headers = new Map(record.headers.map(([name, value]) => [name?.toString(), value?.toString() ?? '']));
  const header = (name: string) => headers.get(name) ?? '';
  return {
    key: record.key?.toString() ?? '',
    source: header('millrace-source'),
    value: record.value,
    protoName: header('proto-name'),
    code: header('millrace-error-code'),
    message: header('millrace-error-message'),
    response: header('millrace-error-response'),
  };
}
