// A consumer in a group that shares partitions cooperatively: what it keeps, what it gives up, and when.
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import {
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  protocolErrors,
  ResponseError,
} from '@platformatic/kafka';
import type { GroupProtocol } from '../../../../src/kafka/group/classic/group-messages.ts';
import { ScriptedCluster, settle, type ScriptedCall } from '../scripted-cluster.ts';
import { groupedConsumer } from './grouped-consumer.ts';

const HEARTBEAT = 12;

/** A consumer of a topic with three partitions, of which the group gives it all. */
async function join(context: TestContext, protocol: GroupProtocol = 'cooperative-sticky') {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('in', [1, 1, 1]);
  const grouped = groupedConsumer(context, cluster, {
    ...{ offsetReset: 'earliest', groupInstanceId: '', groupProtocol: 'classic' },
  });
  const { consumer, take } = grouped;
  const offsets = async (partitions: readonly number[]) => {
    const stored = [0, 1, 2].map((partitionIndex) => ({
      ...{ partitionIndex, errorCode: 0, metadata: null },
      committedOffset: 10n,
    }));
    (await take('offsetFetch')).answer({ groups: [{ topics: [{ name: 'in', partitions: stored }] }] });
    const begun = () => partitions.every((number) => consumer.partitions.some(({ partition }) => partition === number));
    await eventually(begun);
  };
  const joins = async (generationId: number, protocolName = protocol, more: object = {}) => {
    const call = await take('joinGroup');
    call.answer({ memberId: 'me', generationId, protocolName, leader: 'other', members: [], ...more });
    return call;
  };
  const syncs = async (partitions: number[]) => {
    (await take('syncGroup')).answer({ assignment: assignmentOf(partitions) });
  };
  /** Says in the next heartbeat that the group rebalances. */
  const rebalance = async () => (await take('heartbeat')).fail(refusal(HEARTBEAT, 'REBALANCE_IN_PROGRESS'));
  (await take('findCoordinator')).answer({ coordinators: [{ nodeId: 1 }] });
  await joins(1);
  await syncs([0, 1, 2]);
  await offsets([0, 1, 2]);
  return { cluster, ...grouped, joins, syncs, offsets, rebalance };
}

function assignmentOf(partitions: readonly number[]): Buffer {
  const assignedPartitions = [{ topic: 'in', partitions: [...partitions] }];
  return encodeConsumerProtocolAssignment({ version: 0, assignedPartitions, userData: null });
}

async function eventually(test: () => boolean): Promise<void> {
  for (let turn = 0; !test(); turn++) {
    assert.ok(turn < 500, `never: ${test.toString()}`);
    await settle();
  }
}

function refusal(api: number, code: string): ResponseError {
  return new ResponseError(api, 4, { '/': [protocolErrors[code]?.code ?? 0, null] }, {});
}

/** What a JoinGroup says to own, by offered protocol. */
function claims(call: ScriptedCall): Record<string, readonly [partitions: readonly number[], generation: number]> {
  const offered = call.args[6] as { name: string; metadata: Buffer }[];
  return Object.fromEntries(
    offered.map(({ name, metadata }) => {
      const { ownedPartitions, generationId } = decodeConsumerProtocolSubscription(metadata);
      return [name, [ownedPartitions[0]?.partitions ?? [], generationId]];
    }),
  );
}

/** Partitions of the fetch that is under way. */
async function fetched(cluster: ScriptedCluster): Promise<readonly number[]> {
  for (const call of cluster.open.filter(({ api }) => api === 'fetch')) {
    await cluster.take((one) => one === call);
    call.answer({ errorCode: 0, responses: [] });
  }
  const call = await cluster.take(({ api }) => api === 'fetch');
  const [topic] = call.args[6] as { partitions: { partition: number }[] }[];
  call.answer({ errorCode: 0, responses: [] });
  return topic?.partitions.map(({ partition }) => partition) ?? [];
}

function stored(call: ScriptedCall, code = 'NONE'): number[] {
  const errorCode = protocolErrors[code]?.code ?? 0;
  const [topic] = call.args[4] as { partitions: { partitionIndex: number }[] }[];
  const asked = topic?.partitions.map(({ partitionIndex }) => partitionIndex) ?? [];
  call.answer({ topics: [{ partitions: asked.map((partitionIndex) => ({ partitionIndex, errorCode })) }] });
  return asked;
}

