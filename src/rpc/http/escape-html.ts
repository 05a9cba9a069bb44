const LESS = Buffer.from('<');
const GREATER = Buffer.from('>');
const AMPERSAND = Buffer.from('&');
// U+2028 and U+2029 begin with these two bytes in UTF-8.
const SEPARATOR = Buffer.from([0xe2, 0x80]);

const ESCAPES: Readonly<Record<number, Buffer>> = {
  0x3c: Buffer.from('\\u003c'),
  0x3e: Buffer.from('\\u003e'),
  0x26: Buffer.from('\\u0026'),
};
const SEPARATOR_ESCAPES: Readonly<Record<number, Buffer>> = {
  0xa8: Buffer.from('\\u2028'),
  0xa9: Buffer.from('\\u2029'),
};

/**
 * Writes `<`, `>`, `&`, U+2028 and U+2029 as escapes of JSON, byte by byte, as Seldon's executor does with every body: JSON stays the
 * same JSON, and no browser takes it for a page. A body without them comes back as it is, not copied.
 */
export function escapeHtml(body: Buffer): Buffer {
  if (![LESS, GREATER, AMPERSAND, SEPARATOR].some((bytes) => body.includes(bytes))) return body;
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    let escape = ESCAPES[byte];
    let length = 1;
    if (byte === 0xe2 && body[at + 1] === 0x80) {
      escape = SEPARATOR_ESCAPES[body[at + 2] ?? 0];
      length = 3;
    }
    if (escape === undefined) continue;
    parts.push(body.subarray(from, at), escape);
    from = at + length;
    at = from - 1;
  }
  parts.push(body.subarray(from));
  return Buffer.concat(parts);
}
