// A consumer in a group whose partitions the brokers share out (KIP-848): what it says, what it gives up and when, and how it ends.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { protocolErrors, ResponseError } from '@platformatic/kafka';
import { ScriptedCluster, settle, type ScriptedCall } from '../scripted-cluster.ts';
import { groupedConsumer } from './grouped-consumer.ts';

const HEARTBEAT = 68;

function start(context: TestContext, instanceId = '') {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('in', [1, 1, 1]);
  cluster.ids.set('in', 'T');
  const grouped = groupedConsumer(context, cluster, {
    ...{ offsetReset: 'latest', groupInstanceId: instanceId, groupProtocol: 'consumer' },
  });
  /** Whoever looks for the coordinator finds it. */
  const coordinate = () => cluster.answerAlways('findCoordinator', { coordinators: [{ nodeId: 1 }] });
  coordinate();
  return { cluster, ...grouped };
}

/** Joins with these partitions. */
async function join(context: TestContext, partitions: readonly number[] = [0, 1], instanceId = '') {
  const started = start(context, instanceId);
  const { consumer, take } = started;
  const joining = await take('consumerGroupHeartbeat');
  answer(joining, 5, partitions);
  await begin(started, partitions);
  answer(await take('consumerGroupHeartbeat'), 5);
  assert.equal(consumer.place?.generation, 5);
  return { ...started, joining };
}

async function begin({ take, consumer }: ReturnType<typeof start>, partitions: readonly number[]) {
  const asked = await take('offsetFetch');
  const stored = [0, 1, 2].map((partitionIndex) => ({
    ...{ partitionIndex, errorCode: 0, metadata: null },
    committedOffset: 10n,
  }));
  asked.answer({ groups: [{ topics: [{ name: 'in', partitions: stored }] }] });
  await eventually(() => partitions.every((one) => consumer.partitions.some(({ partition }) => partition === one)));
  return asked;
}

function answer(call: ScriptedCall, memberEpoch: number, partitions?: readonly number[], topicId = 'T'): void {
  const assignment = partitions && { topicPartitions: [{ topicId, partitions: [...partitions] }] };
  call.answer({ memberEpoch, heartbeatIntervalMs: 20, assignment: assignment ?? null });
}

function refuse(call: ScriptedCall, code: string): void {
  call.fail(new ResponseError(HEARTBEAT, 1, { '/': [protocolErrors[code]?.code ?? 0, null] }, {}));
}

/** What a heartbeat says. */
function said({ args }: ScriptedCall) {
  const [group, memberId, epoch, instanceId, , rebalanceMs, topics, , , owned] = args;
  const list = owned as { topicId: string; partitions: number[] }[] | null;
  const text = list === null ? 'as before' : list.map((one) => `${one.topicId}:${one.partitions.join()}`).join(' ');
  return { group, memberId, epoch, instanceId, rebalanceMs, topics, owned: text };
}

/** The next heartbeat that says so; those before it are answered with nothing new. */
async function heartbeat(
  take: (api: string) => Promise<ScriptedCall>,
  epoch: number,
  owned: string,
): Promise<ScriptedCall> {
  for (let turn = 0; turn < 200; turn++) {
    const call = await take('consumerGroupHeartbeat');
    if (said(call).owned === owned) return call;
    answer(call, epoch);
  }
  throw new Error(`no heartbeat says '${owned}'`);
}

async function eventually(check: () => boolean): Promise<void> {
  for (let turn = 0; !check(); turn++) {
    assert.ok(turn < 500, `never: ${check.toString()}`);
    await settle();
  }
}

