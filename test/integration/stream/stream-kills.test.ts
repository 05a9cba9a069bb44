// Real processes that are killed, stopped and starved of their model.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { committedTotal, createTopic, endOffsets, produceRecords, testBroker, uniqueTopic } from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { groupOf, MillraceProcess, type MillraceOptions } from '../../stream/millrace-process.ts';
import { ModelServer, type Behaviour, type ModelCall } from '../../stream/model-server.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

async function setUp(
  context: TestContext,
  partitions: number,
  behave: (call: ModelCall) => Behaviour = ({ body }) => ({ body, delayMs: body.length % 7 }),
) {
  const topics = { bootstrap, input: uniqueTopic('kills-in'), output: uniqueTopic('kills-out') };
  const group = groupOf(topics.input);
  await createTopic(bootstrap, topics.input, partitions);
  const model = await new ModelServer(behave).start();
  context.after(() => model.stop());
  const start = async (options: Partial<MillraceOptions> = {}) => {
    const millrace = await MillraceProcess.start({ ...topics, modelPort: model.port, ...options });
    context.after(() => millrace.end('SIGKILL'));
    return millrace;
  };
  const stored = async () => {
    const ends = await endOffsets(bootstrap, topics.output).catch(() => new Map<number, bigint>());
    return Number([...ends.values()].reduce((sum, end) => sum + end, 0n));
  };
  const committed = () => committedTotal(bootstrap, group, topics.input);
  return { topics, group, model, start, stored, committed };
}

const requests = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ key: `key-${id % 97}`, value: `request ${id}${'.'.repeat(id % 50)}` }));

test('killed five times while 5000 records stream: nothing lost, never committed ahead, every key in order', async (context) => {
  let quota = 0;
  const { topics, group, model, start, stored, committed } = await setUp(context, 4, ({ body }) =>
    model.calls > quota ? 'hang' : { body, delayMs: body.length % 7 },
  );
  await produceRecords(bootstrap, topics.input, requests(5_000));
  // A nameless member is waited for until its session is over; one with a name takes its place at once.
  const named = { KAFKA_GROUP_INSTANCE_ID: 'replica-0' };
  for (let kill = 0; kill < 5; kill++) {
    const env = { KAFKA_WORKERS: '16', KAFKA_COMMIT_INTERVAL_MS: '50', ...(kill > 1 && named) };
    // However late it is killed, it has not come to the end by then.
    quota = model.calls + 900;
    const before = await stored();
    const millrace = await start({ env });
    await until('it has gone on', async () => (await stored()) > before + 200 + kill * 70);
    assert.equal(await millrace.end('SIGKILL'), 'SIGKILL');
    const report = await checkStream({ ...topics, group });
    assert.deepEqual([report.ahead, report.foreign, report.outOfOrder], [[], [], []], `after kill ${kill + 1}`);
    assert.ok(report.lost.length > 0, 'it was killed in the middle');
  }
  quota = Infinity;
  const last = await start({ env: named });
  await until('all is committed', async () => (await committed()) === 5_000);
  assert.equal(await last.end('SIGTERM'), 0, last.log);
  const { inputs, errors, lost, foreign, outOfOrder, uncommitted, duplicated } = await checkStream({
    ...topics,
    group,
  });
  assert.deepEqual(
    { inputs, errors, lost, foreign, outOfOrder, uncommitted },
    { inputs: 5_000, errors: 0, lost: [], foreign: [], outOfOrder: [], uncommitted: [] },
  );
  assert.ok(duplicated.length < 2_500, `${duplicated.length} repeated: the starts go on from what was committed`);
});

test('asked to stop in the middle it ends with 0, and what is committed is exactly what has a result', async (context) => {
  // All of them take twelve seconds.
  const { topics, group, start, stored, committed } = await setUp(context, 3, ({ body }) => ({ body, delayMs: 20 }));
  await produceRecords(bootstrap, topics.input, requests(5_000));
  const millrace = await start({ gracefulTimeout: '100s', env: { KAFKA_WORKERS: '8' } });
  await until('it is at work', async () => (await stored()) > 300);
  const begun = performance.now();
  assert.equal(await millrace.end('SIGTERM'), 0, millrace.log);
  assert.ok(performance.now() - begun < 50_000);
  const report = await checkStream({ ...topics, group });
  assert.deepEqual([report.duplicated, report.ahead, report.outOfOrder], [[], [], []]);
  // Without an order between keys a result may be stored above one that was dropped; but nothing was retried here.
  assert.deepEqual([await committed(), report.uncommitted.length], [report.results, report.lost.length]);
  assert.ok(report.lost.length > 0);
});

test('a model that never answers: SIGTERM ends it within its grace all the same', async (context) => {
  const { topics, model, start } = await setUp(context, 1, () => 'hang');
  await produceRecords(bootstrap, topics.input, requests(10));
  const millrace = await start({ gracefulTimeout: '1s' });
  await until('all are at the model', () => model.atOnce === 10);
  const begun = performance.now();
  await millrace.end('SIGTERM');
  assert.ok(performance.now() - begun < 30_000);
});

test('a large backlog and a slow model do not make the process grow', async (context) => {
  const { topics, model, start } = await setUp(context, 4, ({ body }) => ({ body, delayMs: 20 }));
  const value = 'x'.repeat(1_900);
  for (let batch = 0; batch < 60; batch++) {
    const records = Array.from({ length: 500 }, (_, id) => ({ key: `k${id}`, value: `${batch}/${id} ${value}` }));
    await produceRecords(bootstrap, topics.input, records);
  }
  const env = { KAFKA_IN_FLIGHT_BYTES: String(8 * 1024 * 1024), KAFKA_WORKERS: '32' };
  const millrace = await start({ env });
  await until('it is at work', () => model.calls > 500);
  let most = 0;
  for (const calls of [1_500, 2_500, 3_500, 4_500]) {
    await until('it goes on', () => model.calls > calls);
    most = Math.max(most, millrace.memoryBytes);
  }
  assert.ok(most < 350 * 1024 * 1024, `${Math.round(most / 1024 / 1024)} MiB resident`);
  await millrace.end('SIGKILL');
});
