import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createRegistry, equals, fromBinary, fromJson, toBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import type { PredictiveUnit } from '../../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../../src/graph/compile.ts';
import { createExecutor, type GraphRequest } from '../../../../src/graph/execute.ts';
import { NodeError } from '../../../../src/graph/node-error.ts';
import { createGrpcClient } from '../../../../src/models/grpc/grpc-client.ts';
import { file_inference_grpc_service } from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { file_seldon_prediction } from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import { file_tensorflow_serving } from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { requestMetadata } from '../../../../src/protocol/grpc/metadata.ts';
import { HEADER, legalRecordHeader, recordHeader } from '../../../../src/protocol/headers.ts';
import { PROTOBUF_TYPE, type Payload } from '../../../../src/protocol/payload.ts';
import { ScriptedGrpcNodes, type SeenGrpcCall } from '../scripted-grpc-node.ts';
import {
  BETTER,
  FAILURES,
  grpcCases,
  NOT_THE_GRAPHS,
  SELDON,
  type GrpcCase,
  type RecordValue,
} from './worked-grpc-case.ts';
import { placedGraph } from '../placed-graph.ts';

// The worked cases of Seldon Core 1.17's executor over gRPC, at the level of the graph: real gRPC servers of another make as nodes.

const registry = createRegistry(file_seldon_prediction, file_tensorflow_serving, file_inference_grpc_service);

suite('worked cases over gRPC', { concurrency: 4 }, () => {
  for (const one of grpcCases) {
    const skip = NOT_THE_GRAPHS[one.id];
    test(`${one.id}: ${one.description}`, skip === undefined ? {} : { skip }, () => run(one));
  }
});

async function run(one: GrpcCase): Promise<void> {
  const nodes = new ScriptedGrpcNodes();
  const { protocol } = one;
  const client = createGrpcClient({ protocol, timeoutMs: 60_000 });
  try {
    const predictor = { ...one.deployment.predictor, graph: await placed(one.deployment.predictor.graph, one, nodes) };
    const executor = createExecutor(compileGraph(predictor, { protocol, transport: 'grpc' }), client, {
      routingInjection: Boolean(one.env?.['SELDON_ENABLE_ROUTING_INJECTION']),
    });
    const results: Payload[] = [];
    const failures: NodeError[] = [];
    for (const request of requests(one)) {
      try {
        results.push(await executor.execute(request));
      } catch (error) {
        assert.ok(error instanceof NodeError, `not a NodeError: ${String(error)}`);
        failures.push(error);
      }
    }
    checkCalls(one, nodes.calls);
    checkOutcome(one, results, failures);
  } finally {
    await client.close();
    nodes.close();
  }
}

/** The graph with every `endpoint: {}` filled in with a server of its own. */
function placed(graph: PredictiveUnit, one: GrpcCase, nodes: ScriptedGrpcNodes): Promise<PredictiveUnit> {
  return placedGraph(graph, async ({ name }) => {
    const rules = (BETTER[one.id]?.nodes ?? one.nodes)[name] ?? [];
    const scripted = rules.map((rule) => ({
      ...rule,
      ...(rule.message !== undefined && { answer: encoded(method(rule.path).output.typeName, rule.message) }),
    }));
    const { host, port } = await nodes.start(name, scripted, allPaths);
    return { service_host: host, grpcPort: port };
  });
}

function requests(one: GrpcCase): readonly GraphRequest[] {
  if (one.input === undefined) return (one.records ?? []).map(recordRequest);
  const { input } = one;
  const messageName = method(input.method).input.typeName;
  return [
    {
      payload: payload(messageName, encoded(messageName, input.message)),
      headers: input.metadata.filter(([name]) => name !== 'seldon-puid').flat(),
      puid: input.metadata.find(([name]) => name === 'seldon-puid')?.[1] ?? 'made-up',
      // What the front reads from the message.
      modelName: sentName(input.message),
    },
  ];
}

function sentName(message: JsonValue): string | undefined {
  const { modelName, modelSpec } = message as {
    readonly modelName?: string;
    readonly modelSpec?: { readonly name?: string };
  };
  return modelName ?? modelSpec?.name;
}

