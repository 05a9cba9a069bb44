import { readFileSync, writeFileSync } from 'node:fs';
import { errorText, MillraceError, type Problem } from '../../base/errors.ts';
import { readGraphTests } from '../../dev/graph-test/format/read-graph-tests.ts';
import type { TestResult } from '../../dev/graph-test/run/run-graph-test.ts';
import { runGraphTests } from '../../dev/graph-test/run/run-graph-tests.ts';
import { updateExpectations } from '../../dev/graph-test/update/update-expectations.ts';

/** What came of one file. */
export interface FileRun {
  readonly file: string;
  /** Why there are no results. */
  readonly problems: readonly Problem[];
  readonly results: readonly TestResult[];
  /** Tests that were not wanted. */
  readonly leftOut: number;
  /** Names of the tests whose expectations were written anew. */
  readonly updated: readonly string[];
}

export interface RunSettings {
  readonly isWanted: (name: string) => boolean;
  /** Write what came into the file where it is not what was expected, and run the tests again. */
  readonly update: boolean;
  /** Told of each result at once, in the order of the file; not of those that are run again. */
  readonly onResult: (result: TestResult) => void;
}

/** Runs the tests of one file. */
export async function runFile(file: string, settings: RunSettings): Promise<FileRun> {
  const { isWanted, update, onResult } = settings;
  const before = readText(file).toString();
  if (!update) return runText(file, before, isWanted, onResult);
  const first = await runText(file, before, isWanted, () => undefined);
  const failed = new Set(first.results.filter((result) => !result.passed).map(({ test }) => test.name));
  const after = failed.size === 0 ? before : updateExpectations(before, first.results);
  if (after === before) {
    first.results.forEach(onResult);
    return first;
  }
  writeFileSync(file, after);
  const second = await runText(file, after, isWanted, onResult);
  const passed = second.results.filter((result) => result.passed).map(({ test }) => test.name);
  return { ...second, updated: passed.filter((name) => failed.has(name)) };
}

async function runText(
  file: string,
  text: string,
  isWanted: (name: string) => boolean,
  onResult: (result: TestResult) => void,
): Promise<FileRun> {
  const { file: tests, problems } = readGraphTests(text, file, readText);
  const results: TestResult[] = [];
  if (tests === undefined) return { file, problems, results, leftOut: 0, updated: [] };
  for await (const result of runGraphTests(tests, isWanted)) {
    results.push(result);
    onResult(result);
  }
  return { file, problems, results, leftOut: tests.tests.length - results.length, updated: [] };
}

function readText(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new MillraceError(absent ? `there is no '${path}'` : `'${path}' cannot be read: ${errorText(cause)}`, {
      code: 'FILE_UNREADABLE',
      remedy: 'check the path and its permissions',
      cause,
    });
  }
}
