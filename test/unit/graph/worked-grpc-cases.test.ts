import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { createRegistry, equals, fromBinary, fromJson, toBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import type { PredictiveUnit, PredictorSpec } from '../../../src/deployment/seldon-deployment.ts';
import { compileGraph } from '../../../src/graph/compile.ts';
import { createExecutor, type GraphRequest } from '../../../src/graph/execute.ts';
import { NodeError, type NodeFailure } from '../../../src/graph/node-error.ts';
import { createGrpcClient } from '../../../src/models/grpc-client.ts';
import { file_inference_grpc_service } from '../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { file_seldon_prediction } from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import { file_tensorflow_serving } from '../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { requestMetadata } from '../../../src/protocol/grpc/metadata.ts';
import { HEADER, legalRecordHeader, recordHeader } from '../../../src/protocol/headers.ts';
import { PROTOBUF_TYPE, type Payload, type Protocol } from '../../../src/protocol/payload.ts';
import { ScriptedGrpcNodes, type SeenGrpcCall } from './scripted-grpc-node.ts';

// The worked cases of Seldon Core 1.17's executor over gRPC, at the level of the graph: real gRPC servers of another make as nodes.

interface ExpectedCall {
  readonly id?: string;
  readonly after?: readonly string[];
  readonly node: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly message: JsonValue;
}

interface Rule {
  readonly path: string;
  readonly message?: JsonValue;
  readonly grpcStatus?: string;
  readonly grpcDetails?: string;
}

interface RecordValue {
  readonly type: string;
  readonly message: JsonValue;
}

interface Case {
  readonly id: string;
  readonly description: string;
  readonly entry: 'http' | 'grpc' | 'kafka';
  readonly protocol: Protocol;
  readonly transport: 'rest' | 'grpc';
  readonly env?: Readonly<Record<string, string>>;
  readonly deployment: { readonly predictor: PredictorSpec };
  readonly nodes: Readonly<Record<string, readonly Rule[]>>;
  readonly input?: {
    readonly method: string;
    readonly metadata: readonly (readonly [string, string])[];
    readonly message: JsonValue;
  };
  readonly records?: readonly {
    readonly valueProto?: RecordValue;
    readonly valueBase64?: string;
    readonly headers: readonly (readonly [string, string])[];
  }[];
  readonly calls: readonly ExpectedCall[];
  readonly output?: { readonly grpcStatus: string; readonly message?: JsonValue };
  readonly produced?: readonly { readonly valueProto: RecordValue }[];
}

/** How a request that fails must fail here; Seldon's reply does not tell. */
const FAILURES: Readonly<Record<string, readonly NodeFailure[]>> = {
  'kafka-grpc-dropped-records': ['request'],
  'kafka-grpc-unknown-proto-crash': ['request'],
  'kafka-grpc-node-error': ['status'],
};

interface Better {
  readonly why: string;
  readonly nodes?: Case['nodes'];
  readonly calls: readonly ExpectedCall[];
  readonly produced: readonly RecordValue[];
}

const ONE = { data: { ndarray: [[1]] } };
const SELDON = 'seldon.protos.SeldonMessage';
const tensor = (value: number) => ({ dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '1' }] }, floatVal: [value] });
const predictCall = (data: JsonValue) => ({ node: 'm', path: '/seldon.protos.Model/Predict', message: data });

