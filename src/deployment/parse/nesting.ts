import type { CST } from 'yaml';
import { MAX_GRAPH_DEPTH } from '../graph-units.ts';

/** Levels of objects and lists in a document: two for each unit of the deepest graph, and room for what is around and in it. */
const MAX_NESTING = 2 * MAX_GRAPH_DEPTH + 40;

/** What is wrong with a text that nests deeper, and what to do about it. */
export const TOO_DEEP = {
  message: `objects and lists nest deeper than ${MAX_NESTING} levels`,
  remedy: `make the graph flatter, ${MAX_GRAPH_DEPTH} units deep at most, or look for a runaway template or a circular alias`,
} as const;

/** Whether the text nests too deep. */
export function isTokenTooDeep(root: CST.Token): boolean {
  for (const { level } of nestedTokens(root)) if (level > MAX_NESTING) return true;
  return false;
}

/**
 * A list or an object that stands where the name of a field is expected, as in a template that has not been filled in: `{{ name }}`.
 * YAML allows it. As text, which it would become, it doubles with every level of nesting.
 */
export function collectionAsKey(root: CST.Token): CST.Token | undefined {
  for (const { token, isKey } of nestedTokens(root)) if (isKey && 'items' in token) return token;
  return undefined;
}

interface NestedToken {
  readonly token: CST.Token;
  readonly level: number;
  readonly isKey: boolean;
}

/** Walks with a list of its own, so that hostile text cannot exhaust the stack. */
function* nestedTokens(root: CST.Token): Generator<NestedToken> {
  const open: NestedToken[] = [{ token: root, level: 0, isKey: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    yield next;
    const { token, level } = next;
    if (token.type === 'document') {
      if (token.value) open.push({ token: token.value, level, isKey: false });
    } else if ('items' in token) {
      for (const item of token.items) {
        if (item.key) open.push({ token: item.key, level: level + 1, isKey: true });
        if (item.value) open.push({ token: item.value, level: level + 1, isKey: false });
      }
    }
  }
}

/** Whether a plain value nests too deep, where aliases may also have made a circle. */
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
