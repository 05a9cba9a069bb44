// The worked cases of Seldon Core 1.17's executor that enter by Kafka, on a real broker: their records with their keys, what comes of
// each, and what is committed. The calls' order and what else a graph does with them is tested without a broker.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { JsonValue } from '@bufbuild/protobuf';
import {
  decodeMessage,
  encodeMessage,
  knowsMessage,
  messagesOf,
} from '../../../src/dev/graph-test/protobuf/message-json.ts';
import type { PredictiveUnit, PredictorSpec } from '../../../src/deployment/seldon-deployment.ts';
import { FAILURE_CODES } from '../../../src/graph/failure-codes.ts';
import type { Protocol, Transport } from '../../../src/protocol/payload.ts';
import { committedOffsets, createTopic, produceRecords, readAll, testBroker, uniqueTopic } from '../../broker.ts';
import { startTestStream, until } from '../../stream/test-stream.ts';
import * as overGrpc from '../../unit/graph/worked-cases/worked-grpc-case.ts';
import * as overRest from '../../unit/graph/worked-cases/worked-rest-case.ts';
import { StubGrpcNodes } from '../../unit/rpc/stub-grpc-node.ts';
import { StubHttpNodes, type HttpRule } from '../../unit/rpc/stub-http-node.ts';
import { placedGraph } from '../../unit/graph/placed-graph.ts';

interface Value {
  readonly valueText?: string | null;
  readonly valueBase64?: string;
  readonly valueProto?: { readonly type: string; readonly message: JsonValue };
}

interface KafkaCase {
  readonly id: string;
  readonly description: string;
  readonly entry: string;
  readonly protocol: Protocol;
  readonly transport: Transport;
  readonly env?: Readonly<Record<string, string>>;
  readonly deployment: { readonly predictor: PredictorSpec };
  readonly nodes: Readonly<Record<string, readonly (HttpRule | overGrpc.GrpcRule)[]>>;
  readonly records: readonly (Value & {
    readonly key: string | null;
    readonly headers: readonly (readonly [string, string])[];
  })[];
  readonly calls: readonly { readonly node: string; readonly path: string }[];
  readonly produced: readonly Value[];
  /** Absent where the case does not tell; null: nothing is committed. */
  readonly committedOffsetEventually?: number | null;
}

