/** A source text seen three ways. All three have the same length and the same line breaks, so a position means the same in each. */
export interface Scanned {
  /** Comments blanked; strings as they are. */
  readonly code: string;
  /** Comments and the insides of strings and regular expressions blanked: only what runs. */
  readonly bare: string;
  /** Everything but the comments blanked. */
  readonly comments: string;
}

type Kind = 'code' | 'quoted' | 'comment';

// After one of these (or at the start) a slash begins a regular expression; after anything else it divides.
const BEFORE_REGEX =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield))$/;

/** Splits TypeScript into code, strings and comments. Knows enough of the language for that and no more. */
export function scan(text: string): Scanned {
  const kinds: Kind[] = [];
  const mark = (end: number, kind: Kind) => {
    while (kinds.length < Math.min(end, text.length)) kinds.push(kind);
  };
  /** Depth of braces in each template placeholder that is open. */
  const placeholders: number[] = [];
  let before = '';
  let at = 0;

  const template = (start: number) => {
    let end = start;
    while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) end += text[end] === '\\' ? 2 : 1;
    mark(end, 'quoted');
    if (text[end] === '`') {
      mark(end + 1, 'code');
      before = '`';
      return end + 1;
    }
    mark(end + 2, 'code');
    placeholders.push(0);
    before = '{';
    return end + 2;
  };

  while (at < text.length) {
    const char = text[at] ?? '';
    if (text.startsWith('//', at) || text.startsWith('/*', at)) {
      at = endOfComment(text, at);
      mark(at, 'comment');
      continue;
    }
    if (char === "'" || char === '"' || (char === '/' && BEFORE_REGEX.test(before))) {
      const end = char === '/' ? endOfRegex(text, at) : endOfString(text, at, char);
      mark(at + 1, 'code');
      mark(end - 1, 'quoted');
      mark(end, 'code');
      before = char;
      at = end;
      continue;
    }
    if (char === '`') {
      mark(at + 1, 'code');
      at = template(at + 1);
      continue;
    }
    const open = placeholders.at(-1);
    if (open !== undefined && (char === '{' || char === '}')) {
      if (char === '}' && open === 0) {
        placeholders.pop();
        mark(at + 1, 'code');
        at = template(at + 1);
        continue;
      }
      placeholders[placeholders.length - 1] = open + (char === '{' ? 1 : -1);
    }
    mark(at + 1, 'code');
    if (char.trim() !== '') before = /\w/.test(char) && /\w$/.test(text.slice(at - 1, at)) ? before + char : char;
    at++;
  }
  const keep = (...kept: Kind[]) =>
    text.replace(/[^\n]/gu, (char, index: number) =>
      kept.includes(kinds[index] ?? 'code') ? char : ' '.repeat(char.length),
    );
  return { code: keep('code', 'quoted'), bare: keep('code'), comments: keep('comment') };
}

function endOfComment(text: string, at: number): number {
  const end = text[at + 1] === '/' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2) + 2;
  return end < at + 2 ? text.length : end;
}

function endOfString(text: string, at: number, quote: string): number {
  let end = at + 1;
  while (end < text.length && text[end] !== quote && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
  return Math.min(end + 1, text.length);
}

function endOfRegex(text: string, at: number): number {
  let inClass = false;
  let end = at + 1;
  for (; end < text.length && text[end] !== '\n' && (inClass || text[end] !== '/'); end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '[') inClass = true;
    else if (text[end] === ']') inClass = false;
  }
  return Math.min(end + 1, text.length);
}

/** The 1-based line of a position in a text. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}
