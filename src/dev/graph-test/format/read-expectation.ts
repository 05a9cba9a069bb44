import type { Path } from '../../../deployment/path.ts';
import { useOneOf } from '../../../base/nearest.ts';
import { bodyToExpect } from './body.ts';
import type { Expectation, ExpectedCall, ExpectedError } from './graph-test.ts';
import type { TestReading } from './test-reading.ts';
import type { NodeCallText, WrittenCall, WrittenError, WrittenExpectation } from './written-file.ts';

/** What must come of a request; undefined where nothing is written below `expect`. */
export function readExpectation(written: WrittenExpectation, at: Path, reading: TestReading): Expectation | undefined {
  const { output, contentType, error, calls, tolerance = 0 } = written;
  if (error !== undefined && (output !== undefined || contentType !== undefined)) {
    const message = 'an output and an error are expected, and a request has one of the two';
    reading.report({ at: [...at, 'error'], message, remedy: 'leave one of them out, or make two tests of it' });
  }
  if (output === undefined && contentType === undefined && error === undefined && calls === undefined) return undefined;
  return {
    output: output === undefined ? undefined : bodyToExpect(output, [...at, 'output'], reading),
    contentType,
    error: error === undefined ? undefined : readError(error, [...at, 'error'], reading),
    calls: calls === undefined ? undefined : readCalls(calls, [...at, 'calls'], reading),
    tolerance,
  };
}

function readError(written: NonNullable<WrittenExpectation['error']>, at: Path, reading: TestReading): ExpectedError {
  const { code, node, status, message, response }: WrittenError =
    typeof written === 'string' ? { code: written } : written;
  if (node !== undefined) checkNode(node, [...at, 'node'], reading);
  const body = response === undefined ? undefined : bodyToExpect(response, [...at, 'response'], reading);
  return { code, node, status, message, response: body };
}

function readCalls(
  written: NonNullable<WrittenExpectation['calls']>,
  at: Path,
  reading: TestReading,
): NonNullable<Expectation['calls']> {
  if (isList(written)) {
    return written.map((call, index) => {
      const full: WrittenCall = typeof call === 'string' ? { node: call } : call;
      checkNode(full.node, typeof call === 'string' ? [...at, index] : [...at, index, 'node'], reading);
      return readCall(full.node, full, [...at, index], reading);
    });
  }
  const byNode = new Map<string, readonly ExpectedCall[]>();
  for (const [node, calls] of Object.entries(written)) {
    checkNode(node, [...at, node], reading);
    byNode.set(
      node,
      calls.map((call, index) => readCall(node, call, [...at, node, index], reading)),
    );
  }
  return byNode;
}

// Array.isArray does not narrow a read-only list.
function isList(calls: NonNullable<WrittenExpectation['calls']>): calls is readonly (string | WrittenCall)[] {
  return Array.isArray(calls);
}

function readCall(node: string, written: NodeCallText, at: Path, reading: TestReading): ExpectedCall {
  const { method, path, headers = {}, body } = written;
  return {
    node,
    method,
    path,
    headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: body === undefined ? undefined : bodyToExpect(body, [...at, 'body'], reading),
  };
}

function checkNode(name: string, at: Path, { graph, report }: TestReading): void {
  if (graph.names.includes(name)) return;
  report({ at, message: `the graph has no node '${name}'`, remedy: useOneOf(name, graph.names) });
}
