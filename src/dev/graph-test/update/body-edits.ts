import { isNode, isScalar, type Pair } from 'yaml';
import { bodyMismatch } from '../compare/body-mismatch.ts';
import { jsonOf, type GotBody } from '../compare/got-body.ts';
import type { Body } from '../format/body.ts';
import { FileName, RawBytes } from '../format/tags.ts';
import type { TextEdit } from './text-edit.ts';
import { missingIndent, oneLine, replacement, valueEdits, type Written } from './value-edits.ts';

/** The edits that make a written body say what came, where that is another. A file that is named stays as it is. */
export function bodyEdits(written: Written, pair: Pair, expected: Body | undefined, got: GotBody): TextEdit[] {
  const { value } = pair;
  if (!isNode(value) || expected === undefined || !bodyMismatch('', expected, got, written.tolerance)) return [];
  const tagged: unknown = isScalar(value) ? value.value : undefined;
  if (tagged instanceof FileName) return [];
  const json = jsonOf(got);
  if ('problem' in json || tagged instanceof RawBytes) return [replacement(written.text, value, rawText(got.bytes))];
  return [...valueEdits(written, value, json.value, missingIndent(written.text, pair))];
}

/** A body as YAML on one line. */
export function bodyText(got: GotBody): string {
  const json = jsonOf(got);
  return 'value' in json ? oneLine(json.value) : rawText(got.bytes);
}

/** Bytes that are no JSON, with their tag. */
function rawText(bytes: Buffer): string {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? `!text ${JSON.stringify(text)}` : `!base64 ${bytes.toString('base64')}`;
}
