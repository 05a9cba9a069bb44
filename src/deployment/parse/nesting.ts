import type { CST } from 'yaml';

/** Levels of objects and lists in a document; a graph needs a handful, and recursion over a document stays shallow. */
export const MAX_NESTING = 200;

/** Whether the text nests too deep; walks with a list of its own, so that hostile text cannot exhaust the stack. */
export function isTokenTooDeep(root: CST.Token): boolean {
  const open: { readonly token: CST.Token; readonly level: number }[] = [{ token: root, level: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, level } = next;
    if (level > MAX_NESTING) return true;
    if (token.type === 'document') {
      if (token.value) open.push({ token: token.value, level });
    } else if ('items' in token) {
      for (const item of token.items) {
        if (item.key) open.push({ token: item.key, level: level + 1 });
        if (item.value) open.push({ token: item.value, level: level + 1 });
      }
    }
  }
  return false;
}

/** The same for a plain value, where aliases may also have made a circle. */
export function isValueTooDeep(root: unknown): boolean {
  const depths = new Map<object, number>();
  const isTooDeep = (value: unknown, level: number): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    if (level >= MAX_NESTING) return true;
    // Seen as deep before: nothing new below. It keeps shared parts from being walked once per alias.
    if ((depths.get(value) ?? -1) >= level) return false;
    depths.set(value, level);
    return Object.values(value).some((inner) => isTooDeep(inner, level + 1));
  };
  return isTooDeep(root, 0);
}
