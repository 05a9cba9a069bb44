import { isMap, isNode, isScalar, isSeq, stringify, type Document, type Node, type Pair } from 'yaml';
import { jsonDifferences } from '../compare/json-differences.ts';
import type { TextEdit } from './text-edit.ts';
import { isObject } from '../../../base/json-object.ts';

/** A value as YAML on one line, which can stand at any place where a value may. */
export function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (isObject(value)) {
    const fields = Object.entries(value).map(([key, inner]) => `${oneLine(key)}: ${oneLine(inner)}`);
    return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
  }
  // Inside a list, so that it is put in quotes where a list needs them.
  return stringify([value], { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false })
    .trim()
    .slice(1, -1);
}

/** The written file, and how far numbers may be from what it says. */
export interface Written {
  readonly text: string;
  readonly document: Document;
  readonly tolerance: number;
}

/**
 * The edits that make a written value say what came: only the deepest parts that differ change, so that comments, layout and
 * matchers that hold stay. A list or object with other parts than before is written anew.
 */
export function* valueEdits(written: Written, node: unknown, value: unknown, indent = ''): Generator<TextEdit> {
  const { text, document, tolerance } = written;
  if (!isNode(node) || jsonDifferences(node.toJS(document), value, tolerance).next().done) return;
  if (isSeq(node) && Array.isArray(value) && node.items.length === value.length) {
    for (const [index, item] of node.items.entries()) yield* valueEdits(written, item, value[index]);
  } else if (isMap(node) && isObject(value) && hasKeys(node.items, Object.keys(value))) {
    for (const pair of node.items) {
      yield* valueEdits(written, pair.value, value[keyOf(pair.key)], missingIndent(text, pair));
    }
  } else yield replacement(text, node, indent + oneLine(value));
}

/** The edit that puts other text in the place of a node, with its tag. */
export function replacement(text: string, node: Node, instead: string): TextEdit {
  const [from = 0, to = 0] = node.range ?? [];
  const tag = node.tag === undefined ? undefined : /!\w+\s*$/.exec(text.slice(0, from));
  const start = tag === null || tag === undefined ? from : tag.index;
  // What ends with a line must leave the line its end.
  const end = start + text.slice(start, to).trimEnd().length;
  return { start, end, text: instead };
}

/** A list may begin below the first letter of its key; nothing else may. */
export function missingIndent(text: string, { key, value }: Pair): string {
  if (!isNode(key) || !isNode(value)) return '';
  const [from, to] = [key.range?.[0] ?? 0, value.range?.[0] ?? 0];
  const isBelow = text.slice(from, to).includes('\n');
  return isBelow && columnOf(text, to) <= columnOf(text, from) ? '  ' : '';
}

/** How many characters stand before the offset in its line. */
export function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function hasKeys(pairs: readonly Pair[], keys: readonly string[]): boolean {
  return pairs.length === keys.length && pairs.every(({ key, value }) => value !== null && keys.includes(keyOf(key)));
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}
