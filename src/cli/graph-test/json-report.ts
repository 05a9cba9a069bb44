import type { FileRun } from './file-run.ts';

/** The results for programs. */
export function jsonReport(runs: readonly FileRun[], passed: boolean): string {
  const files = runs.map(({ file, problems, results, leftOut, updated }) => ({
    file,
    problems,
    leftOut,
    updated,
    tests: results.map(({ test, passed: ok, durationMs, mismatches, notes }) => ({
      name: test.name,
      line: test.line,
      passed: ok,
      durationMs: Math.round(durationMs * 10) / 10,
      mismatches,
      notes,
    })),
  }));
  return JSON.stringify({ passed, files }, null, 2);
}
