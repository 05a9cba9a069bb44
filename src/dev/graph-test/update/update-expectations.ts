import { isMap, isNode, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import { FAILURE_CODES } from '../../../graph/failure-codes.ts';
import type { Payload } from '../../../protocol/payload.ts';
import type { NodeError } from '../../../graph/node-error.ts';
import { gotBody } from '../compare/got-body.ts';
import type { Expectation } from '../format/graph-test.ts';
import { testTags } from '../format/tags.ts';
import type { TestResult } from '../run/run-graph-test.ts';
import { bodyEdits, bodyText } from './body-edits.ts';
import { callEdits } from './call-edits.ts';
import { edited, type TextEdit } from './text-edit.ts';
import { columnOf, oneLine, valueEdits, type Written } from './value-edits.ts';

/**
 * The text of a test file in which failed tests expect what came: their `output` and content type, or code, node and status of their
 * `error`, and their `calls`. Files that are named stay as they are, and so does all that is not part of a difference.
 */
export function updateExpectations(text: string, results: readonly TestResult[]): string {
  const document = parseDocument(text, { customTags: [...testTags], merge: true, logLevel: 'silent' });
  const edits: TextEdit[] = [];
  for (const { test, passed, isAnswered, outcome, calls } of results) {
    const { index, expect } = test;
    const node = document.getIn(['tests', index], true);
    if (passed || !isAnswered || outcome === undefined || !isMap(node)) continue;
    const written: Written = { text, document, tolerance: expect?.tolerance ?? 0 };
    if ('error' in outcome) edits.push(...errorEdits(written, node, outcome.error));
    else edits.push(...outputEdits(written, node, expect, outcome.output));
    const pair = expectedPair(node, 'calls');
    if (pair !== undefined && expect?.calls !== undefined) edits.push(...callEdits(written, pair, expect.calls, calls));
  }
  return edited(text, edits);
}

function outputEdits(written: Written, test: YAMLMap, expect: Expectation | undefined, output: Payload): TextEdit[] {
  const { text } = written;
  const got = gotBody(output.body, output.contentEncoding, output.messageName);
  const type = expectedPair(test, 'contentType')?.value;
  const edits = [...valueEdits(written, type, output.contentType)];
  const pair = expectedPair(test, 'output');
  if (pair !== undefined) edits.push(...bodyEdits(written, pair, expect?.output, got));
  // Who expects only calls, or a content type, means to.
  else if (expect === undefined || expect.error !== undefined) {
    edits.push(...putExpected(text, test, 'output', bodyText(got), 'error'));
  }
  return edits;
}

function errorEdits(written: Written, test: YAMLMap, error: NodeError): TextEdit[] {
  const code = FAILURE_CODES[error.failure];
  const { node, status } = error;
  const facts: Readonly<Record<string, unknown>> = { code, node, ...(status === undefined ? {} : { status }) };
  const expected = expectedPair(test, 'error')?.value;
  if (isMap(expected)) {
    return Object.entries(facts).flatMap(([name, fact]) => [...valueEdits(written, expected.get(name, true), fact)]);
  }
  if (isNode(expected)) return [...valueEdits(written, expected, code)];
  // An error has no content type; whoever expects one must decide.
  if (expectedPair(test, 'contentType') !== undefined) return [];
  return putExpected(written.text, test, 'error', oneLine(facts), 'output');
}

function expectedPair(test: YAMLMap, name: string): Pair | undefined {
  const expect = test.get('expect', true);
  return isMap(expect) ? pairOf(expect, name) : undefined;
}

/** Adds a field to `expect`, in the place of the one that it contradicts. */
function putExpected(text: string, test: YAMLMap, name: string, value: string, instead: string): TextEdit[] {
  const expect = test.get('expect', true);
  if (!isMap(expect) || expect.items.length === 0) {
    const old = pairOf(test, 'expect');
    return old
      ? [pairReplacement(text, old, `expect: { ${name}: ${value} }`)]
      : [addition(text, test, `expect: { ${name}: ${value} }`)];
  }
  const old = pairOf(expect, instead);
  return [old ? pairReplacement(text, old, `${name}: ${value}`) : addition(text, expect, `${name}: ${value}`)];
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function pairReplacement(text: string, { key, value }: Pair, instead: string): TextEdit {
  const start = isNode(key) ? (key.range?.[0] ?? 0) : 0;
  const colon = text.indexOf(':', isNode(key) ? key.range?.[1] : start) + 1;
  const end = isNode(value) ? (value.range?.[1] ?? colon) : colon;
  return { start, end: start + text.slice(start, Math.max(end, colon)).trimEnd().length, text: instead };
}

/** Adds `name: value` as the last field of a map. */
function addition(text: string, map: YAMLMap, field: string): TextEdit {
  const [start = 0, to = 0] = map.range ?? [];
  const end = start + text.slice(start, to).trimEnd().length;
  if (map.flow) {
    const at = text.lastIndexOf('}', end - 1);
    const last = start + text.slice(start, at).trimEnd().length;
    return { start: last, end: last, text: `${map.items.length > 0 ? ',' : ''} ${field}` };
  }
  return { start: end, end, text: `\n${' '.repeat(columnOf(text, start))}${field}` };
}
