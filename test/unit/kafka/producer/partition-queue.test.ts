import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { PartitionQueue } from '../../../../src/kafka/producer/partition-queue.ts';
import type { OutputRecord } from '../../../../src/kafka/record.ts';

const MOST_RECORDS = 10_000;

function record(id: number, sizeBytes = 100): OutputRecord {
  const value = Buffer.from(String(id));
  return { topic: 't', partition: 0, key: null, value, headers: [], sizeBytes, settled: () => undefined };
}

function ids(records: readonly OutputRecord[]): number[] {
  return records.map(({ value }) => Number(value));
}

function queueOf(count: number, sizeBytes = 100): PartitionQueue {
  const queue = new PartitionQueue('t', 0);
  for (let id = 0; id < count; id++) queue.push(record(id, sizeBytes));
  return queue;
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

test('headers stay as they are, also several without a name', () => {
  const queue = new PartitionQueue('t', 0);
  const [none, name] = [Buffer.alloc(0), Buffer.from('name')];
  const headers = [
    [none, Buffer.from('1')],
    [name, null],
    [none, Buffer.from('2')],
    [name, none],
  ] as const;
  queue.push({ ...record(1), headers });
  queue.fill(1_000);
  assert.deepEqual([...(queue.messages[0]?.headers ?? [])], headers);
});

test('fills a batch up to its bytes, and leaves it alone while it is under way', () => {
  const queue = queueOf(10, 1_000);
  queue.fill(3_500);
  assert.deepEqual(ids(queue.batch), [0, 1, 2]);
  queue.fill(1_000_000);
  assert.deepEqual(ids(queue.batch), [0, 1, 2]);
  assert.equal(queue.messages.length, 3);
  assert.deepEqual(ids(queue.take()), [0, 1, 2]);
  queue.fill(1_000_000);
  assert.deepEqual(ids(queue.take()), upTo(7, 3));
  assert.ok(queue.empty);
});

test('a record larger than a batch may be goes alone', () => {
  const queue = queueOf(0);
  queue.push(record(0, 5_000_000));
  queue.push(record(1));
  queue.fill(1_000_000);
  assert.deepEqual(ids(queue.take()), [0]);
  queue.fill(1_000_000);
  assert.deepEqual(ids(queue.take()), [1]);
});

test('counts what a record takes beside its bytes: no batch of a million empty records', () => {
  const queue = queueOf(20_000, 0);
  queue.fill(100_000);
  assert.ok(queue.batch.length < 2_000);
  queue.take();
  queue.fill(1_000_000_000);
  assert.equal(queue.batch.length, MOST_RECORDS);
});

test('halves until one record is left, in order, and widens again', () => {
  const queue = queueOf(8);
  queue.fill(1_000_000);
  const sizes = [queue.batch.length];
  for (let step = 0; step < 3; step++) {
    queue.halve();
    assert.equal(queue.batch.length, 0);
    queue.fill(1_000_000);
    sizes.push(queue.batch.length);
  }
  assert.deepEqual(sizes, [8, 4, 2, 1]);
  assert.deepEqual(ids(queue.take()), [0]);
  queue.widen();
  queue.fill(1_000_000);
  assert.deepEqual(ids(queue.take()), [1, 2]);
  queue.widen();
  queue.fill(1_000_000);
  assert.deepEqual(ids(queue.take()), [3, 4, 5, 6]);
});

test('gives everything back at the end: the batch, then what waits', () => {
  const queue = queueOf(5, 1_000);
  queue.fill(2_500);
  assert.deepEqual(ids(queue.drain()), [0, 1, 2, 3, 4]);
  assert.ok(queue.empty);
  assert.deepEqual(queue.drain(), []);
});

test('keeps names that repeat, and headers without a value', () => {
  const queue = new PartitionQueue('t', 0);
  const headers = [
    [Buffer.from('h'), Buffer.from('1')],
    [Buffer.from('h'), Buffer.from('2')],
    [Buffer.from('n'), null],
  ] as const;
  queue.push({ ...record(0), headers });
  queue.fill(1_000);
  assert.deepEqual([...(queue.messages[0]?.headers as Map<Buffer, Buffer>)], headers);
});

test('keeps the order through any sequence of pushing, filling, halving and taking', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 3_000 }) }),
    fc.record({ do: fc.constantFrom('fill' as const, 'take' as const, 'halve' as const, 'widen' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new PartitionQueue('t', 0);
      const taken: number[] = [];
      let pushed = 0;
      for (const one of steps) {
        if (one.do === 'push') for (let i = 0; i < one.count; i++) queue.push(record(pushed++));
        else if (one.do === 'fill') queue.fill(100_000);
        else if (one.do === 'take') taken.push(...ids(queue.take()));
        else if (one.do === 'halve') queue.halve();
        else queue.widen();
        assert.equal(queue.messages.length, queue.batch.length);
      }
      taken.push(...ids(queue.drain()));
      assert.deepEqual(taken, upTo(pushed));
    }),
    { numRuns: 100 },
  );
});

test('lets go of what was taken: stored records are not held until the queue is tidied', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const queue = new PartitionQueue('t', 0);
  const pushed = new WeakRef(record(0));
  const push = () => {
    const held = pushed.deref();
    assert.ok(held);
    queue.push(held);
  };
  push();
  queue.push(record(1));
  queue.batchLimit = 1;
  queue.fill(1_000);
  queue.take();
  // A WeakRef holds its target until the turn of the event loop is over.
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    collect();
    assert.equal(pushed.deref(), undefined);
    assert.ok(!queue.empty);
  });
});
