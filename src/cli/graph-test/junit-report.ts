import { describeProblem } from '../../base/errors.ts';
import type { TestResult } from '../../dev/graph-test/run/run-graph-test.ts';
import { createPaint } from '../demo/screen/paint.ts';
import type { FileRun } from './file-run.ts';
import { TextReport } from './text-report.ts';

/** The results as JUnit's XML, which CI systems show. */
export function junitReport(runs: readonly FileRun[]): string {
  const text = new TextReport(createPaint(false), 1_000);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    ...runs.map((run) => suite(run, text)),
    '</testsuites>',
  ].join('\n');
}

function suite({ file, problems, results }: FileRun, text: TextReport): string {
  const failed = results.filter(({ passed }) => !passed).length;
  const counts = `tests="${results.length + problems.length}" failures="${failed}" errors="${problems.length}"`;
  const cases = results.map((result) => testCase(file, result, text));
  const errors = problems.map((problem) => {
    const what = escaped(describeProblem(problem));
    return `    <testcase classname="${escaped(file)}" name="${escaped(problem.path)}"><error>${what}</error></testcase>`;
  });
  const time = seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0));
  return [`  <testsuite name="${escaped(file)}" ${counts} time="${time}">`, ...errors, ...cases, '  </testsuite>'].join(
    '\n',
  );
}

function testCase(file: string, result: TestResult, text: TextReport): string {
  const { test, passed, durationMs, mismatches } = result;
  const head = `    <testcase classname="${escaped(file)}" name="${escaped(test.name)}" time="${seconds(durationMs)}"`;
  if (passed) return `${head}/>`;
  const message = escaped(mismatches.map(({ about }) => about).join(', '));
  const body = escaped(text.result(result).slice(1).join('\n'));
  return `${head}><failure message="${message}">${body}</failure></testcase>`;
}

const seconds = (durationMs: number): string => (durationMs / 1_000).toFixed(3);

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as XML holds it; characters that XML cannot hold become question marks. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '?')
    .replace(/[&<>"]/g, (found) => ENTITIES[found] ?? found);
}
