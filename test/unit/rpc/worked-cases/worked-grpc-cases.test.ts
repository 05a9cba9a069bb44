import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { createRegistry, fromBinary, fromJson, toBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { PredictorSpec } from '../../../../src/deployment/seldon-deployment.ts';
import { file_inference_grpc_service } from '../../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { file_seldon_prediction } from '../../../../src/protocol/gen/seldon/prediction_pb.ts';
import { file_tensorflow_serving } from '../../../../src/protocol/gen/tensorflow/serving_pb.ts';
import type { Protocol } from '../../../../src/protocol/payload.ts';
import { withGrpcFront } from '../grpc-front.ts';

// The worked cases of Seldon Core 1.17's executor that enter by gRPC, as its clients see them: real sockets on both sides.

interface Rule {
  readonly path: string;
  readonly message?: JsonValue;
  readonly grpcStatus?: string;
  readonly grpcDetails?: string;
}

interface Case {
  readonly id: string;
  readonly description: string;
  readonly entry: string;
  readonly protocol: Protocol;
  readonly env?: Readonly<Record<string, string>>;
  readonly deployment: { readonly predictor: PredictorSpec };
  readonly nodes: Readonly<Record<string, readonly Rule[]>>;
  readonly input: {
    readonly method: string;
    readonly metadata: readonly (readonly [string, string])[];
    readonly message: JsonValue;
  };
  readonly calls: readonly {
    readonly node: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string | null>>;
    readonly message: JsonValue;
  }[];
  readonly output: {
    readonly grpcStatus: string;
    readonly details?: string;
    readonly message?: JsonValue;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** Where we do what Seldon cannot: what the node is then asked, and answers. */
const SUPPORTED: Readonly<Record<string, Pick<Case, 'nodes' | 'calls' | 'output'>>> = {
  'tf-grpc-regress-unsupported': {
    nodes: {
      m: [
        { path: '/tensorflow.serving.PredictionService/Regress', message: { result: { regressions: [{ value: 2 }] } } },
      ],
    },
    calls: [
      {
        node: 'm',
        path: '/tensorflow.serving.PredictionService/Regress',
        message: { modelSpec: { name: 'm' } },
      },
    ],
    output: { grpcStatus: 'OK', message: { result: { regressions: [{ value: 2 }] } } },
  },
};

const registry = createRegistry(file_seldon_prediction, file_tensorflow_serving, file_inference_grpc_service);

const file = new URL('../../../cases/graph-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

suite('worked cases by gRPC', () => {
  for (const one of cases.filter(({ entry }) => entry === 'grpc')) {
    test(`${one.id}: ${one.description}`, () => run({ ...one, ...SUPPORTED[one.id] }));
  }
});

async function run(one: Case): Promise<void> {
  const { graph } = one.deployment.predictor;
  const routingInjection = Boolean(one.env?.['SELDON_ENABLE_ROUTING_INJECTION']);
  const nodes = Object.fromEntries(
    Object.entries(one.nodes).map(([name, rules]) => [
      name,
      rules.map(({ message, ...rule }) => ({
        ...rule,
        ...(message !== undefined && { answer: encoded(method(rule.path).output.typeName, message) }),
      })),
    ]),
  );
  await withGrpcFront(
    { protocol: one.protocol, graph, nodes, routingInjection },
    async ({ client, nodes: { calls } }) => {
      const { input, output } = one;
      const { input: takes, output: gives } = method(input.method);
      const answer = await client.call(input.method, encoded(takes.typeName, input.message), input.metadata);
      assert.equal(status[answer.error?.code ?? status.OK], output.grpcStatus, answer.error?.details);
      if (output.details !== undefined) assert.equal(answer.error?.details, output.details);
      if (output.message !== undefined) {
        assert.deepEqual(decoded(gives.typeName, answer.message), canonical(gives.typeName, output.message));
      }
      for (const [name, value] of Object.entries(output.headers ?? {})) {
        assert.deepEqual(answer.headers?.get(name), [value]);
      }
      const puid = answer.headers?.get('seldon-puid')[0];
      assert.match(String(puid), /./);
      for (const call of one.calls) {
        const { typeName } = method(call.path).input;
        const wanted = JSON.stringify(canonical(typeName, call.message));
        const seen = calls.find(
          (other) =>
            other.node === call.node &&
            other.path === call.path &&
            JSON.stringify(decoded(typeName, other.body)) === wanted,
        );
        assert.ok(seen, `no call of ${call.node} ${call.path} with ${wanted}`);
        assert.equal(seen.metadata['seldon-puid'], puid);
        for (const [name, value] of Object.entries(call.headers ?? {})) {
          assert.equal(seen.metadata[name.toLowerCase()] ?? null, value, name);
        }
      }
      assert.equal(calls.length, one.calls.length);
    },
  );
}

function method(path: string) {
  const [, service = '', name = ''] = path.split('/');
  const found = registry.getService(service)?.methods.find((one) => one.name === name);
  assert.ok(found, `no method ${path}`);
  return found;
}

function schema(typeName: string) {
  const found = registry.getMessage(typeName);
  assert.ok(found, `no message ${typeName}`);
  return found;
}

function encoded(typeName: string, message: JsonValue): Buffer {
  return Buffer.from(toBinary(schema(typeName), fromJson(schema(typeName), message)));
}

function decoded(typeName: string, bytes: Uint8Array): JsonValue {
  return toJson(schema(typeName), fromBinary(schema(typeName), bytes));
}

function canonical(typeName: string, message: JsonValue): JsonValue {
  return decoded(typeName, encoded(typeName, message));
}
