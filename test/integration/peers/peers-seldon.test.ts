// Units behind the Python wrapper of Seldon Core 1, which no one here wrote, in one graph: the seldon protocol over REST and gRPC.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { create, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { SeldonMessageSchema } from '../../../src/protocol/gen/seldon/prediction_pb.ts';
import { createTopic, produceRecords, readAll, testBroker, uniqueTopic, type TestRecord } from '../../broker.ts';
import { installPeers } from '../../peers/peer-packages.ts';
import { SeldonUnit, type SeldonUnitOptions } from '../../peers/seldon-unit.ts';
import { MillraceProcess } from '../../stream/millrace-process.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();
const { python, skip } = await installPeers('seldon');
const folder = await mkdtemp(join(tmpdir(), 'millrace-seldon-'));
const unit = async (options: Omit<SeldonUnitOptions, 'python' | 'logFolder'>) =>
  SeldonUnit.create({ ...options, python, logFolder: folder });

const units = {
  scale: await unit({ name: 'scale', className: 'Scale', parameters: { factor: 2 } }),
  pick: await unit({ name: 'pick', className: 'Pick', parameters: { limit: 10 } }),
  line: await unit({ name: 'line', className: 'Line' }),
  square: await unit({ name: 'square', className: 'Square' }),
  mean: await unit({ name: 'mean', className: 'Mean' }),
};
after(async () => {
  await Promise.all(Object.values(units).map((one) => one.stop()));
  await rm(folder, { recursive: true, force: true });
});
if (skip === false) await Promise.all(Object.values(units).map((one) => one.start()));

type Transport = 'rest' | 'grpc';

async function stream(context: TestContext, transport: Transport) {
  const topics = { input: uniqueTopic(`wrapper-${transport}-in`), output: uniqueTopic('wrapper-out') };
  await createTopic(bootstrap, topics.input, 2);
  const at = (one: SeldonUnit) => `endpoint: {service_port: ${transport === 'rest' ? one.restPort : one.grpcPort}}`;
  const { scale, pick, line, square, mean } = units;
  // `line` is one server and two nodes.
  const graph = `{name: scale, type: TRANSFORMER, ${at(scale)}, children: [{name: pick, type: ROUTER, ${at(pick)}, children: [
      {name: line, type: MODEL, ${at(line)}},
      {name: mean, type: COMBINER, ${at(mean)}, children: [{name: line-too, type: MODEL, ${at(line)}}, {name: square, type: MODEL, ${at(square)}}]}]}]}`;
  const run = await MillraceProcess.start({
    ...{ bootstrap, ...topics, transport, graph },
    flags: ['--full-health-checks'],
    env: { KAFKA_RETRY_BACKOFF_MS: '20', KAFKA_RETRIES: '2', SELDON_ENABLE_ROUTING_INJECTION: 'true' },
  });
  context.after(() => run.end('SIGKILL'));
  return { topics, run };
}

interface Message {
  readonly data: {
    readonly names: readonly string[];
    readonly ndarray?: readonly (readonly number[])[];
    readonly tensor?: { readonly values: readonly number[] };
  };
  readonly meta: {
    readonly tags: object;
    readonly routing: object;
    readonly requestPath: object;
    readonly metrics: readonly { readonly key: string; readonly type?: string; readonly value: number }[];
  };
}

/** An answer, in the same words for JSON and protobuf. */
function told(value: Buffer | null, transport: Transport) {
  const bytes = value ?? Buffer.alloc(0);
  const message: unknown =
    transport === 'rest'
      ? JSON.parse(bytes.toString())
      : toJson(SeldonMessageSchema, fromBinary(SeldonMessageSchema, bytes));
  const { data, meta } = message as Message;
  return {
    names: data.names,
    numbers: data.ndarray?.flat() ?? data.tensor?.values,
    tags: meta.tags,
    routing: meta.routing,
    path: meta.requestPath,
    metrics: meta.metrics.map(({ key, type = 'COUNTER', value: measured }) => `${type} ${key} ${measured}`),
  };
}

type Told = ReturnType<typeof told>;

