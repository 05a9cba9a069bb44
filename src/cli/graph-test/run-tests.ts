import { MillraceError } from '../../base/errors.ts';
import { createPaint } from '../demo/screen/paint.ts';
import { print } from '../print.ts';
import { terminalColumns } from '../terminal-columns.ts';
import { escapeControls } from '../records/printable.ts';
import { runFile, type FileRun } from './file-run.ts';
import { findTestFiles } from './find-test-files.ts';
import { jsonReport } from './json-report.ts';
import { junitReport } from './junit-report.ts';
import { TextReport } from './text-report.ts';

export interface TestSettings {
  /** Files and folders. */
  readonly paths: readonly string[];
  readonly format: 'text' | 'json' | 'junit';
  /** Part of the names of the tests to run. */
  readonly filter?: string | undefined;
  readonly update?: boolean | undefined;
}

/** Where values are cut off when nobody says how wide the screen is. */
const PIPE_WIDTH = 200;

/**
 * Runs the tests of all files and prints what came of them.
 *
 * @returns whether all passed
 * @throws MillraceError when there is nothing to run
 */
export async function runTests({ paths, format, filter, update = false }: TestSettings): Promise<boolean> {
  const startedAt = performance.now();
  const { stdout } = process;
  const paint = createPaint(stdout.isTTY && stdout.hasColors());
  const text = new TextReport(paint, terminalColumns(stdout) ?? PIPE_WIDTH);
  const say = (lines: readonly string[]) => {
    if (format === 'text') for (const line of lines) print(line);
  };
  const wanted = filter?.toLowerCase();
  const isWanted = (name: string) => wanted === undefined || name.toLowerCase().includes(wanted);
  const runs: FileRun[] = [];
  for (const file of findTestFiles(paths)) {
    say([paint('bold', escapeControls(file))]);
    const run = await runFile(file, { isWanted, update, onResult: (result) => say(text.result(result)) });
    say(run.problems.flatMap((problem) => text.problem(problem)));
    runs.push(run);
  }
  const passed = runs.every(({ problems, results }) => problems.length === 0 && results.every((one) => one.passed));
  if (format === 'json') print(jsonReport(runs, passed));
  else if (format === 'junit') print(junitReport(runs));
  else print(text.summary(runs, performance.now() - startedAt));
  if (passed && runs.every(({ results }) => results.length === 0)) {
    throw new MillraceError(filter === undefined ? 'there are no tests' : `no test's name contains '${filter}'`, {
      code: 'TESTS_NOT_FOUND',
      remedy: filter === undefined ? 'add some to tests:' : 'give another part of a name, in any case',
    });
  }
  return passed;
}
