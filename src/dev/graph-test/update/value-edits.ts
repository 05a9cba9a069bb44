import { isMap, isNode, isScalar, isSeq, stringify, type Node, type Pair } from 'yaml';
import { isMatcher } from '../compare/matcher.ts';
import type { TextEdit } from './text-edit.ts';

/** A value as YAML on one line, which can stand at any place where a value may. */
export function oneLine(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trimEnd();
}

/**
 * The edits that make a written value say what came: only the deepest parts that differ change, so that comments, layout and
 * matchers that hold stay. A list or object with other parts than before is written anew.
 */
export function* valueEdits(text: string, node: unknown, value: unknown): Generator<TextEdit> {
  if (isScalar(node) && (isMatcher(node.value) ? node.value.matches(value) : Object.is(node.value, value))) return;
  if (isSeq(node) && Array.isArray(value) && node.items.length === value.length) {
    for (const [index, item] of node.items.entries()) yield* valueEdits(text, item, value[index]);
  } else if (isMap(node) && isObject(value) && hasKeys(node.items, Object.keys(value))) {
    for (const { key, value: item } of node.items) yield* valueEdits(text, item, value[keyOf(key)]);
  } else if (isNode(node)) yield replacement(text, node, oneLine(value));
}

/** The edit that puts other text in the place of a node, with its tag. */
export function replacement(text: string, node: Node, instead: string): TextEdit {
  const [from = 0, to = 0] = node.range ?? [];
  const tag = node.tag === undefined ? undefined : /!\w+\s*$/.exec(text.slice(0, from));
  const start = tag === null || tag === undefined ? from : tag.index;
  // What ends with a line must leave the line its end.
  const end = start + text.slice(start, to).trimEnd().length;
  // After a tag without a value nothing separates the next word.
  return { start, end: Math.max(start, end), text: instead };
}

function hasKeys(pairs: readonly Pair[], keys: readonly string[]): boolean {
  return pairs.length === keys.length && pairs.every(({ key, value }) => value !== null && keys.includes(keyOf(key)));
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
