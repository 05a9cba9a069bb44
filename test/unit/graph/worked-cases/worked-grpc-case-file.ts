import type { JsonValue } from '@bufbuild/protobuf';
import { stringify } from 'yaml';
import { encodeMessage, knowsMessage, messagesOf } from '../../../../src/dev/graph-test/protobuf/message-json.ts';
import { requestMessage } from '../../../../src/dev/graph-test/protobuf/request-message.ts';
import { FAILURE_CODES } from '../../../../src/graph/failure-codes.ts';
import type { NodeFailure } from '../../../../src/graph/node-error.ts';
import { MESSAGE } from '../../../../src/protocol/grpc/methods.ts';
import { Base64, base64Tag } from './worked-case-file.ts';
import type { ExpectedCall, GrpcCase, GrpcRule, RecordValue } from './worked-grpc-case.ts';

type Pairs = readonly (readonly [name: string, value: string])[];

/** What must come of one request of a case: its failure or its output, and the calls. */
export interface GrpcCaseRequest {
  readonly failure: NodeFailure | undefined;
  readonly calls: readonly ExpectedCall[];
  readonly output: RecordValue | undefined;
}

/** A test file with one test for each request of a case over gRPC. */
export function grpcCaseTests(one: GrpcCase, nodes: GrpcCase['nodes'], requests: readonly GrpcCaseRequest[]): string {
  const tests = requests.map((request, index) => ({
    name: `${one.id} ${index + 1}`,
    ...(one.input === undefined ? record(one, index) : call(one, one.input)),
    nodes: Object.fromEntries(Object.entries(nodes).map(([name, rules]) => [name, rules.map(answer)])),
    expect: expectation(request, nodes),
  }));
  return stringify({ deployment: 'case.json', tests }, { lineWidth: 0, customTags: [base64Tag] });
}

/** A client's call: its method says the message, where the protocol's own would be another. */
function call({ protocol }: GrpcCase, { method, metadata, message }: NonNullable<GrpcCase['input']>) {
  const messageName = messagesOf(method)?.request ?? '';
  const kind = messageName === MESSAGE.feedback ? 'feedback' : 'request';
  const isUsual = messageName === requestMessage(protocol, { kind, headers: [] });
  const modelName = sentName(message);
  return {
    [kind]: message,
    headers: headers(isUsual ? metadata : [...metadata, ['proto-name', messageName]]),
    ...(modelName && { modelName }),
  };
}

/** What the front reads from the message. */
function sentName(message: JsonValue): string | undefined {
  const { modelName, modelSpec } = message as {
    readonly modelName?: string;
    readonly modelSpec?: { readonly name?: string };
  };
  return modelName ?? modelSpec?.name;
}

function record({ records = [] }: GrpcCase, index: number) {
  const { valueProto, valueBase64 = '', headers: pairs } = records[index] ?? { headers: [] };
  return { request: valueProto ? written(valueProto, pairs) : new Base64(valueBase64), headers: headers(pairs) };
}

/** A message can be written as JSON unless it says to be one that nobody knows. */
function written({ type, message }: RecordValue, pairs: Pairs) {
  const named = pairs.find(([name]) => name.toLowerCase() === 'proto-name')?.[1] ?? type;
  return knowsMessage(named) ? message : new Base64(encodeMessage(type, message).toString('base64'));
}

function headers(pairs: Pairs): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const [name, value] of pairs) (all[name] ??= []).push(value);
  return all;
}

function answer({ path, message, grpcStatus, grpcDetails }: GrpcRule) {
  return {
    path,
    ...(message !== undefined && { answer: message }),
    ...(grpcStatus !== undefined && { status: grpcStatus }),
    ...(grpcDetails !== undefined && { details: grpcDetails }),
    times: 'any',
  };
}

function expectation({ failure, calls, output }: GrpcCaseRequest, nodes: GrpcCase['nodes']) {
  const expectedCalls = calls.map(({ node, path, headers: metadata = {}, message }) => ({
    node,
    path,
    headers: metadata,
    body: message,
  }));
  if (failure === undefined) return { output: output?.message, calls: expectedCalls };
  return {
    error: { code: FAILURE_CODES[failure], ...(failure === 'status' && failedAnswer(nodes)) },
    calls: expectedCalls,
  };
}

/** The node that answers with another status than OK, and what it says. */
function failedAnswer(nodes: GrpcCase['nodes']) {
  const failing = Object.entries(nodes).flatMap(([node, rules]) =>
    rules.filter(({ grpcStatus }) => grpcStatus !== undefined).map((rule) => ({ node, rule })),
  );
  const [first] = failing;
  return first && { node: first.node, status: first.rule.grpcStatus, message: first.rule.grpcDetails };
}
