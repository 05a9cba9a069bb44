import { errorText } from '../../../base/errors.ts';
import type { Path } from '../../../deployment/path.ts';
import { bodyToSend, bytesOf } from './body.ts';
import type { GraphTest } from './graph-test.ts';
import { encodeMessage } from '../protobuf/message-json.ts';
import { requestMessage } from '../protobuf/request-message.ts';
import { readAnswers } from './read-answers.ts';
import { readExpectation } from './read-expectation.ts';
import { readHeaders } from './read-headers.ts';
import type { TestReading } from './test-reading.ts';
import type { WrittenNodes, WrittenTest } from './written-file.ts';

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
  const headers = readHeaders(test.headers ?? {});
  return {
    name: test.name,
    index,
    line: reading.lineOf(at),
    kind,
    body: requestBytes(test[kind], [...at, kind], requestMessage(reading.graph.protocol, { kind, headers }), reading),
    headers,
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

function requestBytes(value: unknown, at: Path, messageName: string, reading: TestReading): Buffer {
  // That nothing is sent has been reported.
  if (value === undefined) return Buffer.alloc(0);
  const body = bodyToSend(value, at, reading);
  if (body.kind === 'bytes' || reading.graph.transport === 'rest') return bytesOf(body);
  try {
    return encodeMessage(messageName, body.value);
  } catch (error) {
    const remedy = `write a ${messageName} as protobuf's JSON, or name another message in headers: { proto-name: ... }`;
    reading.report({ at, message: errorText(error), remedy });
    return Buffer.alloc(0);
  }
}
