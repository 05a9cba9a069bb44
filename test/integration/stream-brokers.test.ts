// A broker that dies, comes back, or is not there yet: a broker of these tests' own.
import { after, before, test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { startEmbeddedKafka, type EmbeddedKafka } from '../../src/dev/kafka/embedded-kafka.ts';
import { committedOffsets, createTopic, produceRecords, uniqueTopic } from '../broker.ts';
import { checkStream } from '../checker.ts';
import { MillraceProcess } from '../stream/millrace-process.ts';
import { ModelServer } from '../stream/model-server.ts';
import { startTestStream, until } from '../stream/test-stream.ts';

let kafka: EmbeddedKafka;

before(async () => {
  kafka = await startEmbeddedKafka();
});

after(() => kafka.stop());

async function setUp(context: TestContext) {
  const topics = { bootstrap: kafka.bootstrap, input: uniqueTopic('brokers-in'), output: uniqueTopic('brokers-out') };
  const model = await new ModelServer(({ body }) => ({ body, delayMs: Number(body) % 10 })).start();
  context.after(() => model.stop());
  return { topics, model };
}

const requests = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ key: `key-${id % 50}`, value: `${id}` }));

const sum = (offsets: ReadonlyMap<number, bigint>) => Number([...offsets.values()].reduce((all, one) => all + one, 0n));

test('a broker that is killed and one that is restarted in the middle: nothing lost', async (context) => {
  const { topics, model } = await setUp(context);
  const { bootstrap, input } = topics;
  await createTopic(bootstrap, input, 4);
  await produceRecords(bootstrap, input, requests(3_000));
  const stream = startTestStream({ ...topics, modelPort: model.port, env: { KAFKA_WORKERS: '8' } });
  context.after(() => stream.close(0));
  await until('it is at work', () => model.calls > 500);
  await kafka.kill();
  await until('it knows', () => stream.pipeline.status().brokerTroubles.length > 0);
  await kafka.restart();
  const before = model.calls;
  await until('it goes on', () => model.calls > before + 500, 60_000);
  await kafka.restart();
  const committed = async () => sum(await committedOffsets(bootstrap, stream.group, input).catch(() => new Map()));
  await until('all is committed', async () => (await committed()) === 3_000, 90_000);
  await until('no trouble is left', () => stream.pipeline.status().brokerTroubles.length === 0);
  await stream.close();
  const report = await checkStream({ ...topics, group: stream.group });
  const { inputs, errors, lost, foreign, outOfOrder, committedAhead, uncommitted } = report;
  assert.deepEqual(
    { inputs, errors, lost, foreign, outOfOrder, committedAhead, uncommitted },
    { inputs: 3_000, errors: 0, lost: [], foreign: [], outOfOrder: [], committedAhead: [], uncommitted: 0 },
  );
  // Only a membership that the broker gave up repeats what was not committed; the producer never does.
  assert.ok(report.duplicated.length < 1_000, `${report.duplicated.length} repeated`);
});

test('without a broker it waits, says so, and ends with 0; with one it goes on by itself', async (context) => {
  const { topics, model } = await setUp(context);
  const { bootstrap, input } = topics;
  await createTopic(bootstrap, input, 1);
  await produceRecords(bootstrap, input, requests(10));
  await kafka.kill();
  const waiting = await MillraceProcess.start({ ...topics, modelPort: model.port });
  context.after(() => waiting.end('SIGKILL'));
  const other = await MillraceProcess.start({ ...topics, modelPort: model.port });
  context.after(() => other.end('SIGKILL'));
  await until('it has told what it waits for', () => /ECONNREFUSED|no broker answers/.test(waiting.log));
  assert.deepEqual([await waiting.probe('/live'), await waiting.probe('/ready')], [200, 503]);
  const begun = performance.now();
  assert.equal(await waiting.end('SIGTERM'), 0, waiting.log);
  assert.ok(performance.now() - begun < 5_000);
  await kafka.restart();
  await until('all is answered', () => model.calls === 10, 40_000);
  await until('it is ready', async () => (await other.probe('/ready')) === 200);
  assert.equal(await other.end('SIGTERM'), 0, other.log);
  const group = `model.${input}.tests`;
  const { lost, duplicated, uncommitted } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, duplicated, uncommitted], [[], [], 0]);
});
