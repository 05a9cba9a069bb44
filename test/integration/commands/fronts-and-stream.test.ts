// Server type kafka answers requests too: every route and method of each protocol, while records are at the models.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelInferRequestSchema } from '../../../src/protocol/gen/inference/grpc_service_pb.ts';
import { SeldonMessageSchema } from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import { PredictRequestSchema } from '../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { createTopic, produceRecords, readAll, testBroker, uniqueTopic } from '../../broker.ts';
import { HeldModel } from '../../stream/held-model.ts';
import { until } from '../../stream/test-stream.ts';
import { ask } from '../../unit/rpc/ask.ts';
import { GrpcCaller } from '../../unit/rpc/grpc-front.ts';

const bootstrap = testBroker();
const RECORDS = 10;
const WORKERS = 4;

interface Case {
  readonly protocol: string;
  readonly transport: 'rest' | 'grpc';
  /** A request as a record, by its number. */
  record(name: string): string | Buffer;
  /** `METHOD path`, and what is sent; the answer is that again, or `{"path":...}` of the model. */
  readonly http: readonly (readonly [string, string, string])[];
  /** Method of the front, that of the model (none where it is the front's own), message, and answer where that is another. */
  readonly grpc: readonly (readonly [string, string | undefined, Buffer, Buffer?])[];
  /** Labels of a request over HTTP and over gRPC in the metrics. */
  readonly measured: readonly string[];
}

interface Topics extends Readonly<Record<string, string>> {
  readonly KAFKA_INPUT_TOPIC: string;
  readonly KAFKA_OUTPUT_TOPIC: string;
}

const NOTHING = Buffer.alloc(0);
/** Field 1 of a message, a string: the model's name. */
const NAMED = Buffer.from([0x0a, 1, 0x6d]);
/** The same in a `ModelSpec` in field 1. */
const SPEC = Buffer.concat([Buffer.from([0x0a, NAMED.length]), NAMED]);

const seldonMessage = (text: string) => ({ dataOneof: { case: 'strData' as const, value: text } });
const seldon = (text: string) =>
  Buffer.from(toBinary(SeldonMessageSchema, create(SeldonMessageSchema, seldonMessage(text))));
const predictRequest = Buffer.from(
  toBinary(PredictRequestSchema, create(PredictRequestSchema, { modelSpec: { name: 'm' } })),
);
const inferRequest = (id: string) =>
  Buffer.from(toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, { modelName: 'm', id })));

const CASES: readonly Case[] = [
  {
    protocol: 'seldon',
    transport: 'rest',
    record: (name) => `{"strData":"${name}"}`,
    http: [
      ['POST', '/api/v1.0/predictions', '{"strData":"now"}'],
      ['POST', '/api/v0.1/predictions', '{"strData":"now"}'],
      ['POST', '/api/v1.0/feedback', '{"reward":1}'],
      ['GET', '/api/v1.0/status/m', '{"path":"/health/status"}'],
      ['GET', '/api/v1.0/metadata/m', '{"path":"/metadata"}'],
      ['GET', '/api/v1.0/metadata', '{"name":"p","models":{"m":{}},"graphinputs":null,"graphoutputs":null}'],
      ['GET', '/api/v1.0/health/status', ''],
    ],
    grpc: [
      ['/seldon.protos.Seldon/Predict', '/seldon.protos.Model/Predict', seldon('now')],
      ['/seldon.protos.Seldon/SendFeedback', '/seldon.protos.Model/SendFeedback', NOTHING],
      ['/seldon.protos.Seldon/ModelMetadata', '/seldon.protos.Model/Metadata', NAMED, NOTHING],
    ],
    measured: ['service="predictions",method="post",code="200"', 'service="/seldon.protos.Seldon/Predict"'],
  },
  {
    protocol: 'tensorflow',
    transport: 'rest',
    record: (name) => `{"instances":["${name}"]}`,
    http: [
      ['POST', '/v1/models/m:predict', '{"instances":[1.0]}'],
      ['POST', '/api/v1.0/feedback', '{"reward":1}'],
      ['GET', '/v1/models/m', '{"path":"/v1/models/m"}'],
      ['GET', '/v1/models/m/metadata', '{"path":"/v1/models/m/metadata"}'],
    ],
    grpc: [
      [
        '/tensorflow.serving.PredictionService/Predict',
        '/tensorflow.serving.PredictionService/Predict',
        predictRequest,
      ],
      [
        '/tensorflow.serving.PredictionService/GetModelMetadata',
        '/tensorflow.serving.PredictionService/GetModelMetadata',
        SPEC,
      ],
      ['/tensorflow.serving.ModelService/GetModelStatus', '/tensorflow.serving.ModelService/GetModelStatus', SPEC],
    ],
    measured: [
      'service="feedback",method="post",code="200"',
      'service="/tensorflow.serving.ModelService/GetModelStatus"',
    ],
  },
  {
    protocol: 'v2',
    transport: 'grpc',
    record: (name) => inferRequest(name),
    http: [
      ['POST', '/v2/models/m/infer', '{"inputs":[]}'],
      ['POST', '/v2/models/infer', '{"inputs":[]}'],
      ['GET', '/v2/models/m/ready', '{"path":"/v2/models/m/ready"}'],
      ['GET', '/v2/models/m', '{"path":"/v2/models/m"}'],
      ['GET', '/v2/health/ready', ''],
      ['GET', '/v2/health/live', ''],
    ],
    grpc: [
      ['/inference.GRPCInferenceService/ModelInfer', '/inference.GRPCInferenceService/ModelInfer', inferRequest('now')],
      ['/inference.GRPCInferenceService/ModelReady', '/inference.GRPCInferenceService/ModelReady', NAMED],
      ['/inference.GRPCInferenceService/ModelMetadata', '/inference.GRPCInferenceService/ModelMetadata', NAMED],
      ['/inference.GRPCInferenceService/ServerLive', undefined, NOTHING, Buffer.from([0x08, 1])],
      ['/inference.GRPCInferenceService/ServerReady', undefined, NOTHING, Buffer.from([0x08, 1])],
    ],
    measured: [
      'service="metadata",method="get",code="200"',
      'service="/inference.GRPCInferenceService/ModelInfer",method="unary",code="OK"',
    ],
  },
];

