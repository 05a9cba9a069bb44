// MLServer, a server that no one here wrote, behind a stream: the v2 protocol over REST and over gRPC.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../src/protocol/gen/inference/grpc_service_pb.ts';
import {
  committedTotal,
  createTopic,
  produceRecords,
  readAll,
  type ReadRecord,
  testBroker,
  type TestRecord,
  uniqueTopic,
} from '../../broker.ts';
import { Mlserver, trainDigits, type DigitsRecord } from '../../peers/mlserver.ts';
import { installPeers } from '../../peers/peer-packages.ts';
import { groupOf, MillraceProcess } from '../../stream/millrace-process.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();
const { python, skip } = await installPeers('mlserver');

const folder = await mkdtemp(join(tmpdir(), 'millrace-mlserver-'));
after(() => rm(folder, { recursive: true, force: true }));
const digits = skip === false ? await trainDigits(python, folder) : [];

/** Numbers that went through JSON are the same to the last digit; sums of more than one row may differ in the last bits. */
const TOLERANCE = 1e-9;

interface Answer {
  readonly labels: readonly number[];
  readonly probabilities: readonly number[];
}

interface Transport {
  readonly name: 'rest' | 'grpc';
  request(record: DigitsRecord): string | Buffer;
  answer(value: Buffer): Answer;
}

const rest: Transport = {
  name: 'rest',
  request: (record) => record.rest,
  answer(value) {
    const { outputs } = JSON.parse(value.toString()) as { outputs: { name: string; data: number[] }[] };
    const data = (name: string) => outputs.find((output) => output.name === name)?.data ?? [];
    return { labels: data('predict'), probabilities: data('predict_proba') };
  },
};

const grpc: Transport = {
  name: 'grpc',
  request: (record) => Buffer.from(record.grpc, 'base64'),
  answer(value) {
    const { outputs, rawOutputContents } = fromBinary(ModelInferResponseSchema, value);
    // Asked in raw bytes, MLServer answers in them.
    const numbers = (name: string, read: (bytes: DataView, offset: number) => number | bigint) => {
      const index = outputs.findIndex((output) => output.name === name);
      const raw = rawOutputContents[index];
      if (raw === undefined) {
        const { int64Contents = [], fp64Contents = [] } = outputs[index]?.contents ?? {};
        return [...int64Contents.map(Number), ...fp64Contents];
      }
      const bytes = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
      return Array.from({ length: raw.byteLength / 8 }, (_, item) => Number(read(bytes, item * 8)));
    };
    return {
      labels: numbers('predict', (bytes, offset) => bytes.getBigInt64(offset, true)),
      probabilities: numbers('predict_proba', (bytes, offset) => bytes.getFloat64(offset, true)),
    };
  },
};

function assertAnswers(transport: Transport, results: readonly ReadRecord[], asked: readonly DigitsRecord[]): void {
  const byKey = new Map(results.map((result) => [String(result.key), result.value]));
  assert.equal(results.length, asked.length);
  for (const { id, labels, probabilities } of asked) {
    const value = byKey.get(id);
    assert.ok(value, `a result of ${id}`);
    const answer = transport.answer(value);
    assert.deepEqual(answer.labels, labels, id);
    assert.equal(answer.probabilities.length, probabilities.length, id);
    answer.probabilities.forEach((probability, index) => {
      assert.ok(Math.abs(probability - (probabilities[index] ?? NaN)) < TOLERANCE, `${id}: probability ${index}`);
    });
  }
}

async function stream(context: TestContext, mlserver: Mlserver, transport: Transport) {
  const topics = { input: uniqueTopic(`mlserver-${transport.name}-in`), output: uniqueTopic('mlserver-out') };
  await createTopic(bootstrap, topics.input, 2);
  const port = transport.name === 'rest' ? mlserver.restPort : mlserver.grpcPort;
  const run = await MillraceProcess.start({
    ...{ bootstrap, ...topics, protocol: 'v2', transport: transport.name },
    graph: `{name: digits, type: MODEL, endpoint: {service_port: ${port}}}`,
    flags: ['--full-health-checks'],
    env: { KAFKA_RETRY_BACKOFF_MS: '20', KAFKA_RETRIES: '2', KAFKA_COMMIT_INTERVAL_MS: '100' },
  });
  context.after(() => run.end('SIGKILL'));
  return { topics, run };
}