function request(numbers: readonly number[], transport: Transport): string | Buffer {
  if (transport === 'rest') return JSON.stringify({ data: { ndarray: [numbers] } });
  const tensor = { shape: [1, numbers.length], values: [...numbers] };
  const data = { dataOneof: { case: 'tensor', value: tensor } } as const;
  const message = create(SeldonMessageSchema, { dataOneof: { case: 'data', value: data } });
  return Buffer.from(toBinary(SeldonMessageSchema, message));
}

/** What the graph makes of two numbers. Tags, metrics and the path are put together by the wrapper, unit by unit. */
function expected(numbers: readonly number[]): Told {
  const scaled = numbers.map((number) => number * 2);
  const line = scaled.map((number) => 2 * number + 1);
  const [counted, gauged] = ['COUNTER scaled_total 1', 'GAUGE line_gauge 7'];
  if (scaled.reduce((sum, number) => sum + number) < 10) {
    return {
      names: ['first', 'second'],
      numbers: line,
      tags: { factor: 2, model: 'line' },
      routing: { scale: -1, pick: 0, line: -1 },
      path: { scale: 'scale:1', line: 'line:1' },
      metrics: [counted, gauged],
    };
  }
  return {
    names: ['t:0', 't:1'],
    numbers: scaled.map((number, index) => ((line[index] ?? NaN) + number * number) / 2),
    tags: { factor: 2, model: 'line', square: true, combined: true },
    routing: { scale: -1, pick: 1, 'line-too': -1, square: -1, mean: -1 },
    path: { scale: 'scale:1', line: 'line:1', square: 'square:1', mean: 'mean:1' },
    // The combiner adds up what the branches say, and each says what came before it.
    metrics: [counted, gauged, counted, 'TIMER square_timer 3'],
  };
}

for (const transport of ['rest', 'grpc'] as const) {
  test(`units of Seldon's Python wrapper in one graph over ${transport}`, { skip }, async (context) => {
    const { topics, run } = await stream(context, transport);
    const inputs = Array.from({ length: 60 }, (_, id) => ({ key: `k${id}`, numbers: [id % 7, (id * 5) % 11] }));
    const bad: readonly TestRecord[] = [
      { key: 'negative', value: request([-1, 1], transport) },
      { key: 'no message', value: '{"data":' },
    ];
    const good = inputs.map(({ key, numbers }) => ({ key, value: request(numbers, transport) }));
    await produceRecords(bootstrap, topics.input, [...good.slice(0, 30), ...bad, ...good.slice(30)]);
    await until('ready', async () => (await run.probe('/ready')) === 200);
    const results = await readAll(bootstrap, topics.output, { until: inputs.length });
    const byKey = new Map(results.map((record) => [String(record.key), record]));
    assert.equal(results.length, inputs.length);
    for (const { key, numbers } of inputs) {
      const value = byKey.get(key)?.value;
      assert.ok(value, `a result of ${key}`);
      assert.deepEqual(told(value, transport), expected(numbers), key);
    }

    const errors = await readAll(bootstrap, `${topics.output}-errors`, { until: bad.length });
    const said = errors.map((record) => {
      const header = (name: string) => new Map(record.headers).get(`millrace-error-${name}`) ?? '';
      const words = transport === 'rest' ? header('response') : header('message');
      const [own = ''] = /line takes no negative numbers|Can't find JSON in data|no protobuf message/.exec(words) ?? [];
      return [String(record.key), header('node'), header('status'), header('attempts'), own];
    });
    // An exception of the user's own code is 500 or UNKNOWN, which may pass, so it is tried again.
    assert.deepEqual(
      said.sort(),
      transport === 'rest'
        ? [
            ['negative', 'line', '500', '3', 'line takes no negative numbers'],
            ['no message', 'scale', '400', '1', "Can't find JSON in data"],
          ]
        : [
            ['negative', 'line', 'UNKNOWN', '3', 'line takes no negative numbers'],
            ['no message', 'scale', '', '1', 'no protobuf message'],
          ],
    );
    assert.equal(await run.end('SIGTERM'), 0, run.log);
  });
}
