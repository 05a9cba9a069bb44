import { MessageError } from '../message-error.ts';

/** Deepest nesting that is read; Go's `encoding/json` has the same limit. */
export const MAX_DEPTH = 10_000;

const OBJECT = 1;
const ARRAY = 2;

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

// What encloses the value at each depth. Shared by all calls: a scan is synchronous and never re-entered.
const enclosing = new Uint8Array(MAX_DEPTH);

/** The first offset from `at` that is not JSON white space. */
export function skipSpace(json: Buffer, at: number): number {
  for (;;) {
    const byte = json[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at++;
  }
}

/**
 * The offset after the JSON value that begins at `at` (no white space before it), which is checked against RFC 8259 on the way.
 * Bytes only, no recursion and nothing allocated, so that a hostile message costs no more than its length.
 * Bytes above 0x7f are not checked to be UTF-8: they can only stand in strings, and are passed on as they are.
 *
 * @throws MessageError that says at which byte it is not JSON
 */
export function skipValue(json: Buffer, at: number): number {
  let depth = 0;
  for (;;) {
    const byte = json[at];
    if (byte === OPEN_BRACE) {
      if (depth === MAX_DEPTH) throw tooDeep(at);
      at = skipSpace(json, at + 1);
      if (json[at] !== CLOSE_BRACE) {
        enclosing[depth++] = OBJECT;
        at = skipToMemberValue(json, at);
        continue;
      }
      at++;
    } else if (byte === OPEN_BRACKET) {
      if (depth === MAX_DEPTH) throw tooDeep(at);
      at = skipSpace(json, at + 1);
      if (json[at] !== CLOSE_BRACKET) {
        enclosing[depth++] = ARRAY;
        continue;
      }
      at++;
    } else at = skipScalar(json, at);

    // A value has ended: what closes after it?
    for (;;) {
      if (depth === 0) return at;
      at = skipSpace(json, at);
      const inObject = enclosing[depth - 1] === OBJECT;
      const next = json[at];
      if (next === COMMA) {
        at = skipSpace(json, at + 1);
        if (inObject) at = skipToMemberValue(json, at);
        break;
      }
      if (next !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) throw notJson(json, at);
      at++;
      depth--;
    }
  }
}

/**
 * Sees to it that the bytes are one JSON value, with white space around it at most.
 *
 * @throws MessageError that says at which byte it is not JSON
 */
export function checkJson(json: Buffer): void {
  const start = skipSpace(json, 0);
  if (start >= json.length) throw notJson(json, start);
  const end = skipSpace(json, skipValue(json, start));
  if (end !== json.length) throw notJson(json, end);
}

/** Whether the bytes are one JSON value, with white space around it at most. */
export function isJson(json: Buffer): boolean {
  try {
    checkJson(json);
    return true;
  } catch (error) {
    if (error instanceof MessageError) return false;
    throw error;
  }
}

/** The offset after the string whose opening quote is at `at`. */
export function skipString(json: Buffer, at: number): number {
  if (json[at] !== QUOTE) throw notJson(json, at);
  for (let i = at + 1; ;) {
    const byte = json[i];
    if (byte === QUOTE) return i + 1;
    if (byte === undefined || byte < 0x20) throw notJson(json, i);
    i = byte === BACKSLASH ? skipEscape(json, i) : i + 1;
  }
}

/** From a key's opening quote over the key and the colon to the value. */
function skipToMemberValue(json: Buffer, at: number): number {
  at = skipSpace(json, skipString(json, at));
  if (json[at] !== COLON) throw notJson(json, at);
  return skipSpace(json, at + 1);
}

function skipEscape(json: Buffer, at: number): number {
  switch (json[at + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2;
    case 0x75: // u
      for (let i = at + 2; i < at + 6; i++) if (!isHexDigit(json[i])) throw notJson(json, i);
      return at + 6;
    default:
      throw notJson(json, at + 1);
  }
}

function skipScalar(json: Buffer, at: number): number {
  const byte = json[at];
  if (byte === QUOTE) return skipString(json, at);
  if (byte === MINUS || isDigit(byte)) return skipNumber(json, at);
  if (byte === TRUE[0]) return skipWord(json, at, TRUE);
  if (byte === FALSE[0]) return skipWord(json, at, FALSE);
  if (byte === NULL[0]) return skipWord(json, at, NULL);
  throw notJson(json, at);
}

function skipNumber(json: Buffer, at: number): number {
  if (json[at] === MINUS) at++;
  at = json[at] === ZERO ? at + 1 : skipDigits(json, at);
  if (json[at] === 0x2e) at = skipDigits(json, at + 1);
  if (json[at] === 0x65 || json[at] === 0x45) {
    const sign = json[at + 1];
    at = skipDigits(json, sign === 0x2b || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** Over one digit or more. */
function skipDigits(json: Buffer, at: number): number {
  if (!isDigit(json[at])) throw notJson(json, at);
  do at++;
  while (isDigit(json[at]));
  return at;
}

function skipWord(json: Buffer, at: number, word: Buffer): number {
  for (let i = 1; i < word.length; i++) if (json[at + i] !== word[i]) throw notJson(json, at + i);
  return at + word.length;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

function tooDeep(at: number): MessageError {
  return new MessageError(`it is nested deeper than ${MAX_DEPTH} at byte ${at}`);
}

/** The error for what stands at `at`. */
export function notJson(json: Buffer, at: number): MessageError {
  const byte = json[at];
  if (byte === undefined) {
    return new MessageError(
      json.length === 0 ? 'it is empty, not JSON' : `it is not JSON: it ends too soon, at byte ${at}`,
    );
  }
  const shown =
    byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `0x${byte.toString(16).padStart(2, '0')}`;
  return new MessageError(`it is not JSON: unexpected ${shown} at byte ${at}`);
}