async function startExecutor(context: TestContext, { protocol, transport }: Case, model: HeldModel, topics: Topics) {
  const endpoint = { service_host: '127.0.0.1', httpPort: model.httpPort, grpcPort: model.grpcPort };
  const predictor = { name: 'p', graph: { name: 'm', type: 'MODEL', endpoint } };
  const flags = `executor --sdep ${topics.KAFKA_INPUT_TOPIC} --namespace n --predictor p --http_port 0 --grpc_port 0 --server_type kafka --protocol ${protocol} --transport ${transport}`;
  const child = spawn(process.execPath, ['src/cli/main.ts', ...flags.split(' ')], {
    env: {
      ...process.env,
      ...topics,
      ENGINE_PREDICTOR: Buffer.from(JSON.stringify(predictor)).toString('base64'),
      KAFKA_BROKER: bootstrap,
      KAFKA_WORKERS: String(WORKERS),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 240_000,
  });
  context.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const portOf = (kind: string) => Number(new RegExp(`"port":(\\d+)[^\\n]*${kind} server listens`).exec(log)?.[1] ?? 0);
  await until('both ports are open', () => portOf('HTTP') > 0 && portOf('gRPC') > 0);
  return { child, exited, httpPort: portOf('HTTP'), grpcPort: portOf('gRPC'), log: () => log };
}

for (const one of CASES) {
  test(`${one.protocol}: requests over HTTP and gRPC are answered while records over ${one.transport} are under way`, async (context) => {
    const topics = { KAFKA_INPUT_TOPIC: uniqueTopic('fronts-in'), KAFKA_OUTPUT_TOPIC: uniqueTopic('fronts-out') };
    await createTopic(bootstrap, topics.KAFKA_INPUT_TOPIC);
    await createTopic(bootstrap, topics.KAFKA_OUTPUT_TOPIC);
    const model = await new HeldModel().start(one.grpc.flatMap(([, method]) => method ?? []));
    context.after(() => model.stop());
    const { child, exited, httpPort, grpcPort, log } = await startExecutor(context, one, model, topics);
    const records = Array.from({ length: RECORDS }, (_, id) => ({ key: String(id), value: one.record(`held-${id}`) }));
    await produceRecords(bootstrap, topics.KAFKA_INPUT_TOPIC, records);
    const metrics = async () => (await ask(httpPort, '/metrics')).text;
    await until('records are at the model', async () =>
      (await metrics()).includes(`\nmillrace_in_flight_records ${WORKERS}\n`),
    );

    assert.deepEqual([(await ask(httpPort, '/live')).status, (await ask(httpPort, '/ready')).status], [200, 200]);
    for (const [method, path, body] of one.http) {
      const sent =
        method === 'POST' ? { body, headers: { 'Content-Type': 'application/json', 'Seldon-Puid': 'p1' } } : {};
      const answer = await ask(httpPort, path, { method, ...sent });
      assert.deepEqual([answer.status, answer.text], [200, body], `${method} ${path}`);
      if (method === 'POST') assert.equal(answer.headers['seldon-puid'], 'p1', path);
    }
    const caller = new GrpcCaller(grpcPort);
    context.after(() => caller.close());
    for (const [method, , message, expected = message] of one.grpc) {
      const answer = await caller.call(method, message, [['seldon-puid', 'p2']]);
      assert.deepEqual([answer.error, answer.message.toString('hex')], [null, expected.toString('hex')], method);
      assert.deepEqual(answer.headers?.get('seldon-puid'), ['p2'], method);
    }
    const health = await caller.call('/grpc.health.v1.Health/Check', NOTHING);
    assert.deepEqual([health.error, [...health.message]], [null, [0x08, 1]]);
    const text = await metrics();
    for (const labels of one.measured) assert.ok(text.includes(labels), `${labels} in the metrics`);
    assert.match(text, new RegExp(`\\nmillrace_in_flight_records ${WORKERS}\\n`));

    model.letGo();
    const results = await readAll(bootstrap, topics.KAFKA_OUTPUT_TOPIC, { until: RECORDS });
    // Keys of their own: in any order.
    const answers = new Map(results.map(({ key, value }) => [String(key), String(value)]));
    assert.equal(results.length, RECORDS);
    for (const { key, value } of records) assert.equal(answers.get(key), value.toString());
    child.kill('SIGTERM');
    assert.equal(await exited, 0, log());
  });
}