for (const transport of [rest, grpc]) {
  test(
    `MLServer over ${transport.name}: its answers are scikit-learn's, also when it is away for a while`,
    { skip },
    async (context) => {
      const mlserver = await Mlserver.create(python, folder);
      context.after(() => mlserver.stop());
      const { topics, run } = await stream(context, mlserver, transport);
      const record = (asked: DigitsRecord): TestRecord => ({ key: asked.id, value: transport.request(asked) });
      const [before, meanwhile, later] = [digits.slice(0, 80), digits.slice(80, 160), digits.slice(160)];

      // It is not there yet.
      await produceRecords(bootstrap, topics.input, before.map(record));
      assert.equal(await run.probe('/ready'), 503);
      await mlserver.start();
      await until('ready', async () => (await run.probe('/ready')) === 200);
      assertAnswers(transport, await readAll(bootstrap, topics.output, { until: 80 }), before);

      // It goes, with requests under way, and comes back.
      const streamed = produceRecords(bootstrap, topics.input, meanwhile.map(record));
      await mlserver.stop();
      await streamed;
      await until('its absence is noticed', async () => (await run.probe('/ready')) === 503);
      await produceRecords(bootstrap, topics.input, later.map(record));
      await mlserver.start();
      const results = await readAll(bootstrap, topics.output, { until: digits.length });
      assertAnswers(transport, results, digits);
      await until('ready again', async () => (await run.probe('/ready')) === 200);

      assert.equal(await run.end('SIGTERM'), 0, run.log);
      assert.equal(await committedTotal(bootstrap, groupOf(topics.input), topics.input), digits.length);
      assert.deepEqual(await readAll(bootstrap, `${topics.output}-errors`), [], 'nothing was burnt');
    },
  );
}

interface Refused {
  readonly key: string;
  readonly value: string | Buffer;
  readonly status: string;
  /** In the record's header of the answer's text, or, over gRPC, in its message. */
  readonly words: RegExp;
}

const tensor = { name: 'pixels', datatype: 'FP64', shape: [1, 3], data: [0, 1, 0] };
const grpcRequest = (init: MessageInitShape<typeof ModelInferRequestSchema>) =>
  Buffer.from(toBinary(ModelInferRequestSchema, create(ModelInferRequestSchema, init)));

const refusedOf: Readonly<Record<Transport['name'], readonly Refused[]>> = {
  rest: [
    { key: 'cut off', value: '{"inputs":[', status: '422', words: /JSON decode error/ },
    { key: 'no list', value: '{"inputs":"none"}', status: '422', words: /Input should be a valid list/ },
    // It says no more over REST, and calls it its own fault; so it is tried again before it counts as an error.
    { key: 'small', value: JSON.stringify({ inputs: [tensor] }), status: '500', words: /^Internal Server Error$/ },
  ],
  grpc: [
    {
      key: 'small',
      value: grpcRequest({ inputs: [{ ...tensor, shape: [1n, 3n], contents: { fp64Contents: tensor.data } }] }),
      status: 'INTERNAL',
      words: /X has 3 features, but LogisticRegression is expecting 64/,
    },
    { key: 'stranger', value: grpcRequest({ modelName: 'letters' }), status: 'NOT_FOUND', words: /Model letters/ },
  ],
};

test('what MLServer refuses becomes an error record with its own words', { skip }, async (context) => {
  const mlserver = await Mlserver.create(python, folder);
  context.after(() => mlserver.stop());
  await mlserver.start();
  for (const transport of [rest, grpc]) {
    const { topics, run } = await stream(context, mlserver, transport);
    const refused = refusedOf[transport.name];
    const [good] = digits;
    assert.ok(good);
    await produceRecords(bootstrap, topics.input, [...refused, { key: good.id, value: transport.request(good) }]);
    await until('ready', async () => (await run.probe('/ready')) === 200);
    assertAnswers(transport, await readAll(bootstrap, topics.output, { until: 1 }), [good]);
    const errors = await readAll(bootstrap, `${topics.output}-errors`, { until: refused.length });
    for (const { key, value, status, words } of refused) {
      const error = errors.find((record) => String(record.key) === key);
      assert.ok(error, `an error record of '${key}'`);
      assert.ok(error.value?.equals(Buffer.from(value)), key);
      const headers = new Map(error.headers);
      assert.equal(headers.get('millrace-error-status'), status, key);
      assert.equal(headers.get('millrace-error-node'), 'digits', key);
      assert.equal(headers.get('millrace-error-attempts'), status === '500' || status === 'INTERNAL' ? '3' : '1', key);
      const header = transport.name === 'rest' ? 'millrace-error-response' : 'millrace-error-message';
      assert.match(headers.get(header) ?? '', words, key);
    }
    assert.equal(errors.length, refused.length);
    assert.equal(await run.end('SIGTERM'), 0, run.log);
  }
});
