import { decodeMessage } from '../../../dev/graph-test/protobuf/message-json.ts';
import { escapeControls, preview } from '../../records/printable.ts';

/** Of a longer list so many elements are shown. */
const LIST_HEAD = 3;
const LIST_WHOLE = 10;
const TEXT_LIMIT = 40;
const BYTES_LIMIT = 120;
const DIGITS = 4;

/**
 * A message for people: JSON without the bulk. Long lists and texts are clipped, numbers are rounded to four digits.
 *
 * @param protoName what the bytes are; empty for JSON. Bytes that are no such message are shown as they are.
 */
export function readable(bytes: Buffer | null, protoName: string): string {
  if (bytes === null) return '';
  try {
    const value = protoName === '' ? (JSON.parse(bytes.toString()) as unknown) : decodeMessage(protoName, bytes);
    return readableValue(value);
  } catch {
    return preview(bytes, BYTES_LIMIT);
  }
}

/** The same of a JSON value. */
export function readableValue(value: unknown): string {
  return escapeControls(shortJson(value));
}

function shortJson(value: unknown): string {
  if (Array.isArray(value)) return `[${listParts(value).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([name, inner]) => `${name}: ${shortJson(inner)}`).join(', ')}}`; // prettier-ignore
  }
  if (typeof value === 'string' && value.length > TEXT_LIMIT) return `${JSON.stringify(value.slice(0, TEXT_LIMIT))}…`;
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(DIGITS)));
  return JSON.stringify(value);
}

function listParts(list: readonly unknown[]): readonly string[] {
  if (list.length <= LIST_WHOLE) return list.map(shortJson);
  return [...list.slice(0, LIST_HEAD).map(shortJson), `… ${list.length - LIST_HEAD} more`];
}
