import type { GraphTestFile } from '../format/read-graph-tests.ts';
import { runGraphTest, type TestResult } from './run-graph-test.ts';

// Tests mostly wait: for sockets, and for delays that they script.
const SIDE_BY_SIDE = 8;

/** Runs the tests of a file, several side by side. Results come in the order of the file, each as early as it can. */
export async function* runGraphTests(
  { graph, tests }: GraphTestFile,
  isWanted: (name: string) => boolean = () => true,
): AsyncGenerator<TestResult> {
  const waiting = tests.filter(({ name }) => isWanted(name));
  const running: Promise<TestResult>[] = [];
  for (const test of waiting) {
    const free = running.length < SIDE_BY_SIDE ? undefined : running.shift();
    if (free !== undefined) yield await free;
    const started = runGraphTest(graph, test);
    // A failure is thrown when its turn comes; until then it must not count as unhandled.
    started.catch(() => undefined);
    running.push(started);
  }
  for (const result of running) yield await result;
}