function recordRequest(record: NonNullable<GrpcCase['records']>[number]): GraphRequest {
  const headers = record.headers.map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  const { valueProto, valueBase64 = '' } = record;
  const body = valueProto ? encoded(valueProto.type, valueProto.message) : Buffer.from(valueBase64, 'base64');
  return {
    payload: payload(recordHeader(headers, HEADER.protoName) ?? '', body),
    headers: requestMetadata(headers).headers,
    puid: legalRecordHeader(headers, HEADER.puid) ?? 'made-up',
  };
}

function payload(messageName: string, body: Buffer): Payload {
  return { body, contentType: PROTOBUF_TYPE, contentEncoding: '', messageName };
}

function checkCalls(one: GrpcCase, seen: readonly SeenGrpcCall[]): void {
  const byId = new Map<string, SeenGrpcCall>();
  const left = [...seen];
  for (const call of BETTER[one.id]?.calls ?? one.calls) {
    const { input } = method(call.path);
    const at = left.findIndex(
      (other) => other.node === call.node && other.path === call.path && same(input.typeName, other.body, call.message),
    );
    const [found] = at < 0 ? [] : left.splice(at, 1);
    assert.ok(found, `no call ${call.node} ${call.path} ${JSON.stringify(call.message)}; seen: ${describe(seen)}`);
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      const values = found.metadata.get(name);
      assert.equal(values.length === 0 ? null : values.join(', '), value, `metadata ${name} of the call`);
    }
    for (const earlier of call.after ?? []) {
      const before = byId.get(earlier);
      assert.ok(before && before.ended < found.began, `${call.node} was called before ${earlier} had ended`);
    }
    if (call.id !== undefined) byId.set(call.id, found);
  }
  assert.equal(left.length, 0, `calls that nobody expects: ${describe(left)}`);
}

function checkOutcome(one: GrpcCase, results: readonly Payload[], failures: readonly NodeError[]): void {
  assert.deepEqual(
    failures.map((error) => error.failure),
    (FAILURES[one.id] ?? []).filter((failure) => failure !== undefined),
    failures.map((error) => error.message).join('\n'),
  );
  const expected = BETTER[one.id]?.produced ?? expectedOf(one);
  assert.equal(results.length, expected.length);
  expected.forEach(({ type, message }, at) => {
    const result = results[at];
    assert.ok(result);
    assert.equal(result.messageName, type);
    assert.ok(same(type, result.body, message), `${decoded(type, result.body)} is not ${JSON.stringify(message)}`);
  });
}

function expectedOf(one: GrpcCase): readonly RecordValue[] {
  if (one.input === undefined) return (one.produced ?? []).map(({ valueProto }) => valueProto);
  const message = one.output?.message;
  return message === undefined ? [] : [{ type: method(one.input.method).output.typeName, message }];
}

function messageType(name: string) {
  const type = registry.getMessage(name);
  // The types that are unknown on purpose have records that never reach a node.
  return type ?? registry.getMessage(SELDON);
}

function encoded(name: string, message: JsonValue): Buffer {
  const type = messageType(name);
  assert.ok(type);
  return Buffer.from(toBinary(type, fromJson(type, message)));
}

function decoded(name: string, body: Buffer): string {
  const type = messageType(name);
  assert.ok(type);
  return JSON.stringify(toJson(type, fromBytes(name, body)));
}

function fromBytes(name: string, body: Buffer) {
  const type = messageType(name);
  assert.ok(type);
  return fromBinary(type, body);
}

function same(name: string, body: Buffer, message: JsonValue): boolean {
  const type = messageType(name);
  assert.ok(type);
  return equals(type, fromBytes(name, body), fromJson(type, message));
}

function method(path: string) {
  const [, service = '', name = ''] = path.split('/');
  const found = registry.getService(service)?.methods.find((one) => one.name === name);
  assert.ok(found, `no method ${path}`);
  return found;
}

const allPaths = [...registry]
  .filter((type) => type.kind === 'service')
  .flatMap((service) => service.methods.map((one) => `/${service.typeName}/${one.name}`));

const describe = (calls: readonly SeenGrpcCall[]) =>
  calls.map((call) => `${call.node} ${call.path} ${decoded(method(call.path).input.typeName, call.body)}`).join('\n') ||
  'none';
