import { test } from 'node:test';
import assert from 'node:assert/strict';
import { NetworkError, protocolErrors } from '@platformatic/kafka';
import { AssignedPartition } from '../../../../src/kafka/offsets/assigned-partition.ts';
import { Fetcher } from '../../../../src/kafka/consumer/fetcher.ts';
import { ScriptedCluster, settle, type ScriptedCall } from '../scripted-cluster.ts';

interface Asked {
  readonly partition: number;
  readonly fetchOffset: bigint;
}

function start(leaders: number[]) {
  const cluster = new ScriptedCluster();
  cluster.leaders.set('in', leaders);
  const delivered: [partition: AssignedPartition, offsets: number[], timestamps: number[]][] = [];
  const outOfRange: AssignedPartition[] = [];
  const fetcher = new Fetcher(cluster.asCluster(), 'in', {
    records: (partition, records) => {
      for (const { offset } of records) partition.tracker.received(offset);
      const offsets = records.map(({ offset }) => offset);
      const timestamps = records.map(({ timestampMs }) => timestampMs);
      delivered.push([partition, offsets, timestamps]);
    },
    outOfRange: (partition) => outOfRange.push(partition),
    failed: (error) => assert.fail(error),
  });
  return { cluster, fetcher, delivered, outOfRange };
}

const asked = (call: ScriptedCall) =>
  (call.args[6] as { partitions: Asked[] }[])[0]?.partitions.map(({ partition, fetchOffset }) => [
    partition,
    Number(fetchOffset),
  ]);

interface Batch {
  readonly first: number;
  readonly count: number;
  readonly attributes?: number;
  /** Which of its records compaction has left; all by default. */
  readonly kept?: readonly number[];
}

