import { isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import { gotCall } from '../compare/got-body.ts';
import type { Expectation, ExpectedCall } from '../format/graph-test.ts';
import { headerOf, type SeenCall } from '../run/seen-call.ts';
import { bodyEdits, bodyText } from './body-edits.ts';
import type { TextEdit } from './text-edit.ts';
import { missingIndent, oneLine, replacement, valueEdits, type Written } from './value-edits.ts';

/**
 * The edits that make the written `calls` say which calls came. Where they are of the nodes that were expected, only what differs in a
 * call changes; else the list is written anew, with the fields that it had.
 *
 * @param pair `calls` and its list, or its lists by node
 * @param seen in the order of the graph
 */
export function callEdits(
  written: Written,
  pair: Pair,
  expected: NonNullable<Expectation['calls']>,
  seen: readonly SeenCall[],
): TextEdit[] {
  if (!(expected instanceof Map)) {
    return listEdits(written, pair, expected as readonly ExpectedCall[], seen, true);
  }
  if (!isMap(pair.value)) return [];
  return pair.value.items.flatMap((own) => {
    const node = isScalar(own.key) ? String(own.key.value) : '';
    const calls = (expected as ReadonlyMap<string, readonly ExpectedCall[]>).get(node) ?? [];
    const came = seen.filter((call) => call.node === node);
    return listEdits(written, own, calls, came, false);
  });
}

function listEdits(
  written: Written,
  pair: Pair,
  expected: readonly ExpectedCall[],
  seen: readonly SeenCall[],
  named: boolean,
): TextEdit[] {
  const list = pair.value;
  if (!isSeq(list)) return [];
  if (expected.length === seen.length && expected.every(({ node }, index) => node === seen[index]?.node)) {
    return expected.flatMap((call, index) => {
      const item = list.items[index];
      const found = seen[index];
      return isMap(item) && found !== undefined ? entryEdits(written, item, call, found) : [];
    });
  }
  const fields = fieldsOf(expected, named);
  const calls = seen.map((call) => callText(call, fields));
  return [replacement(written.text, list, missingIndent(written.text, pair) + `[${calls.join(', ')}]`)];
}

function entryEdits(written: Written, entry: YAMLMap, call: ExpectedCall, seen: SeenCall): TextEdit[] {
  const edits: TextEdit[] = [];
  edits.push(...valueEdits(written, entry.get('method', true), seen.method));
  edits.push(...valueEdits(written, entry.get('path', true), seen.path));
  const headers = entry.get('headers', true);
  for (const { key, value } of isMap(headers) ? headers.items : []) {
    const name = isScalar(key) ? String(key.value) : '';
    edits.push(...valueEdits(written, value, headerOf(seen, name) ?? null));
  }
  const body = entry.items.find(({ key }) => isScalar(key) && key.value === 'body');
  if (body !== undefined) edits.push(...bodyEdits(written, body, call.body, gotCall(seen)));
  return edits;
}

type Field = 'node' | 'method' | 'path' | 'body';

function fieldsOf(expected: readonly ExpectedCall[], named: boolean): Field[] {
  const used = (['method', 'path', 'body'] as const).filter((field) =>
    expected.some((call) => call[field] !== undefined),
  );
  if (named) return ['node', ...used];
  // A call of a node that is named already must say something.
  return used.length > 0 ? used : ['path', 'body'];
}

function callText(call: SeenCall, fields: readonly Field[]): string {
  const [only, ...more] = fields;
  if (only === 'node' && more.length === 0) return oneLine(call.node);
  const written = fields.map(
    (field) => `${field}: ${field === 'body' ? bodyText(gotCall(call)) : oneLine(call[field])}`,
  );
  return `{ ${written.join(', ')} }`;
}