test('joins with an id of its own, and asks for offsets in its name', async (context) => {
  const started = start(context);
  const joining = await started.take('consumerGroupHeartbeat');
  const { memberId, ...rest } = said(joining);
  assert.match(String(memberId), /^[0-9a-f-]{36}$/);
  assert.deepEqual(rest, { group: 'g', epoch: 0, instanceId: null, rebalanceMs: 1_000, topics: ['in'], owned: '' });
  answer(joining, 5, [0, 1]);
  const asked = await begin(started, [0, 1]);
  const [group] = asked.args[0] as { memberId: string; memberEpoch: number }[];
  assert.deepEqual([group?.memberId, group?.memberEpoch], [memberId, 5]);
  const next = await started.take('consumerGroupHeartbeat');
  assert.deepEqual(said(next), { ...said(joining), epoch: 5, rebalanceMs: -1, topics: null, owned: 'T:0,1' });
});

test('a partition that goes is finished and committed while heartbeats go on, and only then named no more', async (context) => {
  const { cluster, consumer, events, take, holdDrain, finish } = await join(context);
  const drain = holdDrain('1');
  answer(await take('consumerGroupHeartbeat'), 5, [0]);
  await eventually(() => events.includes('drain 1'));
  for (let beat = 0; beat < 3; beat++) {
    const call = await take('consumerGroupHeartbeat');
    assert.ok(said(call).owned === 'as before' || said(call).owned === 'T:0,1', said(call).owned);
    answer(call, 5);
  }
  finish(1);
  drain.resolve();
  const commit = await take('offsetCommit');
  assert.equal(commit.args[1], 5);
  assert.deepEqual(
    cluster.open.filter((call) => call.api === 'consumerGroupHeartbeat' && said(call).owned === 'T:0'),
    [],
  );
  commit.answer({ topics: [{ partitions: [{ partitionIndex: 1, errorCode: 0 }] }] });
  answer(await heartbeat(take, 5, 'T:0'), 6);
  await eventually(() => consumer.place?.generation === 6);
  assert.deepEqual(events, ['assigned ', 'assigned 01', 'drain 1', 'released 1']);
});

test('the epoch has moved on under a commit: it is repeated in the new one', async (context) => {
  const { take, holdDrain, finish, events } = await join(context);
  holdDrain('1').resolve();
  finish(1);
  const beat = await take('consumerGroupHeartbeat');
  answer(beat, 5, [0]);
  const refused = await take('offsetCommit');
  const stale = protocolErrors['STALE_MEMBER_EPOCH']?.code;
  refused.answer({ topics: [{ partitions: [{ partitionIndex: 1, errorCode: stale }] }] });
  answer(await take('consumerGroupHeartbeat'), 6);
  const again = await take('offsetCommit');
  assert.equal(again.args[1], 6);
  again.answer({ topics: [{ partitions: [{ partitionIndex: 1, errorCode: 0 }] }] });
  await eventually(() => events.includes('released 1'));
});

for (const code of ['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH', 'GROUP_ID_NOT_FOUND']) {
  test(`${code}: everything is dropped without a commit, and the group is joined anew`, async (context) => {
    const { cluster, consumer, events, take, finish } = await join(context);
    finish(0);
    refuse(await take('consumerGroupHeartbeat'), code);
    if (code === 'FENCED_MEMBER_EPOCH') {
      const leaving = await take('consumerGroupHeartbeat');
      assert.equal(said(leaving).epoch, -1);
      leaving.answer({});
    }
    const again = await take('consumerGroupHeartbeat');
    assert.deepEqual([said(again).epoch, said(again).owned], [0, '']);
    assert.deepEqual([consumer.place, consumer.partitions], [undefined, []]);
    assert.ok(!events.some((event) => event.startsWith('drain')));
    assert.deepEqual(
      cluster.open.filter(({ api }) => api === 'offsetCommit'),
      [],
    );
  });
}

test('a heartbeat that is not answered is sent again with everything, and nothing is given up', async (context) => {
  const { cluster, events, take } = await join(context);
  (await take('consumerGroupHeartbeat')).fail(new Error('connection reset'));
  const again = await take('consumerGroupHeartbeat');
  assert.deepEqual([said(again).epoch, said(again).topics, said(again).owned], [5, ['in'], 'T:0,1']);
  assert.ok(cluster.troubled.has('group'));
  answer(again, 5, [0, 1]);
  await eventually(() => !cluster.troubled.has('group'));
  assert.deepEqual(events, ['assigned ', 'assigned 01']);
});

