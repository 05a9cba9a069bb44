// A broker that dies, comes back, is not there yet, or cannot be heard: a broker of these tests' own.
import { after, before, test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { startEmbeddedKafka, type EmbeddedKafka } from '../../../src/dev/kafka/embedded-kafka.ts';
import { committedOffsets, createTopic, produceRecords, uniqueTopic } from '../../broker.ts';
import { TcpProxy } from '../../chaos/arena/tcp-proxy.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { groupOf, MillraceProcess } from '../../stream/millrace-process.ts';
import { ModelServer } from '../../stream/model-server.ts';
import { startTestStream, until } from '../../stream/test-stream.ts';

let kafka: EmbeddedKafka;
/** In front of one of its listeners. */
let proxy: TcpProxy;

before(async () => {
  proxy = await TcpProxy.listen();
  kafka = await startEmbeddedKafka({
    listeners: [{ name: 'PROXIED', protocol: 'PLAINTEXT', advertisedPort: proxy.port }],
  });
  proxy.target = Number(kafka.listener('PROXIED').split(':').at(-1));
});

after(async () => {
  await proxy.close();
  await kafka.stop();
});

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
  await until('it goes on', () => model.calls > before + 500);
  await kafka.restart();
  const committed = async () => sum(await committedOffsets(bootstrap, stream.group, input).catch(() => new Map()));
  await until('all is committed', async () => (await committed()) === 3_000);
  await until('no trouble is left', () => stream.pipeline.status().brokerTroubles.length === 0);
  await stream.close();
  const report = await checkStream({ ...topics, group: stream.group });
  const { inputs, errors, lost, foreign, outOfOrder, ahead, uncommitted } = report;
  assert.deepEqual(
    { inputs, errors, lost, foreign, outOfOrder, ahead, uncommitted },
    { inputs: 3_000, errors: 0, lost: [], foreign: [], outOfOrder: [], ahead: [], uncommitted: [] },
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
  const waiting = await MillraceProcess.start({ ...topics, modelPort: model.port, gracefulTimeout: '100s' });
  context.after(() => waiting.end('SIGKILL'));
  const other = await MillraceProcess.start({ ...topics, modelPort: model.port });
  context.after(() => other.end('SIGKILL'));
  await until('it has told what it waits for', () => /ECONNREFUSED|no broker answers/.test(waiting.log));
  assert.deepEqual([await waiting.probe('/live'), await waiting.probe('/ready')], [200, 503]);
  const begun = performance.now();
  assert.equal(await waiting.end('SIGTERM'), 0, waiting.log);
  assert.ok(performance.now() - begun < 60_000, 'its grace was not used');
  await kafka.restart();
  await until('all is answered', () => model.calls === 10);
  await until('it is ready', async () => (await other.probe('/ready')) === 200);
  assert.equal(await other.end('SIGTERM'), 0, other.log);
  const group = `model.${input}.tests`;
  const { lost, duplicated, uncommitted } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, duplicated, uncommitted], [[], [], []]);
});

test('connections that stay and carry nothing: /live says so in its time, and another connection ends it', async (context) => {
  const { topics, model } = await setUp(context);
  const { bootstrap, input } = topics;
  await createTopic(bootstrap, input, 2);
  await produceRecords(bootstrap, input, requests(200));
  const millrace = await MillraceProcess.start({
    ...topics,
    modelPort: model.port,
    env: {
      KAFKA_BROKER: `127.0.0.1:${proxy.port}`,
      KAFKA_REQUEST_TIMEOUT_MS: '1000',
      KAFKA_STALL_TIMEOUT_MS: '1000',
    },
  });
  context.after(() => millrace.end('SIGKILL'));
  await until('all is answered', () => model.calls === 200);
  await until('it is ready', async () => (await millrace.probe('/ready')) === 200);
  proxy.swallow();
  await produceRecords(bootstrap, input, requests(300).slice(200));
  await until('it is told', () => /the stream is stuck/.test(millrace.log));
  await until('brokers that are silent for long count too', async () => (await millrace.probe('/live')) === 503);
  assert.match(millrace.log, /partition 0, 1 of the input topic has not been read for \d+ s: .*timed out/i);
  proxy.open(true);
  const committed = async () => sum(await committedOffsets(bootstrap, groupOf(input), input));
  await until('all is committed', async () => (await committed()) === 300);
  await until('it is well again', async () => (await millrace.probe('/live')) === 200);
  assert.equal(await millrace.end('SIGTERM'), 0, millrace.log);
  const { inputs, lost, outOfOrder, uncommitted } = await checkStream({ ...topics, group: groupOf(input) });
  assert.deepEqual(
    { inputs, lost, outOfOrder, uncommitted },
    { inputs: 300, lost: [], outOfOrder: [], uncommitted: [] },
  );
});
