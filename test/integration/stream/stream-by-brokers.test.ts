// Groups whose partitions the brokers share out (KAFKA_GROUP_PROTOCOL=consumer, KIP-848).
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { Connection, consumerGroupHeartbeatV1 } from '@platformatic/kafka';
import { partitionsAssigned, partitionsRevoked } from '../../../src/kafka/channels.ts';
import { createTopic, produceRecords, testBroker, withAdmin } from '../../broker.ts';
import { checkStream } from '../../stream/check-stream.ts';
import type { ModelCall } from '../../stream/model-server.ts';
import { streamGroup } from '../../stream/stream-group.ts';
import { until, type TestStream } from '../../stream/test-stream.ts';

const bootstrap = testBroker();
const BROKERS = { KAFKA_GROUP_PROTOCOL: 'consumer' };
const CLASSIC = { KAFKA_GROUP_PROTOCOL: 'classic' };

async function setUp(context: TestContext, partitions: number) {
  const delayed = ({ body }: ModelCall) => ({ body, delayMs: Number(body) % 30 });
  const { topics, group, start, committed } = await streamGroup(context, bootstrap, 'by-brokers', delayed);
  await createTopic(bootstrap, topics.input, partitions);
  let sent = 0;
  const send = async (count: number) => {
    const records = Array.from({ length: count }, (_, index) => ({ key: `${(sent + index) % 40}`, value: `${index}` }));
    sent += count;
    await produceRecords(bootstrap, topics.input, records);
  };
  const finished = () => until('all is committed', async () => (await committed()) === sent);
  return { topics, group, start, send, committed, finished };
}

function held(...streams: readonly TestStream[]): number[][] {
  return streams.map(({ pipeline }) => pipeline.status().partitions.map(({ partition }) => partition));
}

const shares = (...streams: readonly TestStream[]): string =>
  held(...streams)
    .map(({ length }) => length)
    .join();

/** Ends a membership in the name of the member, which does not know of it. */
async function endMembership(group: string, memberId: string): Promise<void> {
  const connection = new Connection('millrace-test');
  const [host = '', port] = bootstrap.split(':');
  try {
    await connection.connect(host, Number(port));
    await consumerGroupHeartbeatV1.api.async(connection, group, memberId, -1, null, null, -1, null, null, null, null);
  } finally {
    await connection.close();
  }
}

async function kindOf(group: string): Promise<string | undefined> {
  return withAdmin(
    bootstrap,
    async (admin) => (await admin.listGroups({ types: ['classic', 'consumer'] })).get(group)?.groupType,
  );
}

test('one replica becomes three, and one again, under load: nothing lost, nothing twice, every key in order', async (context) => {
  const { topics, group, start, send, committed, finished } = await setUp(context, 6);
  const first = start(BROKERS);
  await send(600);
  await until('it is at work', async () => (await committed()) > 50);
  const [second, third] = [start(BROKERS), start(BROKERS)];
  await until('they share', () => shares(first, second, third) === '2,2,2');
  assert.equal(await kindOf(group), 'consumer');
  await send(600);
  await Promise.all([second.close(), third.close()]);
  await until('the first has all', () => shares(first) === '6');
  await finished();
  await first.close();
  const { inputs, lost, duplicated, foreign, outOfOrder, ahead } = await checkStream({ ...topics, group });
  assert.equal(inputs, 1_200);
  assert.deepEqual([lost, duplicated, foreign, outOfOrder, ahead], [[], [], [], [], []]);
});

test('a group changes to the consumer protocol and back, replica by replica, while it works', async (context) => {
  const { topics, group, start, send, finished } = await setUp(context, 4);
  const old = [start(CLASSIC), start(CLASSIC)] as const;
  await until('they share', () => shares(...old) === '2,2');
  await send(400);
  let running: readonly [TestStream, TestStream] = old;
  const roll = async (env: Readonly<Record<string, string>>) => {
    for (let replica = 0; replica < 2; replica++) {
      const fresh = start(env);
      await running[0].close();
      running = [running[1], fresh];
      await until('they share', () => shares(...running) === '2,2');
      await send(200);
    }
  };
  await roll(BROKERS);
  assert.equal(await kindOf(group), 'consumer');
  await finished();
  assert.deepEqual((await checkStream({ ...topics, group })).duplicated, []);
  await roll(CLASSIC);
  await until('it is a classic group again', async () => (await kindOf(group)) === 'classic');
  await finished();
  await Promise.all(running.map((stream) => stream.close()));
  // On the way back brokers let members go whose generation is not the group's, and these repeat what was not committed.
  const { lost, outOfOrder, ahead } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, outOfOrder, ahead], [[], [], []]);
});

test('a replica that the group has given up: what it was doing counts nowhere, and others do it; exactly once', async (context) => {
  const { topics, group, start, send, committed, finished } = await setUp(context, 4);
  const env = { ...BROKERS, KAFKA_DELIVERY: 'exactly-once' };
  const members: string[] = [];
  let lost = 0;
  const ends = [
    partitionsAssigned.subscribe((assigned) => void (assigned.group === group && members.push(assigned.memberId))),
    partitionsRevoked.subscribe((revoked) => void (revoked.group === group && revoked.lost && lost++)),
  ];
  context.after(() => ends.forEach((end) => end()));
  const [first, second] = [start(env), start(env)];
  await until('they share', () => shares(first, second) === '2,2');
  await send(600);
  await until('both are at work', async () => (await committed()) > 50);
  await endMembership(group, members[0] ?? '');
  await until('it has heard of it', () => lost > 0);
  await until('it is back', () => shares(first, second) === '2,2');
  await send(200);
  await finished();
  await Promise.all([first.close(), second.close()]);
  const report = await checkStream({ ...topics, group, readCommitted: true });
  assert.deepEqual([report.lost, report.duplicated, report.foreign, report.outOfOrder], [[], [], [], []]);
});

test('a static replica that comes back has its partitions again, and the other notices nothing', async (context) => {
  const { topics, group, start, send, finished } = await setUp(context, 4);
  const other = start({ ...BROKERS, KAFKA_GROUP_INSTANCE_ID: 'replica-1' });
  const first = start({ ...BROKERS, KAFKA_GROUP_INSTANCE_ID: 'replica-0' });
  await until('they share', () => shares(first, other) === '2,2');
  const before = held(first, other);
  const epoch = other.pipeline.status().generation;
  await first.close();
  await send(200);
  const again = start({ ...BROKERS, KAFKA_GROUP_INSTANCE_ID: 'replica-0' });
  await finished();
  assert.deepEqual([held(again, other), other.pipeline.status().generation], [before, epoch]);
  await Promise.all([again.close(), other.close()]);
  const { lost, duplicated } = await checkStream({ ...topics, group });
  assert.deepEqual([lost, duplicated], [[], []]);
});
