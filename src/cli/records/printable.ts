import { isUtf8 } from 'node:buffer';

/** The text of bytes; undefined when they are not UTF-8. */
export function textOf(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

// C0 and C1 control characters, DEL, marks and overrides of direction, line and paragraph separators: all that can change how a
// terminal shows what comes after it.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text with control characters written as `\n`, `\x1b` or `\u202e`, so that it is one line and does nothing to a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (found) => {
    const code = found.charCodeAt(0);
    return NAMED[found] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/** Bytes for people: text without control characters, or hexadecimal digits with a mark; clipped to `limit` characters. */
export function preview(bytes: Buffer, limit: number): string {
  // Four bytes hold at least one character; the tail that is cut off may end within one.
  const head = bytes.length > limit * 4 ? bytes.subarray(0, wholeCharacters(bytes, limit * 4)) : bytes;
  const text = textOf(head);
  if (text === undefined) {
    const shown = bytes.subarray(0, limit >> 1).toString('hex');
    return `0x${shown}${bytes.length > limit >> 1 ? '…' : ''}`;
  }
  const clipped = text.length > limit || head.length < bytes.length;
  return clipped ? `${escapeControls(text.slice(0, limit))}…` : escapeControls(text);
}

function wholeCharacters(bytes: Buffer, end: number): number {
  let at = end;
  while (at > end - 4 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
