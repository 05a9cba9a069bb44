/** Deepest lists and objects of a request: far more than any tensor has, and far less than a recursion over them can bear. */
export const MAX_JSON_DEPTH = 1_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether lists and objects stand deeper within each other than `MAX_JSON_DEPTH`. Of a text that is no JSON it may say either. */
export function isTooDeep(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    // [ and { differ in the bit 0x20 alone, and so do ] and }.
    else if ((code | 0x20) === 0x7b) {
      if (++depth > MAX_JSON_DEPTH) return true;
    } else if ((code | 0x20) === 0x7d) depth--;
  }
  return false;
}

/** The offset of the quote that ends the string which begins at `at`; the text's end where there is none. */
function endOfString(json: string, at: number): number {
  for (;;) {
    const end = json.indexOf('"', at + 1);
    if (end < 0) return json.length;
    let before = end;
    while (json.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
    at = end;
  }
}