/** An answer about one partition. */
function answer(call: ScriptedCall, partition: number, batches: readonly Batch[], code = 'NONE'): void {
  const errorCode = code === 'NONE' ? 0 : (protocolErrors[code]?.code ?? 0);
  const records = batches.map(({ first, count, attributes = 0, kept = range(0, count) }) => ({
    firstOffset: BigInt(first),
    lastOffsetDelta: count - 1,
    attributes,
    producerId: -1n,
    firstTimestamp: 1_000n,
    maxTimestamp: 9_000n,
    records: kept.map((offsetDelta) => ({
      offsetDelta,
      timestampDelta: BigInt(offsetDelta),
      key: null,
      value: Buffer.from('v'),
      headers: [],
    })),
  }));
  const one = { partitionIndex: partition, errorCode, highWatermark: 1_000n, lastStableOffset: 900n, records };
  call.answer({ errorCode: 0, responses: [{ partitions: [{ ...one, abortedTransactions: null }] }] });
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test('reads on where the last answer ended, and takes no record twice when a batch began before', async () => {
  const { cluster, fetcher, delivered } = start([1]);
  const partition = new AssignedPartition('in', 0, 5);
  fetcher.assign([partition]);
  const first = await cluster.take();
  assert.deepEqual(asked(first), [[0, 5]]);
  answer(first, 0, [
    { first: 3, count: 4 },
    { first: 7, count: 2 },
  ]);
  const second = await cluster.take();
  assert.deepEqual(asked(second), [[0, 9]]);
  assert.deepEqual(delivered[0]?.[1], [5, 6, 7, 8]);
  assert.equal(partition.endOffset, 900, 'what a reader may see');
  cluster.close();
});

// The answer to a request from before a rebalance lies beyond the position of the new assignment.
test('an answer from before a rebalance is not delivered to the assignment after it', async () => {
  const { cluster, fetcher, delivered } = start([1]);
  const old = new AssignedPartition('in', 0, 100);
  fetcher.assign([old]);
  const late = await cluster.take();
  fetcher.assign([]);
  old.revoked = true;
  const fresh = new AssignedPartition('in', 0, 80);
  fetcher.assign([fresh]);
  answer(late, 0, [{ first: 100, count: 10 }]);
  const next = await cluster.take();
  assert.deepEqual(asked(next), [[0, 80]]);
  assert.deepEqual([delivered, fresh.position, fresh.tracker.committable], [[], 80, 80]);
  cluster.close();
});

test("an old leader's late answer neither repeats records nor moves the position back", async () => {
  const { cluster, fetcher, delivered } = start([1]);
  const partition = new AssignedPartition('in', 0, 0);
  fetcher.assign([partition]);
  const late = await cluster.take((call) => call.node === 1);
  cluster.leaders.set('in', [2]);
  fetcher.update();
  answer(await cluster.take((call) => call.node === 2), 0, [{ first: 0, count: 20 }]);
  const next = await cluster.take((call) => call.node === 2);
  answer(late, 0, [{ first: 0, count: 10 }]);
  await settle();
  assert.equal(partition.position, 20);
  answer(next, 0, [{ first: 20, count: 5 }]);
  await cluster.take((call) => call.node === 2);
  assert.deepEqual(
    delivered.flatMap(([, offsets]) => offsets),
    range(0, 25),
  );
  cluster.close();
});

test('what compaction took out is passed over: records, whole batches, and all of the last one', async () => {
  const { cluster, fetcher, delivered } = start([1]);
  const partition = new AssignedPartition('in', 0, 0);
  fetcher.assign([partition]);
  answer(await cluster.take(), 0, [
    { first: 3, count: 10, kept: [2, 7] },
    { first: 40, count: 5, kept: [4] },
  ]);
  const second = await cluster.take();
  assert.deepEqual([asked(second), delivered.flatMap(([, offsets]) => offsets)], [[[0, 45]], [5, 10, 44]]);
  for (const sequence of [0, 1, 2]) partition.tracker.finished(sequence);
  assert.equal(partition.tracker.committable, 45);
  answer(second, 0, [{ first: 880, count: 20, kept: [] }]);
  assert.deepEqual(asked(await cluster.take()), [[0, 900]]);
  assert.deepEqual([partition.tracker.committable, partition.lag], [900, 0]);
  cluster.close();
});

test('control batches move the committable offset and deliver nothing', async () => {
  const { cluster, fetcher, delivered } = start([1]);
  const partition = new AssignedPartition('in', 0, 0);
  fetcher.assign([partition]);
  answer(await cluster.take(), 0, [{ first: 0, count: 1, attributes: 0b11_0000 }]);
  await cluster.take();
  assert.deepEqual([delivered, partition.tracker.committable], [[], 1]);
  cluster.close();
});

test("takes the broker's time of a topic that has it", async () => {
  const { cluster, fetcher, delivered } = start([1]);
  fetcher.assign([new AssignedPartition('in', 0, 0)]);
  answer(await cluster.take(), 0, [
    { first: 0, count: 2 },
    { first: 2, count: 2, attributes: 0b1000 },
  ]);
  await cluster.take();
  assert.deepEqual(delivered[0]?.[2], [1_000, 1_001, 9_000, 9_000]);
  cluster.close();
});

test('asks for nothing of paused partitions, and again when they are resumed', async () => {
  const { cluster, fetcher } = start([1, 1]);
  const [first, second] = [new AssignedPartition('in', 0, 0), new AssignedPartition('in', 1, 0)];
  first.paused = true;
  fetcher.assign([first, second]);
  const call = await cluster.take();
  assert.deepEqual(asked(call), [[1, 0]]);
  second.paused = true;
  answer(call, 1, []);
  await settle();
  assert.equal(cluster.open.length, 0);
  first.paused = second.paused = false;
  fetcher.update();
  assert.deepEqual(asked(await cluster.take()), [
    [0, 0],
    [1, 0],
  ]);
  cluster.close();
});

test('a position that is no longer in the log is told once, and waited for without work', async () => {
  const { cluster, fetcher, outOfRange } = start([1]);
  const partition = new AssignedPartition('in', 0, 0);
  fetcher.assign([partition]);
  answer(await cluster.take(), 0, [], 'OFFSET_OUT_OF_RANGE');
  await settle();
  assert.deepEqual([outOfRange, cluster.open.length], [[partition], 0]);
  const moved = new AssignedPartition('in', 0, 40);
  fetcher.assign([moved]);
  assert.deepEqual(asked(await cluster.take()), [[0, 40]]);
  cluster.close();
});

test('pauses between looks while a partition has no leader', async () => {
  const { cluster, fetcher } = start([-1]);
  fetcher.assign([new AssignedPartition('in', 0, 0)]);
  while (cluster.refreshes < 3) await settle();
  assert.ok(cluster.pauses.length >= cluster.refreshes - 1, `${cluster.refreshes} looks`);
  cluster.leaders.set('in', [3]);
  await cluster.take((call) => call.node === 3);
  cluster.close();
});

test('a broken connection is waited for, and reading goes on from the same offset', async () => {
  const { cluster, fetcher } = start([1]);
  fetcher.assign([new AssignedPartition('in', 0, 7)]);
  (await cluster.take()).fail(new NetworkError('Connection closed'));
  assert.deepEqual(asked(await cluster.take()), [[0, 7]]);
  assert.equal(cluster.pauses.length, 1);
  cluster.close();
});

test('reading that goes well again leaves no trouble behind, whatever failed on the way', async () => {
  const { cluster, fetcher } = start([1]);
  fetcher.assign([new AssignedPartition('in', 0, 0)]);
  cluster.refreshFailure = new NetworkError('Connection closed');
  (await cluster.take()).fail(new NetworkError('Connection closed'));
  const call = await cluster.take();
  assert.equal(cluster.pauses.length, 2, 'the fetch, and the look at the metadata');
  assert.ok(cluster.troubled.size > 0);
  answer(call, 0, []);
  await cluster.take();
  assert.deepEqual([...cluster.troubled], []);
  cluster.close();
});

test('who has nothing left to read has no trouble with it', async () => {
  const { cluster, fetcher } = start([1]);
  fetcher.assign([new AssignedPartition('in', 0, 0)]);
  (await cluster.take()).fail(new NetworkError('Connection closed'));
  await settle();
  fetcher.assign([]);
  // How many turns the loop takes to see that nothing is left for it is its own affair.
  for (let turn = 0; turn < 1_000 && (cluster.refreshes === 0 || cluster.troubled.size > 0); turn++) {
    // It may have asked again before it was told.
    for (const call of cluster.open.splice(0)) call.fail(new NetworkError('Connection closed'));
    await settle();
  }
  assert.deepEqual([...cluster.troubled], []);
  cluster.close();
});

test('each partition knows when it was last answered for; one that rests waits for nobody', async (context) => {
  let nowMs = 1_000;
  context.mock.method(performance, 'now', () => nowMs);
  const { cluster, fetcher } = start([1, 2]);
  const partitions = [new AssignedPartition('in', 0, 0), new AssignedPartition('in', 1, 0)];
  const [first, second] = partitions;
  assert.ok(first && second);
  fetcher.assign(partitions);
  const read = await cluster.take((call) => call.node === 1);
  const silent = await cluster.take((call) => call.node === 2);
  nowMs = 5_000;
  answer(read, 0, []);
  await cluster.take((call) => call.node === 1);
  assert.deepEqual([first.answeredAtMs, second.answeredAtMs], [5_000, 1_000]);
  // The silent one is paused for a long time, and resumed.
  second.paused = true;
  answer(silent, 1, []);
  await settle();
  nowMs = 900_000;
  second.paused = false;
  fetcher.update();
  await cluster.take((call) => call.node === 2);
  assert.equal(second.answeredAtMs, 900_000);
  cluster.close();
});

test('a partition that comes back in the moment its loop ends is read', async () => {
  const { cluster, fetcher, delivered } = start([1]);
  const partition = new AssignedPartition('in', 0, 0);
  fetcher.assign([partition]);
  const call = await cluster.take();
  fetcher.assign([]);
  answer(call, 0, []);
  // Between the end of the loop and what follows from it are a few turns of the queue of promises.
  for (let turn = 0; turn < 20; turn++) {
    await Promise.resolve();
    fetcher.assign(turn % 2 === 0 ? [partition] : []);
  }
  fetcher.assign([partition]);
  await settle();
  for (const open of cluster.open.splice(0)) answer(open, 0, [{ first: 0, count: 1 }]);
  await settle();
  assert.ok(delivered.length > 0, 'it is read');
  cluster.close();
});