test('leaves when everything is given up: for good, or for a while with a name', async (context) => {
  for (const [name, epoch] of [
    ['', -1],
    ['seat', -2],
  ] as const) {
    const { consumer, take, events } = await join(context, [0, 1], name);
    const closed = consumer.close();
    let leaving = await take('consumerGroupHeartbeat');
    while (Number(said(leaving).epoch) >= 0) {
      answer(leaving, 5);
      leaving = await take('consumerGroupHeartbeat');
    }
    assert.deepEqual([said(leaving).epoch, said(leaving).instanceId], [epoch, name || null]);
    assert.deepEqual(events.slice(-2), ['drain 01', 'released 01']);
    leaving.answer({});
    await closed;
  }
});

test('a name that another still has: waits until it is free', async (context) => {
  const { cluster, take } = start(context, 'seat');
  refuse(await take('consumerGroupHeartbeat'), 'UNRELEASED_INSTANCE_ID');
  // It may be our own, from a join whose answer was lost.
  const leaving = await take('consumerGroupHeartbeat');
  assert.equal(said(leaving).epoch, -2);
  refuse(leaving, 'FENCED_INSTANCE_ID');
  const again = await take('consumerGroupHeartbeat');
  assert.equal(said(again).epoch, 0);
  assert.ok(cluster.troubled.has('group'));
});

for (const [code, instanceId, text] of [
  ['FENCED_INSTANCE_ID', 'seat', /another process has taken the name KAFKA_GROUP_INSTANCE_ID=seat/],
  ['UNSUPPORTED_VERSION', '', /these brokers do not speak KAFKA_GROUP_PROTOCOL=consumer$/],
  ['GROUP_ID_NOT_FOUND', '', /'g' is a classic one that the brokers do not change/],
  ['GROUP_AUTHORIZATION_FAILED', '', /GROUP_AUTHORIZATION_FAILED/],
] as const) {
  test(`${code} ends it with a message`, async (context) => {
    const { take, running } = start(context, instanceId);
    refuse(await take('consumerGroupHeartbeat'), code);
    (await take('consumerGroupHeartbeat')).answer({});
    await assert.rejects(running, text);
  });
}

test('a topic that is made again: the old work is dropped, and the new one is read from its begin when the group gives it', async (context) => {
  const started = await join(context);
  const { cluster, consumer, events, take } = started;
  cluster.ids.set('in', 'U');
  consumer.resumed();
  await eventually(() => events.includes('released 01'));
  const call = await take('consumerGroupHeartbeat');
  answer(call, 5);
  assert.deepEqual(consumer.partitions, [], 'the group has not given it to us');
  answer(await take('consumerGroupHeartbeat'), 5, []);
  answer(await heartbeat(take, 5, ''), 6, [0], 'U');
  const none = [0, 1, 2].map((partitionIndex) => ({
    ...{ partitionIndex, errorCode: 0, metadata: null },
    committedOffset: -1n,
  }));
  (await take('offsetFetch')).answer({ groups: [{ topics: [{ name: 'in', partitions: none }] }] });
  const [, , [listed]] = (await take('listOffsets')).args as [
    number,
    number,
    { partitions: { timestamp: bigint }[] }[],
  ];
  assert.equal(listed?.partitions[0]?.timestamp, -2n, 'its begin, though KAFKA_OFFSET_RESET is latest');
});

test('a topic grows while offsets are committed: the notes still say how it was, so that the new partition is read from its begin', async (context) => {
  const { cluster, consumer, take, finish } = await join(context);
  cluster.leaders.set('in', [1, 1, 1, 1]);
  finish(0);
  void consumer.commit();
  const commit = await take('offsetCommit');
  const [topic] = commit.args[4] as { partitions: { committedMetadata: string }[] }[];
  assert.equal(topic?.partitions[0]?.committedMetadata, 'topic:T/3');
  commit.answer({ topics: [{ partitions: [{ partitionIndex: 0, errorCode: 0 }] }] });
});
