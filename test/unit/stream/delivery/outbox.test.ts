import { test } from 'node:test';
import assert from 'node:assert/strict';
import { decodeFinishedAhead } from '../../../../src/kafka/offsets/finished-ahead.ts';
import { Outbox, type Departure } from '../../../../src/stream/delivery/outbox.ts';
import type { Job } from '../../../../src/stream/work/job.ts';
import { payload, record, workOf } from '../sample.ts';

const WIDE = { records: 10_000, sizeBytes: 1e9 };

/** Jobs of `count` records, started; `leave` puts one of them into the outbox. */
function setUp(count: number, limits = WIDE, partitionCount = 1) {
  const { work, partitions } = workOf('unordered', { workers: 10_000 }, partitionCount);
  const outbox = new Outbox(limits, () => 'note');
  outbox.assign(partitions);
  const settled: number[] = [];
  const jobs: Job[] = [];
  for (const partition of partitions) {
    const records = Array.from({ length: count }, (_, offset) => record(partition, offset));
    work.receive(partition, records, 0);
    partition.committed = 0;
  }
  for (let job = work.start(0); job !== undefined; job = work.start(0)) jobs.push(job);
  const leave = (offset: number, sizeBytes = 10, number = 0) => {
    const job = jobs.find((one) => one.record.offset === offset && one.record.partition.partition === number);
    assert.ok(job, `job ${offset}`);
    job.result = payload('');
    work.end(job);
    const done = (error: Error | undefined) => {
      assert.equal(error, undefined);
      work.settle(job);
      settled.push(offset);
    };
    const sent = { topic: 'out', partition: 0, key: null, value: null, headers: [], sizeBytes, settled: done };
    outbox.add({ job, record: sent, settled: done });
  };
  const take = () => {
    const batch = outbox.take();
    assert.ok(batch, 'something to take');
    return batch;
  };
  return { work, partitions, outbox, settled, leave, take };
}

const offsetsOf = (departures: readonly Departure[]) => departures.map(({ job }) => job.record.offset);

test('a batch holds what has ended, lowest first, and the offset with what is finished above it', () => {
  const { partitions, outbox, settled, leave, take } = setUp(10);
  for (const offset of [7, 3, 4]) leave(offset);
  const first = take();
  assert.deepEqual(offsetsOf(first.departures), [3, 4, 7]);
  assert.deepEqual(first.offsets, [{ partition: partitions[0], offset: 0, metadata: 'millrace/1 0 3,2,2,1 note' }]);
  assert.equal(outbox.take(), undefined, 'once');
  outbox.committed(first);
  leave(0);
  const [second] = take().offsets;
  assert.deepEqual([second?.offset, second?.metadata], [1, 'millrace/1 1 2,2,2,1 note']);
  assert.deepEqual(settled, [3, 4, 7]);
});

test('what did not come about goes again, with what has ended since, and what is gone does not', () => {
  const { work, partitions, outbox, settled, leave, take } = setUp(10, WIDE, 2);
  leave(1);
  leave(2, 10, 1);
  const lost = take();
  leave(0);
  const [, second] = partitions;
  assert.ok(second);
  second.revoked = true;
  work.release([second]);
  outbox.release([second]);
  outbox.putBack(lost);
  const again = take();
  assert.deepEqual(offsetsOf(again.departures), [0, 1]);
  assert.deepEqual(again.offsets.map(({ offset, metadata }) => [offset, metadata]), [[2, 'note']]); // prettier-ignore
  outbox.committed(again);
  assert.deepEqual([settled, outbox.size], [[0, 1], 0]);
});

test('an outcome that nobody heard of is seen from what the group has stored', () => {
  for (const counts of [true, false]) {
    const { outbox, settled, leave, take } = setUp(10);
    for (const offset of [0, 2, 5]) leave(offset);
    const batch = take();
    const [{ offset, metadata } = { offset: -1, metadata: '' }] = batch.offsets;
    const stored = counts ? { offset, metadata } : { offset: 0, metadata: '' };
    assert.equal(outbox.resolve(batch, new Map([[0, stored]])), counts);
    assert.deepEqual(settled, counts ? [0, 2, 5] : []);
    assert.equal(outbox.size, counts ? 0 : 3);
    if (!counts) assert.deepEqual(take().offsets[0]?.metadata, metadata);
  }
});

