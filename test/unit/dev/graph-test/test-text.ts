import { MillraceError, type Problem } from '../../../../src/base/errors.ts';
import { readGraphTests } from '../../../../src/dev/graph-test/format/read-graph-tests.ts';
import type { TestResult } from '../../../../src/dev/graph-test/run/run-graph-test.ts';
import { runGraphTests } from '../../../../src/dev/graph-test/run/run-graph-tests.ts';

const model = (name: string) => ({ name, type: 'MODEL' });

/** A deployment around a graph, as JSON. */
export function deployment(graph: unknown, protocol = 'seldon', transport = 'rest'): string {
  return JSON.stringify({
    apiVersion: 'machinelearning.seldon.io/v1',
    kind: 'SeldonDeployment',
    metadata: { name: 'd' },
    spec: { protocol, transport, predictors: [{ name: 'p', graph }] },
  });
}

export const single = deployment(model('m'));
export const combiner = deployment({ name: 'c', type: 'COMBINER', children: [model('a'), model('b')] });

const NO_FILES: Readonly<Record<string, string>> = {};

/** Reads a text as the file x.test.yaml beside the deployment x.yaml. */
export function read(text: string, document = single, files = NO_FILES, path = 'x.test.yaml') {
  const all: Readonly<Record<string, string>> = { 'x.yaml': document, ...files };
  return readGraphTests(text, path, (name) => {
    const content = all[name];
    if (content !== undefined) return Buffer.from(content);
    throw new MillraceError(`there is no '${name}'`, { code: 'FILE_UNREADABLE', remedy: 'check the path' });
  });
}

/** What is wrong with a text: line, path, message and remedy of each problem. */
export function problemsOf(text: string, document = single, path = 'x.test.yaml'): string[] {
  return read(text, document, NO_FILES, path).problems.map(described);
}

const described = ({ line, path, message, remedy }: Problem) => `${line} ${path}: ${message}; ${remedy}`;

/** Runs every test of a text that nothing is wrong with. */
export async function run(text: string, document = single, files = NO_FILES): Promise<TestResult[]> {
  const { file, problems } = read(text, document, files);
  if (file === undefined) throw new Error(problems.map(described).join('\n'));
  const results: TestResult[] = [];
  for await (const result of runGraphTests(file)) results.push(result);
  return results;
}

/** One line for each thing that went wrong with a test. */
export function saidOf(result: TestResult | undefined): string[] {
  return (result?.mismatches ?? []).flatMap(({ about, message, differences }) => [
    ...(message === undefined ? [] : [`${about}: ${message}`]),
    ...differences.map(({ path, expected, got }) => `${about} ${path}: ${expected} | ${got}`),
  ]);
}
