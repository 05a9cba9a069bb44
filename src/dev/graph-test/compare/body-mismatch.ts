import type { Body } from '../format/body.ts';
import { decodeMessage, encodeMessage } from '../protobuf/message-json.ts';
import { byteDifference } from './byte-difference.ts';
import { jsonOf, startOf, type GotBody } from './got-body.ts';
import { jsonDifferences } from './json-differences.ts';
import { mismatchOf, type Mismatch } from './mismatch.ts';

/** What is wrong with a body: as JSON where JSON is expected, else byte for byte. */
export function bodyMismatch(about: string, expected: Body, got: GotBody, tolerance: number): Mismatch | undefined {
  if (expected.kind === 'bytes') {
    const difference = byteDifference(expected.bytes, got.bytes);
    return difference && { about, differences: [difference] };
  }
  const json = jsonOf(got);
  if ('problem' in json) return { about, message: `${json.problem}: ${startOf(got)}`, differences: [] };
  return mismatchOf(about, jsonDifferences(canonical(expected.value, got.messageName), json.value, tolerance));
}

/**
 * The same message can be written in several ways (names in both cases, defaults or not); what came is written in one. With matchers
 * in it, it is no message, and stays as it is.
 */
function canonical(value: unknown, messageName: string | undefined): unknown {
  if (messageName === undefined) return value;
  try {
    return decodeMessage(messageName, encodeMessage(messageName, value));
  } catch {
    return value;
  }
}