/** Where we mean to be better than Seldon, beside its crashes, which are failures of their one request in `FAILURES`. */
const BETTER: Readonly<Record<string, Better>> = {
  'tf-grpc-regress-unsupported': {
    why: 'a RegressionRequest goes to Regress',
    nodes: {
      m: [
        { path: '/tensorflow.serving.PredictionService/Regress', message: { result: { regressions: [{ value: 1 }] } } },
      ],
    },
    calls: [
      { node: 'm', path: '/tensorflow.serving.PredictionService/Regress', message: { modelSpec: { name: 'm' } } },
    ],
    produced: [{ type: 'tensorflow.serving.RegressionResponse', message: { result: { regressions: [{ value: 1 }] } } }],
  },
  'kafka-grpc-dropped-records': {
    why: 'without proto-name it is the predict request; in any case, and given twice, it is read; only the broken bytes fail',
    calls: [predictCall(ONE), predictCall(ONE), predictCall(ONE), predictCall({ data: { ndarray: [[2]] } })],
    produced: [9, 9, 9, 9].map((value) => ({ type: SELDON, message: { data: { ndarray: [[value]] } } })),
  },
  'kafka-grpc-wrong-registered-proto-crash': {
    why: 'feedback is brought to the nodes',
    nodes: { m: [{ path: '/seldon.protos.Model/SendFeedback', message: { strData: 'noted' } }] },
    calls: [{ node: 'm', path: '/seldon.protos.Model/SendFeedback', message: { reward: 1 } }],
    produced: [{ type: SELDON, message: { strData: 'noted' } }],
  },
  'kafka-grpc-tf-combiner-crash': {
    why: 'a combiner gets the outputs of its children as the inputs of one request',
    nodes: {
      b: [{ path: '/tensorflow.serving.PredictionService/Predict', message: { outputs: { z: tensor(3) } } }],
      c: [{ path: '/tensorflow.serving.PredictionService/Predict', message: { outputs: { mean: tensor(3) } } }],
    },
    calls: [
      {
        id: 'b',
        node: 'b',
        path: '/tensorflow.serving.PredictionService/Predict',
        message: { inputs: { x: tensor(1) } },
      },
      {
        after: ['b'],
        node: 'c',
        path: '/tensorflow.serving.PredictionService/Predict',
        message: { modelSpec: { name: 'c', signatureName: 'aggregate' }, inputs: { '0/z': tensor(3) } },
      },
    ],
    produced: [{ type: 'tensorflow.serving.PredictResponse', message: { outputs: { mean: tensor(3) } } }],
  },
  'kafka-grpc-v2-never-works': {
    why: 'v2 over gRPC works',
    calls: [{ node: 'm', path: '/inference.GRPCInferenceService/ModelInfer', message: { modelName: 'm' } }],
    produced: [{ type: 'inference.ModelInferResponse', message: {} }],
  },
};

const NOT_THE_GRAPHS: Readonly<Record<string, string>> = {
  'kafka-grpc-null-value': 'a record without a value is an error record of the stream; no graph is walked',
};

const file = new URL('../../cases/graph-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };
const grpcCases = cases.filter((one) => one.transport === 'grpc');

const registry = createRegistry(file_seldon_prediction, file_tensorflow_serving, file_inference_grpc_service);

suite('worked cases over gRPC', { concurrency: 4 }, () => {
  for (const one of grpcCases) {
    const skip = NOT_THE_GRAPHS[one.id];
    test(`${one.id}: ${one.description}`, skip === undefined ? {} : { skip }, () => run(one));
  }
});

async function run(one: Case): Promise<void> {
  const nodes = new ScriptedGrpcNodes();
  const { protocol } = one;
  const client = createGrpcClient({ protocol, timeoutMs: 5_000 });
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
async function placed(unit: PredictiveUnit, one: Case, nodes: ScriptedGrpcNodes): Promise<PredictiveUnit> {
  const children = await Promise.all((unit.children ?? []).map((child) => placed(child, one, nodes)));
  if (unit.endpoint === undefined) return { ...unit, children };
  const rules = (BETTER[one.id]?.nodes ?? one.nodes)[unit.name] ?? [];
  const scripted = rules.map((rule) => ({
    ...rule,
    ...(rule.message !== undefined && { answer: encoded(method(rule.path).output.typeName, rule.message) }),
  }));
  const { host, port } = await nodes.start(unit.name, scripted, allPaths);
  return { ...unit, children, endpoint: { service_host: host, grpcPort: port } };
}

function requests(one: Case): readonly GraphRequest[] {
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

function recordRequest(record: NonNullable<Case['records']>[number]): GraphRequest {
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

function checkCalls(one: Case, seen: readonly SeenGrpcCall[]): void {
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

function checkOutcome(one: Case, results: readonly Payload[], failures: readonly NodeError[]): void {
  assert.deepEqual(
    failures.map((error) => error.failure),
    FAILURES[one.id] ?? [],
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

function expectedOf(one: Case): readonly RecordValue[] {
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
