import { validateHeaderName, validateHeaderValue } from 'node:http';
import { errorText } from '../../../base/errors.ts';
import type { Path } from '../../../deployment/path.ts';
import { useOneOf } from '../../../base/nearest.ts';
import { bodyToSend } from './body.ts';
import type { ScriptedAnswer } from './graph-test.ts';
import { readHeaders } from './read-headers.ts';
import type { TestReading } from './test-reading.ts';
import type { WrittenAnswer, WrittenNodes } from './written-file.ts';

/** What the nodes answer, by their names. */
export function readAnswers(
  nodes: WrittenNodes,
  at: Path,
  isDefault: boolean,
  reading: TestReading,
): Map<string, readonly ScriptedAnswer[]> {
  const { graph, report } = reading;
  const answers = new Map<string, readonly ScriptedAnswer[]>();
  for (const [name, written] of Object.entries(nodes)) {
    const place: Path = [...at, name];
    if (!graph.names.includes(name)) {
      report({ at: place, message: `the graph has no node '${name}'`, remedy: useOneOf(name, graph.names) });
    } else if (!graph.called.has(name)) {
      report({ at: place, message: `node '${name}' gets no calls`, remedy: 'leave it out: the graph decides for it' });
    }
    const list = Array.isArray(written) ? (written as readonly WrittenAnswer[]) : undefined;
    const each = (list ?? [written as WrittenAnswer]).map((one, index) =>
      readAnswer(one, list === undefined ? place : [...place, index], isDefault, reading),
    );
    if (each.length > 1 && each.some(({ reply }) => reply === 'unreachable')) {
      const message = `node '${name}' is unreachable and answers all the same`;
      report({ at: place, message, remedy: 'leave one of the two out' });
    }
    answers.set(name, each);
  }
  return answers;
}

function readAnswer(written: WrittenAnswer, at: Path, isDefault: boolean, reading: TestReading): ScriptedAnswer {
  const { answer, status, details = '', error, delayMs = 0, method, path, times } = written;
  const headers = readHeaders(written.headers ?? {});
  if (answer === undefined && status === undefined && error === undefined) {
    const remedy = 'add answer: and a body, status: and a number, or error: and how it fails';
    reading.report({ at, message: 'nothing says what the node answers', remedy });
  } else if (error !== undefined && (answer !== undefined || status !== undefined || headers.length > 0)) {
    const message = `a node with error: ${error} gives no answer`;
    reading.report({ at: [...at, 'error'], message, remedy: 'leave error: out, or answer:, status: and headers:' });
  }
  const isGrpc = reading.graph.transport === 'grpc';
  if (status !== undefined && isGrpc !== (typeof status === 'string')) {
    const remedy = isGrpc ? 'write the name of a gRPC status, such as UNAVAILABLE' : 'write a number, such as 503';
    reading.report({ at: [...at, 'status'], message: `'${status}' is no status of this transport`, remedy });
  }
  if (isGrpc && written.gzip) {
    const remedy = 'leave it out: only answers over HTTP are compressed here';
    reading.report({ at: [...at, 'gzip'], message: 'the deployment speaks gRPC', remedy });
  }
  for (const [name, value] of headers) {
    const problem = headerProblem(name, value);
    if (problem === undefined) continue;
    reading.report({ at: [...at, 'headers', name], message: problem, remedy: 'write a header that HTTP can carry' });
  }
  return {
    line: reading.lineOf(at),
    method,
    path,
    times: times === 'any' ? Infinity : (times ?? (isDefault ? Infinity : 1)),
    isDefault,
    delayMs,
    reply: error ?? {
      status: status ?? (isGrpc ? 'OK' : 200),
      details,
      headers: isGrpc ? headers : withContentType(headers, answer !== undefined),
      body:
        answer === undefined
          ? { kind: 'bytes', bytes: Buffer.alloc(0) }
          : bodyToSend(answer, [...at, 'answer'], reading),
      gzip: written.gzip ?? false,
    },
  };
}

/** JSON, where nothing else is said; an empty `Content-Type` stands for none. */
function withContentType(headers: readonly (readonly [string, string])[], hasBody: boolean) {
  const given = headers.find(([name]) => name.toLowerCase() === 'content-type');
  if (given === undefined) return hasBody ? [['Content-Type', 'application/json'] as const, ...headers] : headers;
  return given[1] === '' ? headers.filter((header) => header !== given) : headers;
}

function headerProblem(name: string, value: string): string | undefined {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}