const file = new URL('../../cases/graph-cases.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly KafkaCase[] };
const kafkaCases = cases.filter(({ entry }) => entry === 'kafka');

/** What is committed here and was not there, since a record that fails has an error record. */
const COMMITTED_ALL_THE_SAME = ['kafka-rest-manual-commit-only-error'];

/** A record without a value goes to no model here. */
const WITHOUT_VALUE = 'kafka-grpc-null-value';

const bootstrap = testBroker();

suite('worked cases from Kafka', { concurrency: 4 }, () => {
  for (const one of kafkaCases) test(`${one.id}: ${one.description}`, async () => run(one));
});

async function run(one: KafkaCase): Promise<void> {
  const [input, output] = [uniqueTopic('case-in'), uniqueTopic('case-out')];
  const nodes = one.transport === 'grpc' ? new StubGrpcNodes() : new StubHttpNodes();
  const better = one.transport === 'grpc' ? overGrpc.BETTER[one.id] : overRest.BETTER[one.id];
  const predictor = { ...one.deployment.predictor, graph: await placed(one.deployment.predictor.graph, one, nodes) };
  await createTopic(bootstrap, input);
  await produceRecords(
    bootstrap,
    input,
    one.records.map(({ key, headers, ...value }) => ({ key, headers, value: bytesOf(value), partition: 0 })),
  );
  const { protocol, transport } = one;
  const stream = startTestStream({
    bootstrap,
    input,
    output,
    served: { predictor, protocol, transport },
    // The cases were run with one worker, and Seldon never repeats a call.
    env: { ...one.env, KAFKA_WORKERS: '1', KAFKA_RETRIES: '0' },
  });
  try {
    const count = one.records.length;
    await until('every record is committed', async () => {
      return (await committedOffsets(bootstrap, stream.group, input)).get(0) === BigInt(count);
    });
    if (one.committedOffsetEventually !== undefined && !COMMITTED_ALL_THE_SAME.includes(one.id)) {
      assert.equal(count, one.committedOffsetEventually);
    }
    const failures = failuresOf(one);
    const results = await readAll(bootstrap, output);
    const values = producedBy(one);
    const well = one.records.filter((_, index) => failures[index] === undefined);
    assert.deepEqual(
      results.map(({ key, value }, index) => [key?.toString() ?? null, readable(value, values[index])]),
      well.map(({ key }, index) => [key, expected(values[index])]),
    );
    const errors = await readAll(bootstrap, `${output}-errors`);
    const header = (headers: readonly [string, string][], name: string) => headers.find(([one]) => one === name)?.[1];
    assert.deepEqual(
      errors.map(({ key, value, headers }) => [
        key?.toString() ?? null,
        value?.toString('base64') ?? null,
        header(headers, 'millrace-error-code'),
        header(headers, 'millrace-source'),
      ]),
      one.records.flatMap(({ key, ...record }, offset) => {
        const code = failures[offset];
        return code === undefined
          ? []
          : [[key, bytesOf(record)?.toString('base64') ?? null, code, `${input}/0/${offset}`]];
      }),
    );
    const calls = better?.calls ?? one.calls;
    const pathsOf = (list: KafkaCase['calls']) => list.map(({ node, path }) => `${node} ${path}`);
    assert.deepEqual(pathsOf(nodes.calls), pathsOf(one.id === WITHOUT_VALUE ? [] : calls));
  } finally {
    await stream.close();
    await nodes.close();
  }
}

/** The graph with every `endpoint: {}` filled in with a server of its own. */
function placed(graph: PredictiveUnit, one: KafkaCase, nodes: StubGrpcNodes | StubHttpNodes): Promise<PredictiveUnit> {
  return placedGraph(graph, async ({ name }) => {
    const rules = one.nodes[name] ?? [];
    const port =
      nodes instanceof StubHttpNodes
        ? await nodes.start(name, rules as readonly HttpRule[])
        : await nodes.start(
            name,
            (overGrpc.BETTER[one.id]?.nodes?.[name] ?? (rules as overGrpc.GrpcRule[])).map(answering),
          );
    return { service_host: '127.0.0.1', service_port: port, httpPort: port, grpcPort: port };
  });
}

function answering({ message, ...rule }: overGrpc.GrpcRule) {
  if (message === undefined) return rule;
  return { ...rule, answer: encodeMessage(messagesOf(rule.path)?.answer ?? '', message) };
}

/** The results that there must be, in their order. */
function producedBy({ id, transport, produced }: KafkaCase): readonly Value[] {
  if (transport === 'rest') return overRest.BETTER[id]?.produced ?? produced;
  if (id === WITHOUT_VALUE) return [];
  return overGrpc.BETTER[id]?.produced.map((valueProto) => ({ valueProto })) ?? produced;
}

/** Error codes by record; undefined for a record that has a result. */
function failuresOf(one: KafkaCase): readonly (string | undefined)[] {
  return one.records.map((record, index) => {
    const bytes = bytesOf(record);
    if (bytes === null || bytes.length === 0) return 'EMPTY_RECORD';
    if (one.transport === 'rest') return overRest.FAILURES[one.id]?.[index];
    const failure = overGrpc.FAILURES[one.id]?.[index];
    return failure && FAILURE_CODES[failure];
  });
}

function bytesOf({ valueText, valueBase64, valueProto }: Value): Buffer | null {
  if (valueProto !== undefined) return encodeMessage(valueProto.type, valueProto.message);
  if (valueBase64 !== undefined) return Buffer.from(valueBase64, 'base64');
  return typeof valueText === 'string' ? Buffer.from(valueText) : null;
}

/** REST passes bytes; of messages the fields may come in another order. */
function readable(value: Buffer | null, { valueProto }: Value = {}): unknown {
  if (value === null) return null;
  return valueProto !== undefined && knowsMessage(valueProto.type)
    ? decodeMessage(valueProto.type, value)
    : value.toString();
}

function expected(value: Value | undefined): unknown {
  return value && readable(bytesOf(value), value);
}
