// Members that come and go, and topics that come late and grow.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { createTopic, produceRecords, readAll, testBroker, uniqueTopic, withAdmin } from '../../broker.ts';
import { streamGroup } from '../../stream/stream-group.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { startTestStream, until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

const setUp = (context: TestContext) =>
  streamGroup(context, bootstrap, 'groups', ({ body }) => ({ body, delayMs: Number(body) % 40 }));

const requests = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `key-${(from + index) % 40}`, value: `${from + index}` }));

test('members join and leave under load: nothing lost, every key in order, every partition read', async (context) => {
  const { topics, group, start, committed } = await setUp(context);
  await createTopic(bootstrap, topics.input, 6);
  await produceRecords(bootstrap, topics.input, requests(0, 1_500));
  const env = { KAFKA_WORKERS: '8' };
  const first = start(env);
  await until('the first is at work', async () => (await committed()) > 100);
  const second = start(env);
  const held = () => [first, second].map(({ pipeline }) => pipeline.status().partitions.length);
  await until('they share', () => String(held()) === '3,3');
  await produceRecords(bootstrap, topics.input, requests(1_500, 1_000));
  const before = await committed();
  await until('both go on', async () => (await committed()) > before + 100);
  await second.close();
  await until('the first has all', () => first.pipeline.status().partitions.length === 6);
  await until('all is committed', async () => (await committed()) === 2_500);
  await first.close();
  const report = await checkStream({ ...topics, group });
  const { inputs, lost, foreign, outOfOrder, ahead, uncommitted } = report;
  assert.deepEqual(
    { inputs, lost, foreign, outOfOrder, ahead, uncommitted },
    { inputs: 2_500, lost: [], foreign: [], outOfOrder: [], ahead: [], uncommitted: [] },
  );
  // A drain ends before its limit here, so that a rebalance repeats nothing.
  assert.deepEqual(report.duplicated, []);
});

test('members of one group that read different topics each get all of their own', async (context) => {
  const { topics, group, model, start } = await setUp(context);
  const other = { bootstrap, input: uniqueTopic('groups-in'), output: uniqueTopic('groups-out') };
  await createTopic(bootstrap, topics.input, 2);
  await createTopic(bootstrap, other.input, 3);
  await Promise.all([topics, other].map(({ input }) => produceRecords(bootstrap, input, requests(0, 30))));
  const first = start();
  await until('the first leads', () => first.pipeline.status().partitions.length === 2);
  const second = startTestStream({ ...other, group, modelPort: model.port });
  context.after(() => second.close(0));
  const held = () => [first, second].map(({ pipeline }) => pipeline.status().partitions.length);
  await until('each has its own', () => String(held()) === '2,3');
  await until('all is answered', async () => (await readAll(bootstrap, other.output)).length === 30);
  await second.close();
  await first.close();
});

test('a static member that comes back within the session takes its place without a rebalance', async (context) => {
  const { topics, group, start, committed } = await setUp(context);
  await createTopic(bootstrap, topics.input, 4);
  // The session is to outlive the time in between, however long that takes.
  const named = (name: string) => start({ KAFKA_GROUP_INSTANCE_ID: name, KAFKA_SESSION_TIMEOUT_MS: '120000' });
  const [other, first] = [named('replica-1'), named('replica-0')];
  const held = () =>
    [first, other].map(({ pipeline }) => pipeline.status().partitions.map(({ partition }) => partition));
  await until('they share', () => held().every(({ length }) => length === 2));
  const before = held();
  const generation = other.pipeline.status().generation;
  await first.close();
  const again = named('replica-0');
  await until('it is back', () => again.pipeline.status().partitions.length === 2);
  assert.deepEqual(
    again.pipeline.status().partitions.map(({ partition }) => partition),
    before[0],
  );
  await produceRecords(bootstrap, topics.input, requests(0, 200));
  await until('all is committed', async () => (await committed()) === 200);
  assert.deepEqual([held()[1], other.pipeline.status().generation], [before[1], generation], 'nothing has moved');
  await again.close();
  await other.close();
  const { lost, duplicated } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, duplicated], [[], []]);
});

test('an input topic that is not there is waited for; one that grows is read whole', async (context) => {
  const { topics, group, start, committed } = await setUp(context);
  // What comes after the group has begun is never left out, whatever this says.
  const stream = start({ KAFKA_OFFSET_RESET: 'latest' });
  await until('it waits', () => stream.pipeline.status().brokerTroubles.length > 0);
  assert.equal(stream.pipeline.status().joined, false);
  await createTopic(bootstrap, topics.input, 1);
  await until('it has joined', () => stream.pipeline.status().joined);
  await produceRecords(bootstrap, topics.input, requests(0, 20));
  await until('the first are committed', async () => (await committed()) === 20);
  await withAdmin(bootstrap, async (admin) => {
    const [broker = 1] = (await admin.metadata({ topics: [] })).brokers.keys();
    const assignments = [{ brokerIds: [broker] }, { brokerIds: [broker] }];
    await admin.createPartitions({ topics: [{ name: topics.input, count: 3, assignments }] });
  });
  for (const partition of [1, 2]) {
    await produceRecords(bootstrap, topics.input, [{ key: 'new', value: '1', partition }]);
  }
  await until('the new partitions are ours', () => stream.pipeline.status().partitions.length === 3);
  await until('theirs are committed too', async () => (await committed()) === 22);
  await stream.close();
  assert.equal((await readAll(bootstrap, topics.output)).length, 22);
  const { lost, duplicated } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, duplicated], [[], []]);
});

test('a stream that waits for its input topic ends at once when asked to', async (context) => {
  const { start } = await setUp(context);
  const stream = start();
  await until('it waits', () => stream.pipeline.status().brokerTroubles.length > 0);
  const begun = performance.now();
  await stream.close(100_000);
  await stream.ended;
  assert.ok(performance.now() - begun < 50_000);
});