test('records and bytes of a transaction are bounded, and one that is larger than the bound goes alone', () => {
  const { outbox, leave, take } = setUp(10, { records: 3, sizeBytes: 100 });
  for (const offset of [0, 1, 2, 3]) leave(offset);
  assert.equal(outbox.full, true);
  assert.deepEqual(offsetsOf(take().departures), [0, 1, 2]);
  leave(4, 5_000);
  assert.deepEqual(offsetsOf(take().departures), [3, 4]);
  leave(5, 5_000);
  leave(6, 5_000);
  assert.deepEqual([offsetsOf(take().departures), outbox.full], [[5], true]);
});

test('after a transaction that took too long the next ones are smaller, until they come about', () => {
  const { outbox, leave, take } = setUp(40);
  for (let offset = 0; offset < 40; offset++) leave(offset);
  const taken: number[] = [];
  for (let failed = 0; failed < 7; failed++) {
    const batch = take();
    taken.push(batch.departures.length);
    outbox.narrow(batch);
    outbox.putBack(batch);
  }
  for (let batch = outbox.take(); batch !== undefined; batch = outbox.take()) {
    taken.push(batch.departures.length);
    outbox.committed(batch);
  }
  assert.deepEqual(taken, [40, 20, 10, 5, 2, 1, 1, 1, 1, 2, 4, 8, 16, 8]);
});

test('one full partition does not keep the others from going', () => {
  const { leave, take } = setUp(20, { records: 4, sizeBytes: 1e9 }, 2);
  for (let offset = 0; offset < 10; offset++) leave(offset);
  leave(0, 10, 1);
  const both = [...take().departures, ...take().departures].map(({ job }) => job.record.partition.partition);
  assert.ok(both.includes(1));
});

test('jobs whose list would be too long wait for the lowest one, which always goes', () => {
  const { partitions, outbox, settled, leave, take } = setUp(4_000);
  // Each second one: a list of 2000 runs, which the broker would not keep.
  for (let offset = 1; offset < 4_000; offset += 2) leave(offset);
  const first = take();
  const [stored] = first.offsets;
  assert.ok(stored && stored.metadata.length <= 4096 && stored.metadata.length > 3_900, `${stored?.metadata.length}`);
  assert.ok(outbox.size > 900, 'some wait');
  assert.equal(decodeFinishedAhead(0, stored.metadata).length, first.departures.length);
  outbox.committed(first);
  assert.equal(outbox.take(), undefined, 'nothing more fits');
  leave(0);
  const second = take();
  assert.deepEqual(offsetsOf(second.departures).slice(0, 1), [0]);
  assert.equal(second.offsets[0]?.offset, 2);
  outbox.committed(second);
  for (let offset = 2; offset < 4_000; offset += 2) leave(offset);
  for (let batch = outbox.take(); batch !== undefined; batch = outbox.take()) outbox.committed(batch);
  assert.deepEqual([settled.length, partitions[0]?.committed, outbox.size], [4_000, 4_000, 0]);
});

test('a broker that keeps hardly anything with an offset gets less, and all is committed all the same', () => {
  const { partitions, outbox, leave } = setUp(100);
  let halves = 0;
  while (outbox.shorten()) halves++;
  assert.equal(halves, 12);
  for (let offset = 99; offset >= 0; offset--) leave(offset);
  for (let batch = outbox.take(); batch !== undefined; batch = outbox.take()) outbox.committed(batch);
  assert.equal(partitions[0]?.committed, 100);
});

test('offsets that moved without records, and a first place, are committed by themselves', () => {
  const { partitions, outbox, take } = setUp(0);
  const [partition] = partitions;
  assert.ok(partition);
  assert.equal(outbox.take(), undefined);
  partition.tracker.skippedTo(5);
  assert.deepEqual(take().offsets, [{ partition, offset: 5, metadata: 'note' }]);
  partition.committed = -1;
  assert.equal(outbox.unmarked, true);
});
