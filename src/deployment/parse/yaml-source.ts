import {
  Composer,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  type Document,
  type Node,
  type ScalarTag,
} from 'yaml';
import type { Problem } from '../../base/errors.ts';
import { formatPath, type Path } from '../path.ts';
import { collectionAsKey, isTokenTooDeep, isValueTooDeep, TOO_DEEP } from './nesting.ts';

/** One document of a YAML (or JSON) text: its plain value, and where in the text each part stands. */
export interface SourceDocument {
  readonly value: unknown;
  /** 1-based line of the part at `path`, or of the nearest part around it that exists. */
  lineOf(path: Path): number;
}

const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/**
 * Reads every document of a text. Problems are of YAML's own grammar: what the documents mean is not looked at.
 *
 * @param tags tags of our own, such as `!file`; where there are some, all others are problems
 */
export function readYaml(
  text: string,
  tags: readonly ScalarTag[] = [],
): { readonly documents: SourceDocument[]; readonly problems: Problem[] } {
  if (text.length > MAX_TEXT_BYTES) {
    const message = `${text.length} characters; the limit is ${MAX_TEXT_BYTES}`;
    const remedy = tags.length > 0 ? 'keep large values in files' : 'give the file of the deployment only';
    return { documents: [], problems: [{ path: 'document', message, remedy }] };
  }
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tokens.find(isTokenTooDeep);
  if (deep !== undefined) return { documents: [], problems: [tooDeep(lines.linePos(deep.offset).line)] };

  const key = tokens.map(collectionAsKey).find((found) => found !== undefined);
  if (key !== undefined) return { documents: [], problems: [noName(lines.linePos(key.offset).line)] };

  const documents: SourceDocument[] = [];
  const problems: Problem[] = [];
  // `merge`: kubectl knows the key `<<` too.
  for (const document of new Composer({ merge: true, logLevel: 'error', customTags: [...tags] }).compose(tokens)) {
    const [error] = tags.length > 0 ? [...document.errors, ...document.warnings] : document.errors;
    if (document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) {
      // The stack did not do for what the limit allows: somebody gave Node a smaller one.
      problems.push(tooDeep(lines.linePos(document.range[0]).line));
      continue;
    }
    if (error !== undefined) {
      problems.push(syntaxProblem(text, document, error.code, error.message, error.pos[0], lines));
      continue;
    }
    try {
      const value: unknown = document.toJS();
      if (isValueTooDeep(value)) problems.push(tooDeep(lines.linePos(document.range[0]).line));
      else documents.push({ value, lineOf: (path) => lineOf(document, path, lines) });
    } catch (cause) {
      // toJS() resolves aliases: one to nothing, or so many that they would fill the memory.
      const message = cause instanceof Error ? cause.message : String(cause);
      const line = lines.linePos(document.range[0]).line;
      problems.push({ path: 'document', line, message, remedy: 'write the values out instead of an alias (*name)' });
    }
  }
  return { documents, problems };
}

function tooDeep(line: number): Problem {
  return { path: 'document', line, ...TOO_DEEP };
}

function noName(line: number): Problem {
  const message = 'a list or an object stands where the name of a field is expected';
  return { path: 'document', line, message, remedy: 'write a name; a template ({{ ... }}) has to be filled in first' };
}

function syntaxProblem(
  text: string,
  document: Document,
  code: string,
  message: string,
  offset: number,
  lines: LineCounter,
): Problem {
  const { line } = lines.linePos(offset);
  const path = formatPath(pathAt(document.contents, offset)) || 'document';
  const tabLine = tabIndented(text, line);
  if (tabLine !== undefined) {
    return {
      path,
      line: tabLine,
      message: 'the line is indented with a tab',
      remedy: 'indent with spaces: YAML does not allow tabs there',
    };
  }
  if (code === 'TAG_RESOLVE_FAILED') {
    return { path, line, message, remedy: 'mend the tag (a word that begins with !), or put the value in quotes' };
  }
  if (code === 'DUPLICATE_KEY') {
    return { path, line, message: 'is given twice', remedy: 'keep one of the two' };
  }
  return { path, line, message: `not YAML: ${message}`, remedy: 'mend the text at or just above this line' };
}

/** The first line up to just after the faulty one whose indentation holds a tab: it explains whatever the parser said. */
function tabIndented(text: string, errorLine: number): number | undefined {
  const index = text
    .split('\n', errorLine + 1)
    .findIndex((line) => /^ *\t\s*[^\s{}[\],"]/.test(line) && !/^\s*#/.test(line));
  return index < 0 ? undefined : index + 1;
}

interface Step {
  readonly part: string | number;
  /** Where the part begins: its key, or the element itself. */
  readonly start: number;
  readonly node: unknown;
}

function stepsOf(node: unknown): Step[] {
  if (isMap(node)) {
    return node.items.map((pair) => ({
      part: isScalar(pair.key) ? String(pair.key.value) : String(pair.key),
      start: startOf(pair.key) ?? startOf(pair.value) ?? 0,
      node: pair.value,
    }));
  }
  if (isSeq(node)) return node.items.map((item, part) => ({ part, start: startOf(item) ?? 0, node: item }));
  return [];
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

/** The path of what stands at an offset of the text. */
function pathAt(root: unknown, offset: number): Path {
  const path: (string | number)[] = [];
  for (let node = root; ;) {
    const step: Step | undefined = stepsOf(node).findLast((candidate) => candidate.start <= offset);
    if (step === undefined) return path;
    path.push(step.part);
    if (step.start === offset) return path;
    node = step.node;
  }
}

function lineOf(document: Document<Node>, path: Path, lines: LineCounter): number {
  let node: unknown = document.contents;
  let start = startOf(node) ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    const step: Step | undefined = stepsOf(node).find((candidate) => candidate.part === part);
    if (step === undefined) break;
    start = step.start;
    node = step.node;
  }
  return lines.linePos(start).line;
}
