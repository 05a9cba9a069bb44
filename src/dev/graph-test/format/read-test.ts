import type { Path } from '../../../deployment/path.ts';
import type { BodyReading } from './body.ts';
import { bodyToSend } from './body.ts';
import type { GraphTest } from './graph-test.ts';
import { readAnswers } from './read-answers.ts';
import { readExpectation } from './read-expectation.ts';
import { readHeaders } from './read-headers.ts';
import type { TestedGraph } from './tested-graph.ts';
import type { WrittenNodes, WrittenTest } from './written-file.ts';

export interface TestReading extends BodyReading {
  readonly graph: TestedGraph;
  lineOf(at: Path): number;
}

/**
 * The test that is meant by what is written; what makes no sense is reported.
 *
 * @param index its place in the file
 * @param defaults answers of the whole file
 */
export function readTest(test: WrittenTest, index: number, defaults: WrittenNodes, reading: TestReading): GraphTest {
  const at: Path = ['tests', index];
  const kind = test.request === undefined && test.feedback !== undefined ? 'feedback' : 'request';
  if (test.request === undefined && test.feedback === undefined) {
    const remedy = 'add request: and a JSON value, or !text, !base64 or !file with bytes';
    reading.report({ at, message: `test '${test.name}' sends nothing`, remedy });
  } else if (test.request !== undefined && test.feedback !== undefined) {
    const message = 'a request and feedback cannot be sent by one test';
    reading.report({ at: [...at, 'feedback'], message, remedy: 'make two tests of it' });
  }
  const draw = test.draw ?? [];
  return {
    name: test.name,
    index,
    line: reading.lineOf(at),
    kind,
    body: bodyToSend(test[kind], [...at, kind], reading),
    headers: readHeaders(test.headers ?? {}),
    modelName: test.modelName,
    timeoutMs: test.timeoutMs,
    draws: typeof draw === 'number' ? [draw] : draw,
    answers: new Map([
      ...readAnswers(defaults, ['nodes'], true, reading),
      ...readAnswers(test.nodes ?? {}, [...at, 'nodes'], false, reading),
    ]),
    expect: test.expect && readExpectation(test.expect, [...at, 'expect'], reading),
  };
}
