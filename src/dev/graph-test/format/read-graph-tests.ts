import { basename, dirname, join } from 'node:path';
import { MillraceError, type Problem } from '../../../base/errors.ts';
import type { ShapeProblem } from '../../../deployment/parse/shape.ts';
import { readYaml, type SourceDocument } from '../../../deployment/parse/yaml-source.ts';
import type { Path } from '../../../deployment/path.ts';
import type { GraphTest } from './graph-test.ts';
import { readTest } from './read-test.ts';
import { testTags } from './tags.ts';
import { readTestedGraph, type TestedGraph } from './tested-graph.ts';
import { writtenFile, type WrittenFile } from './written-file.ts';
import { problemAt } from '../../../deployment/parse/problem-at.ts';

/** A file of graph tests, ready to run; without problems only. */
export interface GraphTestFile {
  readonly graph: TestedGraph;
  readonly tests: readonly GraphTest[];
}

/** Reads the bytes of a file; throws a MillraceError for one that cannot be read. */
export type ReadFile = (path: string) => Buffer;

/**
 * Reads a file of graph tests, with the deployment and the bodies that it names. Everything that is wrong with it comes back, each
 * with its line; then there are no tests.
 *
 * @param path where the text is from; what it names is looked for from its folder
 */
export function readGraphTests(
  text: string,
  path: string,
  readFile: ReadFile,
): { readonly file: GraphTestFile | undefined; readonly problems: readonly Problem[] } {
  const { documents, problems } = readYaml(text, testTags);
  const [document, another] = documents;
  const found: Problem[] = [...problems];
  if (document === undefined) {
    if (found.length === 0) found.push(problemAt(undefined, empty));
    return { file: undefined, problems: found };
  }
  const report = (problem: ShapeProblem) => found.push(problemAt(document, problem));
  if (another !== undefined) report({ at: [], ...severalDocuments });
  const readHere: ReadFile = (name) => readFile(join(dirname(path), name));
  const file = found.length > 0 ? undefined : readDocument(document, path, readHere, report);
  return found.length > 0 ? { file: undefined, problems: found } : { file, problems: [] };
}

const empty = { at: [], message: 'the file is empty', remedy: 'begin with tests: and a list of tests' };
const severalDocuments = {
  message: 'the file holds several YAML documents',
  remedy: 'put the tests of each deployment in a file of their own',
};

function readDocument(
  document: SourceDocument,
  path: string,
  readFile: ReadFile,
  report: (problem: ShapeProblem) => void,
): GraphTestFile | undefined {
  const { value } = document;
  if (typeof value === 'object' && value !== null && 'kind' in value && 'spec' in value) {
    const tests = basename(path).replace(/(\.ya?ml)?$/, '.test.yaml');
    const message = `this is a ${String(value.kind)}, not a list of tests`;
    report({ at: [], message, remedy: `write its tests in ${tests} beside it, and give that file` });
    return undefined;
  }
  let wrong = false;
  const written = writtenFile(value, [], (problem) => {
    wrong = true;
    report(problem);
  });
  if (wrong || written === undefined) return undefined;
  const graph = deploymentGraph(written, path, readFile, report);
  if (graph === undefined) return undefined;
  const reading = { readFile, report, lineOf: (at: Path) => document.lineOf(at), graph };
  const names = new Set<string>();
  for (const [index, { name }] of written.tests.entries()) {
    const at = ['tests', index, 'name'];
    if (names.has(name))
      report({ at, message: `a second test is named '${name}'`, remedy: 'name each test differently' });
    names.add(name);
  }
  return { graph, tests: written.tests.map((test, index) => readTest(test, index, written.nodes ?? {}, reading)) };
}

function deploymentGraph(
  written: WrittenFile,
  path: string,
  readFile: ReadFile,
  report: (problem: ShapeProblem) => void,
): TestedGraph | undefined {
  const name = written.deployment ?? basename(path).replace(/\.test(\.ya?ml)$/, '$1');
  if (written.deployment === undefined && name === basename(path)) {
    const message = "nothing says which deployment is tested: the file's name does not end in .test.yaml";
    report({ at: [], message, remedy: 'write deployment: and the path of its file' });
    return undefined;
  }
  try {
    const { deploymentName, predictor } = written;
    return readTestedGraph(readFile(name).toString(), { source: name, deploymentName, predictor });
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { message, remedy = `'millrace validate' on the deployment tells more` } = error;
    report({ at: ['deployment'], message, remedy });
    return undefined;
  }
}
