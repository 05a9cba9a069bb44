import { isUtf8 } from 'node:buffer';
import { errorText } from '../../base/errors.ts';
import { fieldText, type FieldPath } from '../records/json-field.ts';
import { escapeControls } from '../records/printable.ts';
import type { KeyRule } from './key-rule.ts';

export interface RecordParts {
  readonly key: Buffer | null;
  readonly value: Buffer;
}

/** What is wrong with a record of a file, and how to mend it. */
export interface BadRecord {
  readonly problem: string;
  readonly remedy: string;
}

export type RecordSplitter = (bytes: Buffer) => RecordParts | BadRecord;

/**
 * What makes key and value of each record of a file.
 *
 * @param checkJson each value must be one JSON document
 */
export function recordSplitter(rule: KeyRule, checkJson: boolean): RecordSplitter {
  switch (rule.kind) {
    case 'constant':
      return (value) => (checkJson ? jsonProblem(value) : undefined) ?? { key: rule.key, value };
    case 'count':
      return counting(rule.prefix, rule.keys, checkJson);
    case 'separator':
      return (bytes) => splitAt(bytes, rule.separator, checkJson);
    case 'field':
      return (value) => withField(value, rule.path, rule.name);
  }
}

function counting(prefix: string, keys: number, checkJson: boolean): RecordSplitter {
  let next = 0;
  return (value) => {
    const problem = checkJson ? jsonProblem(value) : undefined;
    if (problem !== undefined) return problem;
    const key = Buffer.from(`${prefix}${next++}`);
    if (next === keys) next = 0;
    return { key, value };
  };
}

function splitAt(bytes: Buffer, separator: Buffer, checkJson: boolean): RecordParts | BadRecord {
  const end = bytes.indexOf(separator);
  if (end < 0) {
    const problem = `there is no ${JSON.stringify(separator.toString())} between key and value`;
    return { problem, remedy: 'write the key first, or leave --key-separator out' };
  }
  const value = bytes.subarray(end + separator.length);
  return (checkJson ? jsonProblem(value) : undefined) ?? { key: bytes.subarray(0, end), value };
}

function withField(value: Buffer, path: FieldPath, name: string): RecordParts | BadRecord {
  const parsed = parseJson(value);
  if ('problem' in parsed) return parsed;
  const field = fieldText(parsed.document, path, () => value.toString());
  if ('text' in field) return { key: Buffer.from(field.text), value };
  const problem = `the key field '${name}' ${field.problem}`;
  return { problem, remedy: 'a key field holds a string, a number, true or false in every record' };
}

function jsonProblem(value: Buffer): BadRecord | undefined {
  const parsed = parseJson(value);
  return 'problem' in parsed ? parsed : undefined;
}

const JSON_REMEDY = 'write one JSON document a line (jq -c . FILE does), or send the lines as they are with --no-check';

function parseJson(value: Buffer): { readonly document: unknown } | BadRecord {
  if (!isUtf8(value)) return { problem: 'is not UTF-8, as JSON has to be', remedy: JSON_REMEDY };
  try {
    return { document: JSON.parse(value.toString()) };
  } catch (error) {
    return { problem: `is not JSON: ${escapeControls(errorText(error))}`, remedy: JSON_REMEDY };
  }
}