test('a rebalance keeps the partitions; one that moves is finished while the others are read, then the group is joined again', async (context) => {
  const { cluster, consumer, events, take, joins, syncs, rebalance, holdDrain, finish } = await join(context);
  const kept = consumer.partitions.slice(0, 2);
  const drain = holdDrain('2');
  await rebalance();
  const first = await joins(2);
  assert.deepEqual(claims(first), { 'cooperative-sticky': [[0, 1, 2], 1], range: [[0, 1, 2], 1] });
  assert.deepEqual(events, ['assigned 012'], 'nothing is given up to join');
  await syncs([0, 1]);
  await eventually(() => events.includes('drain 2'));
  assert.deepEqual(await fetched(cluster), [0, 1]);
  (await take('heartbeat')).answer({});
  finish(2);
  drain.resolve();
  assert.deepEqual(stored(await take('offsetCommit')), [2]);
  const second = await joins(3);
  assert.deepEqual(claims(second)['cooperative-sticky'], [[0, 1], 2]);
  await syncs([0, 1]);
  (await take('heartbeat')).answer({});
  assert.deepEqual(events, ['assigned 012', 'assigned ', 'drain 2', 'released 2', 'assigned ']);
  assert.deepEqual(consumer.partitions, kept, 'the same objects');
  assert.ok(kept.every(({ revoked }) => !revoked));
});

test('what is added is begun with beside what is there', async (context) => {
  const { consumer, events, joins, syncs, offsets, rebalance } = await join(context);
  await rebalance();
  await joins(2);
  await syncs([0]);
  await joins(3);
  await syncs([0, 2]);
  await offsets([2]);
  assert.deepEqual(events, ['assigned 012', 'assigned ', 'drain 12', 'released 12', 'assigned 2']);
  assert.deepEqual(
    consumer.partitions.map(({ partition }) => partition),
    [0, 2],
  );
});

test('a leader that comes back under its name finds the assignment made: shared out again if the topic has grown since', async (context) => {
  const { take, joins, syncs, rebalance } = await join(context);
  const returned = { leader: 'me', skipAssignment: true };
  const shares = async (...given: (readonly number[])[]) => {
    const members = given.map((partitions) => ({ memberAssignment: assignmentOf(partitions) }));
    (await take('describeGroups')).answer({ groups: [{ errorCode: 0, members }] });
  };
  await rebalance();
  await joins(2, 'cooperative-sticky', returned);
  await syncs([0]);
  await shares([0], [1]);
  await joins(3, 'cooperative-sticky', returned);
  await syncs([0, 1]);
  await shares([0, 1], [2]);
  for (let beat = 0; beat < 3; beat++) (await take('heartbeat')).answer({});
});

test('a group that rebalances again while a partition is finished waits for it, and hears of it', async (context) => {
  const { cluster, take, joins, syncs, rebalance, holdDrain } = await join(context);
  const drain = holdDrain('2');
  await rebalance();
  await joins(2);
  await syncs([0, 1]);
  await rebalance();
  (await take('heartbeat')).answer({});
  assert.ok(!cluster.open.some(({ api }) => api === 'joinGroup'));
  drain.resolve();
  assert.deepEqual(claims(await joins(3))['cooperative-sticky'], [[0, 1], 2]);
});

test('a member that knows only range joins: what others have is dropped, the rest finished, then joined with nothing', async (context) => {
  const { events, joins, syncs, offsets, rebalance } = await join(context);
  await rebalance();
  await joins(2, 'range');
  await syncs([1]);
  assert.deepEqual(claims(await joins(3, 'range'))['range'], [[], 2]);
  assert.deepEqual(events, ['assigned 012', 'released 02', 'assigned ', 'drain 1', 'released 1']);
  await syncs([0, 1]);
  await offsets([0, 1]);
  await rebalance();
  await joins(4, 'range');
  assert.deepEqual(events.slice(5), ['assigned 01', 'drain 01', 'released 01'], 'eager from now on');
});

test('fenced while a partition is finished: all is dropped at once', async (context) => {
  const { events, take, joins, syncs, rebalance, holdDrain } = await join(context);
  const drain = holdDrain('2');
  await rebalance();
  await joins(2);
  await syncs([0, 1]);
  (await take('heartbeat')).fail(refusal(HEARTBEAT, 'UNKNOWN_MEMBER_ID'));
  await eventually(() => events.includes('released 012'));
  drain.resolve();
  const again = await joins(3);
  assert.deepEqual([again.args[3], claims(again)['cooperative-sticky']], ['', [[], -1]]);
});

