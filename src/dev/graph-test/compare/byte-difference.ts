import { isUtf8 } from 'node:buffer';
import type { Difference } from './mismatch.ts';

// What is shown before the first byte that differs, and from it on.
const BEFORE = 30;
const AFTER = 120;

/** Where two byte strings begin to differ, with what stands there: text where both are text, else hexadecimal digits. */
export function byteDifference(expected: Buffer, got: Buffer): Difference | undefined {
  if (expected.equals(got)) return undefined;
  const asText = isUtf8(expected) && isUtf8(got);
  const left = asText ? expected.toString() : expected.toString('hex');
  const right = asText ? got.toString() : got.toString('hex');
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  const place = asText ? `from character ${at + 1}` : `from byte ${(at >> 1) + 1}`;
  const start = asText ? Math.max(0, at - BEFORE) : Math.max(0, (at >> 1) * 2 - BEFORE);
  return {
    path: at === 0 ? '' : place,
    expected: excerpt(left, start, at, asText),
    got: excerpt(right, start, at, asText),
  };
}

function excerpt(text: string, start: number, at: number, asText: boolean): string {
  const part = text.slice(start, at + AFTER);
  const shown = asText ? JSON.stringify(part) : `0x${part}`;
  return `${start > 0 ? '…' : ''}${shown}${at + AFTER < text.length ? '…' : ''}`;
}
