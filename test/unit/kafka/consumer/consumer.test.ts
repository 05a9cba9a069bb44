import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { encodeConsumerProtocolAssignment, protocolErrors, ResponseError } from '@platformatic/kafka';
import type { AssignedPartition } from '../../../../src/kafka/offsets/assigned-partition.ts';
import { Consumer } from '../../../../src/kafka/consumer/consumer.ts';
import type { GroupProtocol } from '../../../../src/kafka/group/classic/group-messages.ts';
import { ScriptedCluster, settle, type ScriptedCall } from '../scripted-cluster.ts';

const HEARTBEAT = 12;

/** A consumer that has joined as a follower and was given one partition, with `committed` stored for it. */
async function join(context: TestContext, committed = 10) {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('in', [1]);
  const events: string[] = [];
  let drained = Promise.resolve();
  const consumer = new Consumer(
    cluster.asCluster(),
    {
      ...{ group: 'g', topic: 'in', offsetReset: 'earliest', groupInstanceId: '', groupProtocol: 'classic' },
      ...{ sessionTimeoutMs: 50, rebalanceTimeoutMs: 1_000, commitIntervalMs: 60_000 },
    },
    {
      assigned: (partitions) => events.push(`assigned ${partitions.map(({ position }) => position).join()}`),
      records: () => undefined,
      drain: () => {
        events.push('drain');
        return drained;
      },
      released: () => events.push('released'),
    },
  );
  const running = consumer.run();
  running.catch(() => undefined);
  const take = (api: string) => cluster.take((call) => call.api === api);
  context.after(async () => {
    cluster.close();
    await consumer.close();
  });
  (await take('findCoordinator')).answer({ coordinators: [{ nodeId: 1 }] });
  await answerJoin(take, 1);
  const offsets = [{ partitionIndex: 0, errorCode: 0, committedOffset: BigInt(committed), metadata: null }];
  (await take('offsetFetch')).answer({ groups: [{ topics: [{ name: 'in', partitions: offsets }] }] });
  while (consumer.partitions.length === 0) await settle();
  const [partition] = consumer.partitions;
  assert.ok(partition);
  const drainWith = (promise: Promise<void>) => (drained = promise);
  return { cluster, consumer, partition, events, take, running, drainWith };
}

async function answerJoin(
  take: (api: string) => Promise<ScriptedCall>,
  generationId: number,
  protocolName: GroupProtocol = 'range',
  partitions: number[] = [0],
): Promise<void> {
  (await take('joinGroup')).answer({ memberId: 'me', generationId, protocolName, leader: 'other', members: [] });
  const assignedPartitions = [{ topic: 'in', partitions }];
  const assignment = encodeConsumerProtocolAssignment({ version: 0, assignedPartitions, userData: Buffer.alloc(0) });
  (await take('syncGroup')).answer({ assignment });
}

function finish(partition: AssignedPartition, offset: number): void {
  partition.tracker.finished(partition.tracker.received(offset));
}

const offsetOf = (call: ScriptedCall) => {
  const [topic] = call.args[4] as { partitions: { committedOffset: bigint }[] }[];
  return Number(topic?.partitions[0]?.committedOffset);
};

function stored(call: ScriptedCall, code = 'NONE'): void {
  const errorCode = protocolErrors[code]?.code ?? 0;
  call.answer({ topics: [{ partitions: [{ partitionIndex: 0, errorCode }] }] });
}

test('begins at the committed offset, and commits what is finished', async (context) => {
  const { consumer, partition, events, take } = await join(context);
  assert.deepEqual(events, ['assigned 10']);
  finish(partition, 10);
  const done = consumer.commit();
  const call = await take('offsetCommit');
  assert.deepEqual(call.args.slice(0, 3), ['g', 1, 'me']);
  assert.equal(offsetOf(call), 11);
  assert.equal(partition.committed, 10, 'not before the answer');
  stored(call);
  await done;
  assert.equal(partition.committed, 11);
});

test('commits asked for while one is under way become one', async (context) => {
  const { cluster, consumer, partition, take } = await join(context);
  finish(partition, 10);
  const first = consumer.commit();
  const under = await take('offsetCommit');
  const others = Array.from({ length: 100 }, () => {
    finish(partition, partition.tracker.next);
    return consumer.commit();
  });
  await settle();
  assert.ok(!cluster.open.some(({ api }) => api === 'offsetCommit'), 'one at a time');
  stored(under);
  await first;
  const second = await take('offsetCommit');
  assert.equal(offsetOf(second), 111);
  stored(second);
  await Promise.all(others);
  await settle();
  assert.ok(!cluster.open.some(({ api }) => api === 'offsetCommit'), 'nothing is left to commit');
});

test('a commit that fails is no failure, and is made up for', async (context) => {
  const { consumer, partition, take } = await join(context);
  finish(partition, 10);
  const failing = consumer.commit();
  stored(await take('offsetCommit'), 'NOT_COORDINATOR');
  await failing;
  assert.equal(partition.committed, 10);
  const again = consumer.commit();
  (await take('findCoordinator')).answer({ coordinators: [{ nodeId: 1 }] });
  stored(await take('offsetCommit'));
  await again;
  assert.equal(partition.committed, 11);
});

