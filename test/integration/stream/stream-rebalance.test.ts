// What a rebalance costs the partitions that stay, and groups that are shared with members of another kind.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { partitionsAssigned, partitionsRevoked } from '../../../src/kafka/channels.ts';
import { recordFinished } from '../../../src/stream/channels.ts';
import { createTopic, produceRecords, testBroker, uniqueTopic, withAdmin } from '../../broker.ts';
import { streamGroup } from '../../stream/stream-group.ts';
import { checkStream } from '../../stream/check-stream.ts';
import { groupOf, MillraceProcess } from '../../stream/millrace-process.ts';
import { ModelServer } from '../../stream/model-server.ts';
import { RangeMember } from '../../stream/range-member.ts';
import { until } from '../../stream/test-stream.ts';

const bootstrap = testBroker();

async function setUp(context: TestContext, partitions: number) {
  const pace = { delayMs: 20 };
  const slow = Promise.withResolvers<void>();
  const streams = await streamGroup(context, bootstrap, 'rebalance', ({ body }) =>
    String(body).startsWith('slow') ? { body, after: slow.promise } : { body, delayMs: pace.delayMs },
  );
  await createTopic(bootstrap, streams.topics.input, partitions);
  return { ...streams, pace, slow };
}

/** Records of every partition: one that stays at the model until it is let go, then many quick ones of other keys. */
function mixed(partitions: number, quick: number) {
  return Array.from({ length: partitions }, (_, partition) => [
    { key: 'slow', value: 'slow', partition },
    ...Array.from({ length: quick }, (_, index) => ({ key: `key-${index % 20}`, value: `${index}`, partition })),
  ]).flat();
}

test('the partitions that stay give results all the time while a member joins and the others drain slowly', async (context) => {
  const { topics, group, pace, slow, start, committed } = await setUp(context, 4);
  pace.delayMs = 50;
  const finished = [0, 0, 0, 0];
  const released: number[] = [];
  const ends = [
    recordFinished.subscribe(({ topic, partition }) => {
      if (topic === topics.input) finished[partition] = (finished[partition] ?? 0) + 1;
    }),
    partitionsRevoked.subscribe(({ topic, partitions }) => {
      if (topic === topics.input) released.push(...partitions);
    }),
  ];
  context.after(() => ends.forEach((end) => end()));
  const env = { KAFKA_WORKERS: '12', KAFKA_REVOKE_DRAIN_MS: '100000' };
  const first = start(env);
  await until('it has joined', () => first.pipeline.status().partitions.length === 4);
  await produceRecords(bootstrap, topics.input, mixed(4, 600));
  await until('the first is at work', () => finished.every((count) => count > 5));
  const second = start(env);
  // All have gone on alike so far; now two stand still, for as long as their slow records do.
  await until('two partitions give results while two drain', () => {
    const [, most = 0, least = 0] = finished.toSorted((a, b) => b - a);
    return most - least > 40;
  });
  assert.deepEqual(released, [], 'the slow records are waited for');
  const kept = [0, 1, 2, 3].toSorted((a, b) => (finished[b] ?? 0) - (finished[a] ?? 0)).slice(0, 2);
  pace.delayMs = 5;
  slow.resolve();
  const held = () => [first, second].map(({ pipeline }) => pipeline.status().partitions.length);
  await until('they share', () => String(held()) === '2,2');
  const partitions = first.pipeline.status().partitions.map(({ partition }) => partition);
  assert.deepEqual(partitions.toSorted(), kept.toSorted());
  assert.equal(released.length, 2, 'nothing but what moved was released');
  await until('all is committed', async () => (await committed()) === 4 * 601);
  await Promise.all([first.close(), second.close()]);
  const { lost, duplicated, outOfOrder } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, duplicated, outOfOrder], [[], [], []]);
});

test('a member that knows only range joins and dies: no partition is with two, and it is eager only as long as it must', async (context) => {
  const { topics, group, start, committed } = await setUp(context, 4);
  const ours = new Set<number>();
  const theirs = new Set<number>();
  const check = () =>
    assert.deepEqual(
      [...ours].filter((partition) => theirs.has(partition)),
      [],
      'with both',
    );
  const failures: unknown[] = [];
  const noted = (change: () => void) => {
    change();
    try {
      check();
    } catch (error) {
      failures.push(error);
    }
  };
  const ends = [
    partitionsAssigned.subscribe(({ topic, partitions }) => {
      if (topic === topics.input) noted(() => partitions.forEach(({ partition }) => ours.add(partition)));
    }),
    partitionsRevoked.subscribe(({ topic, partitions }) => {
      if (topic === topics.input) noted(() => partitions.forEach((partition) => ours.delete(partition)));
    }),
  ];
  context.after(() => ends.forEach((end) => end()));
  const stream = start();
  await until('it has all', () => ours.size === 4);
  await produceRecords(
    bootstrap,
    topics.input,
    mixed(4, 100).filter(({ key }) => key !== 'slow'),
  );
  await until('it is at work', async () => (await committed()) > 0);
  const range = new RangeMember(group, topics.input, 4);
  range.onChange = (assigned) =>
    noted(() => {
      theirs.clear();
      assigned.forEach((partition) => theirs.add(partition));
    });
  await range.start(bootstrap);
  await until('they share', () => theirs.size === 2 && ours.size === 2);
  const sharing = stream.pipeline.status().generation;
  await range.die();
  range.onChange = () => undefined;
  theirs.clear();
  await until('its partitions have moved after the session time-out', () => ours.size === 4);
  await until('all is committed', async () => (await committed()) === 400);
  assert.ok((stream.pipeline.status().generation ?? 0) > (sharing ?? 0));
  await stream.close();
  assert.deepEqual(failures, []);
  const { lost, outOfOrder } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, outOfOrder], [[], []]);
});

test('the group is joined only when the graph is ready; when the graph is away later, partitions stay and records wait', async (context) => {
  const topics = { bootstrap, input: uniqueTopic('rebalance-in'), output: uniqueTopic('rebalance-out') };
  const group = groupOf(topics.input);
  await createTopic(bootstrap, topics.input, 2);
  const model = await new ModelServer().choosePort();
  const millrace = await MillraceProcess.start({ ...topics, modelPort: model.port });
  context.after(async () => {
    await millrace.end('SIGKILL');
    await model.stop();
  });
  const members = async () =>
    withAdmin(bootstrap, async (admin) => {
      const described = await admin.describeGroups({ groups: [group] });
      return [...(described.get(group)?.members.values() ?? [])];
    }).catch(() => []);
  await until('it waits for its model', () => millrace.log.includes('the graph is not ready yet'));
  assert.deepEqual([await members(), await millrace.probe('/ready'), await millrace.probe('/live')], [[], 503, 200]);
  await model.start();
  await until('it has joined', async () => (await members()).length === 1);
  await until('it is ready', async () => (await millrace.probe('/ready')) === 200);
  const [member] = await members();
  await model.stop();
  await produceRecords(bootstrap, topics.input, mixed(2, 20));
  await until('it says so', async () => (await millrace.probe('/ready')) === 503);
  assert.equal((await members())[0]?.id, member?.id, 'it is a member all the time');
  await model.start();
  await until('all has a result', async () => (await checkStream({ ...topics, group })).lost.length === 0);
  assert.equal(await millrace.end('SIGTERM'), 0);
  const { errors, duplicated } = await checkStream({ ...topics, group });
  assert.deepEqual([errors, duplicated], [0, []]);
});
