// `millrace run` on the document of Seldon's own gRPC sample, with a real broker and a model server of another make.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { PredictRequestSchema, PredictResponseSchema } from '../../../src/protocol/gen/tensorflow/serving_pb.ts';
import { DataType } from '../../../src/protocol/gen/tensorflow/tensor_pb.ts';
import { createTopic, produceRecords, readAll, testBroker, uniqueTopic, type TestRecord } from '../../broker.ts';

const DOCUMENT = 'test/cases/operator/03-kafka-cifar10-grpc.yaml';
const PREDICT = '/tensorflow.serving.PredictionService/Predict';
const REQUEST = 'tensorflow.serving.PredictRequest';
const bootstrap = testBroker();

const shape = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: BigInt(size) })) });

/** A picture of CIFAR-10's size, each its own. */
function picture(id: number): Buffer {
  const floatVal = Array.from({ length: 32 * 32 * 3 }, (_, i) => ((i * 31 + id) % 256) / 255);
  const image = { dtype: DataType.DT_FLOAT, tensorShape: shape(1, 32, 32, 3), floatVal };
  return Buffer.from(
    toBinary(
      PredictRequestSchema,
      create(PredictRequestSchema, { modelSpec: { name: 'resnet32' }, inputs: { image } }),
    ),
  );
}

function scores(id: number): Buffer {
  const floatVal = Array.from({ length: 10 }, (_, i) => (i === id % 10 ? 0.91 : 0.01));
  const outputs = { probabilities: { dtype: DataType.DT_FLOAT, tensorShape: shape(1, 10), floatVal } };
  return Buffer.from(toBinary(PredictResponseSchema, create(PredictResponseSchema, { outputs })));
}

/** Answers the pictures it knows, byte by byte; every seventh only when it is asked again. */
async function startModel(answers: ReadonlyMap<string, Buffer>) {
  const asked = new Map<string, number>();
  const asIs = (bytes: Buffer) => bytes;
  const predict = (
    call: { readonly request: Buffer },
    done: (error: { code: number; details: string } | null, answer?: Buffer) => void,
  ) => {
    const key = call.request.toString('latin1');
    const times = (asked.get(key) ?? 0) + 1;
    asked.set(key, times);
    const answer = answers.get(key);
    if (answer === undefined) done({ code: status.INVALID_ARGUMENT, details: 'not a picture' });
    else if (times === 1 && asked.size % 7 === 0) done({ code: status.UNAVAILABLE, details: 'loading' });
    else done(null, answer);
  };
  const server = new Server();
  server.register(PREDICT, predict, asIs, asIs, 'unary');
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, stop: () => server.forceShutdown() };
}

test('protobuf requests become protobuf answers, byte for byte, and what is no request becomes an error record', async (context) => {
  const topics = { input: uniqueTopic('grpc-in'), output: uniqueTopic('grpc-out') };
  await createTopic(bootstrap, topics.input, 3);
  const pictures = Array.from({ length: 150 }, (_, id) => ({ id, value: picture(id), answer: scores(id) }));
  const model = await startModel(new Map(pictures.map(({ value, answer }) => [value.toString('latin1'), answer])));
  context.after(model.stop);

  const names = ['proto-name', 'Proto-Name', 'PROTO-NAME'];
  const good = pictures.map(({ id, value }): TestRecord => {
    const name = names[id % 4];
    const headers = [['Seldon-Puid', `puid-${id}`], ['trace', `t-${id}`], ...(name ? [[name, REQUEST]] : [])];
    return { key: `key-${id}`, value, headers: headers as [string, string][] };
  });
  const cut = picture(1_000).subarray(0, 1_000);
  const bad: readonly TestRecord[] = [
    { key: 'unknown', value: picture(0), headers: [['proto-name', 'no.such.Message']] },
    { key: 'other protocol', value: picture(0), headers: [['proto-name', 'inference.ModelInferRequest']] },
    { key: 'cut short', value: cut, headers: [['proto-name', REQUEST]] },
    { key: 'refused', value: picture(1_000), headers: [['proto-name', REQUEST]] },
    { key: 'empty', value: null, headers: [['proto-name', REQUEST]] },
  ];
  await produceRecords(bootstrap, topics.input, [...good.slice(0, 70), ...bad, ...good.slice(70)]);

  const variables = {
    KAFKA_BROKER: bootstrap,
    KAFKA_INPUT_TOPIC: topics.input,
    KAFKA_OUTPUT_TOPIC: topics.output,
    KAFKA_RETRY_BACKOFF_MS: '20',
  };
  const run = spawn(
    process.execPath,
    [
      ...['src/cli/main.ts', 'run', DOCUMENT, '--http-port', '0', '--endpoint', `resnet32=127.0.0.1:${model.port}`],
      ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  context.after(() => run.kill('SIGKILL'));
  const output = Promise.all([text(run.stdout), text(run.stderr)]);
  const failed = once(run, 'exit').then(async ([code]) => {
    throw new Error(`millrace ended with ${code}:\n${(await output).join('\n')}`);
  });
  failed.catch(() => undefined);

  // Topics that millrace makes are there when it streams.
  const errors = await Promise.race([readAll(bootstrap, `${topics.output}-errors`, { until: bad.length }), failed]);
  const results = await Promise.race([readAll(bootstrap, topics.output, { until: good.length }), failed]);

  const byKey = new Map(results.map((record) => [String(record.key), record]));
  assert.equal(results.length, good.length);
  for (const { id, answer } of pictures) {
    const result = byKey.get(`key-${id}`);
    assert.ok(result, `a result of picture ${id}`);
    assert.ok(result.value?.equals(answer), `the answer of picture ${id}`);
    const headers = new Map(result.headers);
    assert.equal(headers.get('proto-name'), 'tensorflow.serving.PredictResponse');
    assert.equal(headers.get('content-type'), 'application/protobuf');
    assert.equal(headers.get('seldon-puid'), `puid-${id}`);
    assert.equal(headers.get('trace'), `t-${id}`);
    const named = result.headers.filter(([name]) => name.toLowerCase() === 'proto-name');
    assert.equal(named.length, 1);
  }

  const said = errors.map((record) => {
    const headers = new Map(record.headers);
    const { key } = record;
    return [String(key), headers.get('millrace-error-code'), headers.get('millrace-error-attempts')];
  });
  assert.deepEqual(said.sort(), [
    ['cut short', 'REQUEST_INVALID', '1'],
    ['empty', 'EMPTY_RECORD', '1'],
    ['other protocol', 'REQUEST_INVALID', '1'],
    ['refused', 'MODEL_STATUS', '1'],
    ['unknown', 'REQUEST_INVALID', '1'],
  ]);
  const refused = errors.find((record) => String(record.key) === 'refused');
  assert.equal(new Map(refused?.headers).get('millrace-error-status'), 'INVALID_ARGUMENT');
  assert.ok(refused?.value?.equals(picture(1_000)), 'an error record has the request, untouched');

  run.kill('SIGTERM');
  const [code] = (await once(run, 'exit')) as [number | null];
  assert.equal(code, 0, (await output).join('\n'));
});