test('a rebalance drains while the heart beats, commits, releases, and only then joins again', async (context) => {
  const { cluster, partition, events, take, drainWith } = await join(context);
  const draining = Promise.withResolvers<void>();
  void drainWith(draining.promise);
  const code = protocolErrors['REBALANCE_IN_PROGRESS']?.code ?? 0;
  const rebalancing = () => new ResponseError(HEARTBEAT, 4, { '/': [code, null] }, {});
  (await take('heartbeat')).fail(rebalancing());
  (await take('heartbeat')).fail(rebalancing());
  finish(partition, 10);
  assert.deepEqual(events, ['assigned 10', 'drain']);
  assert.ok(!cluster.open.some(({ api }) => api === 'joinGroup' || api === 'offsetCommit'));
  draining.resolve();
  const commit = await take('offsetCommit');
  assert.deepEqual([offsetOf(commit), partition.revoked], [11, false]);
  stored(commit);
  await take('joinGroup');
  assert.deepEqual([events, partition.revoked], [['assigned 10', 'drain', 'released'], true]);
});

test('partitions that the group has given away are released without a commit', async (context) => {
  const { cluster, partition, events, take } = await join(context);
  finish(partition, 10);
  const code = protocolErrors['UNKNOWN_MEMBER_ID']?.code ?? 0;
  (await take('heartbeat')).fail(new ResponseError(HEARTBEAT, 4, { '/': [code, null] }, {}));
  const joining = await take('joinGroup');
  assert.equal(joining.args[3], '', 'as a new member');
  assert.deepEqual([events, partition.revoked], [['assigned 10', 'released'], true]);
  assert.ok(!cluster.open.some(({ api }) => api === 'offsetCommit'));
});

test('a lost permission ends it', async (context) => {
  const { consumer, partition, take, running } = await join(context);
  finish(partition, 10);
  const committing = consumer.commit();
  stored(await take('offsetCommit'), 'GROUP_AUTHORIZATION_FAILED');
  await committing;
  await assert.rejects(running, { code: 'GROUP_AUTHORIZATION_FAILED', failure: 'fatal' });
});

test('a partition with an open transaction of its last owner waits for its end; records finished ahead are known', async (context) => {
  const { cluster, partition, events, take } = await join(context);
  const code = protocolErrors['REBALANCE_IN_PROGRESS']?.code ?? 0;
  (await take('heartbeat')).fail(new ResponseError(HEARTBEAT, 4, { '/': [code, null] }, {}));
  await answerJoin(take, 2);
  const unstable = protocolErrors['UNSTABLE_OFFSET_COMMIT']?.code ?? 0;
  const answer = (errorCode: number, offset: bigint, metadata: string) => ({
    groups: [
      { topics: [{ name: 'in', partitions: [{ partitionIndex: 0, errorCode, committedOffset: offset, metadata }] }] },
    ],
  });
  for (let look = 0; look < 2; look++) {
    (await take('offsetFetch')).answer(answer(unstable, -1n, ''));
    (await take('heartbeat')).answer({});
  }
  assert.deepEqual([events.at(-1), partition.revoked], ['released', true]);
  (await take('offsetFetch')).answer(answer(0, 36n, 'millrace/1 10 1,2'));
  while (events.at(-1) !== 'assigned 36') await settle();
  assert.ok(!cluster.open.some(({ api }) => api === 'joinGroup'), 'the others of the group are not disturbed');
});

test('whom the group refuses leaves it all the same, so that the others need not wait', async (context) => {
  const { events, take, running } = await join(context);
  const code = protocolErrors['GROUP_AUTHORIZATION_FAILED']?.code ?? 0;
  (await take('heartbeat')).fail(new ResponseError(HEARTBEAT, 4, { '/': [code, null] }, {}));
  const leaving = await take('leaveGroup');
  assert.deepEqual(leaving.args[1], [{ memberId: 'me', groupInstanceId: null, reason: 'closing' }]);
  leaving.answer({});
  const message = "group 'g': GROUP_AUTHORIZATION_FAILED";
  await assert.rejects(running, { code: 'GROUP_AUTHORIZATION_FAILED', failure: 'fatal', message });
  assert.deepEqual(events, ['assigned 10', 'released']);
});

/** Has the broker say that the next offset is not in the log, and what is. */
async function tellOutOfRange(take: (api: string) => Promise<ScriptedCall>, first: number, end: number): Promise<void> {
  const errorCode = protocolErrors['OFFSET_OUT_OF_RANGE']?.code ?? 0;
  (await take('fetch')).answer({ errorCode: 0, responses: [{ partitions: [{ partitionIndex: 0, errorCode }] }] });
  for (const offset of [first, end]) {
    const partitions = [{ partitionIndex: 0, errorCode: 0, offset: BigInt(offset) }];
    (await take('listOffsets')).answer({ topics: [{ name: 'in', partitions }] });
  }
}

const fetchOffsetOf = (call: ScriptedCall) => {
  const [topic] = call.args[6] as { partitions: { fetchOffset: bigint }[] }[];
  return Number(topic?.partitions[0]?.fetchOffset);
};

test('records that were deleted before they were read are passed over, and those that were read before are kept', async (context) => {
  const { consumer, partition, events, take } = await join(context);
  const sequence = partition.tracker.received(10);
  await tellOutOfRange(take, 80, 100);
  assert.equal(fetchOffsetOf(await take('fetch')), 80);
  assert.deepEqual([events, partition.tracker.committable], [['assigned 10'], 10], 'the record in hand still counts');
  partition.tracker.finished(sequence);
  const done = consumer.commit();
  const commit = await take('offsetCommit');
  assert.equal(offsetOf(commit), 80);
  stored(commit);
  await done;
});

test('a log that was cut is read anew, and work on what is gone does not count', async (context) => {
  const { partition, events, take } = await join(context, 5000);
  partition.tracker.received(5000);
  await tellOutOfRange(take, 80, 100);
  assert.equal(fetchOffsetOf(await take('fetch')), 80);
  assert.deepEqual([events, partition.revoked], [['assigned 5000', 'released', 'assigned 80'], true]);
});