// A transaction of a member that the group does not know any more is refused for ever: nothing could be finished.
test('fenced while leaving: all is dropped at once, and what is finished is not waited for', async (context) => {
  const { consumer, events, take, holdDrain } = await join(context);
  const drain = holdDrain('012');
  const closing = consumer.close();
  await eventually(() => events.includes('drain 012'));
  (await take('heartbeat')).fail(refusal(HEARTBEAT, 'UNKNOWN_MEMBER_ID'));
  await eventually(() => events.includes('released 012'));
  drain.resolve();
  (await take('leaveGroup')).answer({});
  await closing;
  assert.deepEqual(events, ['assigned 012', 'drain 012', 'released 012']);
});

test('leaving while the others of the group are waited for: finished, committed, left', async (context) => {
  const { consumer, events, take, rebalance, finish } = await join(context);
  await rebalance();
  await take('joinGroup');
  finish(0);
  const closing = consumer.close();
  stored(await take('offsetCommit'));
  (await take('leaveGroup')).answer({});
  await closing;
  assert.deepEqual(events, ['assigned 012', 'drain 012', 'released 012']);
});

test('leaving between two generations: the commit is repeated until the group takes it', async (context) => {
  const { cluster, consumer, take, joins, syncs, rebalance, finish } = await join(context);
  await rebalance();
  await joins(2);
  await eventually(() => cluster.open.some(({ api }) => api === 'syncGroup'));
  finish(0);
  const closing = consumer.close();
  const refused = await take('offsetCommit');
  assert.equal(refused.args[1], 1, 'until the new assignment is known others may have the partition');
  stored(refused, 'ILLEGAL_GENERATION');
  await syncs([0, 1, 2]);
  const repeated = await take('offsetCommit');
  assert.equal(repeated.args[1], 2);
  stored(repeated);
  (await take('leaveGroup')).answer({});
  await closing;
});

test('a topic that was made again: work on the old one is dropped, the new one is read from its begin', async (context) => {
  const { cluster, consumer, events, take } = await join(context);
  const [old] = consumer.partitions;
  cluster.ids.set('in', 'another');
  consumer.resumed();
  assert.deepEqual([events.at(-1), old?.revoked], ['released 012', true]);
  const partitions = [0, 1, 2].map((partitionIndex) => ({
    ...{ partitionIndex, errorCode: 0, metadata: `topic:in/3` },
    committedOffset: 10n,
  }));
  (await take('offsetFetch')).answer({ groups: [{ topics: [{ name: 'in', partitions }] }] });
  const asked = await take('listOffsets');
  const topics = asked.args[2] as { partitions: { partitionIndex: number; timestamp: bigint }[] }[];
  assert.deepEqual(
    topics[0]?.partitions.map(({ timestamp }) => timestamp),
    [-2n, -2n, -2n],
  );
  const answers = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, errorCode: 0, offset: 0n }));
  asked.answer({ topics: [{ name: 'in', partitions: answers }] });
  await eventually(() => consumer.partitions.length === 3);
  assert.deepEqual(
    consumer.partitions.map(({ position, topicId }) => [position, topicId]),
    [
      [0, 'another'],
      [0, 'another'],
      [0, 'another'],
    ],
  );
  const commit = await take('offsetCommit');
  const notes = commit.args[4] as { partitions: { committedMetadata: string }[] }[];
  assert.equal(notes[0]?.partitions[0]?.committedMetadata, 'topic:another/3');
  stored(commit);
});

// The coordinator answers beats behind what it has still to store; one that waits for the answer is taken for dead meanwhile.
test('a beat without an answer is followed by another on a new connection, and nothing is lost', async (context) => {
  const { cluster, events, take } = await join(context);
  const unanswered = await take('heartbeat');
  // Brokers answer a connection in order: on that of commits it would wait behind them.
  assert.equal(unanswered.role, 'heartbeat');
  (await take('findCoordinator')).answer({ coordinators: [{ nodeId: 1 }] });
  (await take('heartbeat')).answer({});
  unanswered.answer({});
  (await take('heartbeat')).answer({});
  assert.deepEqual([events, [...cluster.troubled]], [['assigned 012'], []]);
});
