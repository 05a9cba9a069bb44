import { isMatcher } from './matcher.ts';

/** Most characters of a value that a report keeps. */
const MAX_WRITTEN = 1_000;

/** A value as JSON on one line, with matchers as they stand in the file; cut off where it is long. */
export function writtenValue(value: unknown): string {
  const parts: string[] = [];
  let length = 0;
  const put = (text: string) => {
    parts.push(text);
    length += text.length;
  };
  const write = (inner: unknown): void => {
    if (length > MAX_WRITTEN) return;
    if (isMatcher(inner)) put(inner.toString());
    else if (Array.isArray(inner)) {
      put('[');
      for (const [index, one] of inner.entries()) {
        if (length > MAX_WRITTEN) break;
        if (index > 0) put(', ');
        write(one);
      }
      put(']');
    } else if (typeof inner === 'object' && inner !== null) {
      put('{');
      for (const [index, [key, one]] of Object.entries(inner).entries()) {
        if (length > MAX_WRITTEN) break;
        put(`${index > 0 ? ', ' : ''}${JSON.stringify(key)}: `);
        write(one);
      }
      put('}');
    } else put(JSON.stringify(inner) ?? String(inner));
  };
  write(value);
  return clipped(parts.join(''));
}

/** The beginning of a long text, which is all that helps a reader. */
export function clipped(text: string): string {
  return text.length > MAX_WRITTEN ? `${text.slice(0, MAX_WRITTEN)}…` : text;
}
