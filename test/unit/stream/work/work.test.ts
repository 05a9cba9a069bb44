import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AssignedPartition } from '../../../../src/kafka/offsets/assigned-partition.ts';
import type { Job } from '../../../../src/stream/work/job.ts';
import type { Work } from '../../../../src/stream/work/work.ts';
import { FAILURE, payload, record, workOf } from '../sample.ts';

function startAll(work: Work, nowMs = 0): Job[] {
  const started: Job[] = [];
  for (let job = work.start(nowMs); job !== undefined; job = work.start(nowMs)) started.push(job);
  return started;
}

function succeed(work: Work, job: Job | undefined, body = ''): number[] {
  assert.ok(job);
  job.result = payload(body);
  return work.end(job).map((released) => released.record.offset);
}

const offsets = (jobs: readonly Job[]) => jobs.map((job) => job.record.offset);

test('runs one key in parallel, and lets its results go in order', () => {
  const { work, partition } = workOf('key');
  work.receive(
    partition,
    [record(partition, 0, 'a'), record(partition, 1, 'b'), record(partition, 2, 'a'), record(partition, 3, 'a')],
    0,
  );
  const [first, second, third, fourth] = startAll(work);
  assert.deepEqual(succeed(work, fourth), []);
  assert.deepEqual(succeed(work, second), [1], 'another key waits for nobody');
  assert.deepEqual(succeed(work, first), [0]);
  assert.deepEqual(succeed(work, third), [2, 3]);
});

test("'partition' keeps all in order, 'unordered' nothing, and records without a key have no order by key", () => {
  for (const [order, expected] of [
    ['partition', [[], [0, 1]]],
    ['unordered', [[1], [0]]],
    ['key', [[1], [0]]],
  ] as const) {
    const { work, partition } = workOf(order);
    work.receive(partition, [record(partition, 0), record(partition, 1)], 0);
    const [first, second] = startAll(work);
    assert.deepEqual([succeed(work, second), succeed(work, first)], expected, order);
  }
});

test('a failure takes its turn like a result', () => {
  const { work, partition } = workOf('key');
  work.receive(partition, [record(partition, 0, 'a'), record(partition, 1, 'a')], 0);
  const [first, second] = startAll(work);
  succeed(work, second);
  assert.ok(first);
  first.failure = FAILURE;
  assert.deepEqual(offsets(work.end(first)), [0, 1]);
});

test('a key that is retried for hours stops no other key', () => {
  const { work, partition } = workOf('key', { workers: 2 });
  let offset = 0;
  work.receive(partition, [record(partition, offset++, 'slow')], 0);
  let slow = work.start(0);
  assert.ok(slow);
  for (let hour = 1; hour <= 5; hour++) {
    work.retry(slow, hour * 3_600_000);
    for (let i = 0; i < 100; i++) {
      work.receive(partition, [record(partition, offset++, `key-${i}`)], 0);
      const [other] = startAll(work, hour * 3_600_000 - 1);
      assert.ok(other && other !== slow);
      assert.equal(succeed(work, other).length, 1);
      work.settle(other);
    }
    slow = work.start(hour * 3_600_000);
    assert.equal(slow?.record.offset, 0);
    assert.ok(slow);
  }
  assert.equal(partition.tracker.committable, 0, 'nothing above it is committed');
  succeed(work, slow);
  work.settle(slow);
  assert.equal(partition.tracker.committable, offset);
  assert.deepEqual([work.open, work.openBytes], [0, 0]);
});

test('partitions take turns', () => {
  const { work, partitions } = workOf('key', { workers: 6 }, 3);
  for (const partition of partitions) {
    work.receive(
      partition,
      Array.from({ length: 10 }, (_, offset) => record(partition, offset)),
      0,
    );
  }
  const counts = [0, 0, 0];
  for (const job of startAll(work))
    counts[job.record.partition.partition] = (counts[job.record.partition.partition] ?? 0) + 1;
  assert.deepEqual(counts, [2, 2, 2]);
});

test('a record larger than the limit passes alone, and small ones do not keep it waiting for ever', () => {
  const { work, partitions } = workOf('unordered', { openBytes: 10_000 }, 2);
  const [large, small] = partitions;
  assert.ok(large && small);
  work.receive(large, [record(large, 0, null, Buffer.alloc(50_000))], 0);
  let next = 0;
  const feed = () => work.receive(small, [record(small, next++)], 0);
  feed();
  feed();
  const underWay = startAll(work);
  for (let round = 0; round < 20; round++) {
    feed();
    underWay.push(...startAll(work));
    if (underWay.some((job) => job.record.partition === large)) break;
    const done = underWay.shift();
    succeed(work, done);
    if (done) work.settle(done);
  }
  assert.deepEqual(
    underWay.map((job) => job.record.sizeBytes),
    [50_000],
    'it runs, and alone',
  );
});

test('results count until they are stored', () => {
  const { work, partition } = workOf('unordered', { openBytes: 100_000 });
  work.receive(partition, [record(partition, 0), record(partition, 1)], 0);
  const job = work.start(0);
  assert.ok(job);
  succeed(work, job, 'x'.repeat(200_000));
  assert.ok(work.openBytes > 200_000);
  assert.equal(work.start(0), undefined, 'nothing more is started while a large result waits for the broker');
  work.settle(job);
  assert.ok(work.start(0));
});

test('reading pauses for tiny and empty records too, and goes on when they have started', () => {
  const { work, partition } = workOf('unordered', { workers: 10, waitingBytes: 200_000 });
  for (let offset = 0; offset < 100_000 && !partition.paused; offset++) {
    work.receive(partition, [record(partition, offset, null, null)], 0);
    work.applyPauses();
  }
  assert.ok(partition.paused);
  assert.ok(work.waiting < 1_000, `${work.waiting} wait`);
  assert.equal(work.applyPauses(), false);
  for (let job = work.start(0); job !== undefined; job = work.start(0)) {
    succeed(work, job);
    work.settle(job);
  }
  assert.equal(work.applyPauses(), true, 'a partition may be read again');
  assert.deepEqual([partition.paused, work.waiting, work.waitingBytes], [false, 0, 0]);
});

test('workers bound what is at the models, and a retry that is due waits for one', () => {
  const { work, partition } = workOf('unordered', { workers: 2 });
  work.receive(
    partition,
    [0, 1, 2].map((offset) => record(partition, offset)),
    0,
  );
  const [first, second] = startAll(work);
  assert.ok(first && second);
  work.retry(first, 50);
  assert.equal(work.nextDueMs, 50);
  assert.equal(work.start(0)?.record.offset, 2);
  assert.equal(work.nextDueMs, Infinity, 'no time to look at: only a free worker changes anything');
  assert.equal(work.start(60), undefined);
  succeed(work, second);
  assert.equal(work.nextDueMs, 50);
  assert.equal(work.start(60), first);
  assert.equal(first.attempts, 2);
});

test('records that found a model unreachable come first, and their attempt does not count', () => {
  const { work, partition } = workOf('unordered');
  work.receive(
    partition,
    [0, 1].map((offset) => record(partition, offset)),
    0,
  );
  const job = work.start(0);
  assert.ok(job);
  work.postpone(job);
  assert.equal(work.start(0), job);
  assert.equal(job.attempts, 1);
});

test('a draining partition starts nothing; what is under way ends, and nothing above what was dropped is committed', () => {
  const { work, partition } = workOf('key', { workers: 3 });
  work.receive(
    partition,
    [0, 1, 2, 3, 4].map((offset) => record(partition, offset, `k${offset}`)),
    0,
  );
  const [first, second, third] = startAll(work);
  assert.ok(first && second && third);
  work.retry(second, 10);
  work.drain([partition]);
  assert.deepEqual([work.waiting, work.waitingBytes, work.retrying], [0, 0, 0]);
  assert.equal(work.start(1_000), undefined);
  assert.equal(work.drained([partition]), false);
  succeed(work, first);
  work.settle(first);
  work.retry(third, 2_000);
  assert.ok(work.drained([partition]), 'a failed attempt is not waited for');
  assert.equal(partition.tracker.committable, 1);
  partition.revoked = true;
  work.release([partition]);
  assert.deepEqual([work.open, work.openBytes, work.atModels, work.retrying], [0, 0, 0, 0]);
});

// The reader goes by them, so nobody else will read them; unnoticed, the offset after them would be committed.
test('records that come while a partition drains hold its committable offset', () => {
  const { work, partition } = workOf('key');
  work.drain([partition]);
  work.receive(partition, [record(partition, 0)], 0);
  partition.tracker.skippedTo(1);
  assert.deepEqual([work.waiting, partition.tracker.committable], [0, 0]);
});

test('an answer for a partition that is gone is written nowhere', () => {
  const { work, partition } = workOf('key');
  work.receive(partition, [record(partition, 0, 'a')], 0);
  const job = work.start(0);
  partition.revoked = true;
  work.release([partition]);
  assert.deepEqual(succeed(work, job), []);
  assert.deepEqual([work.atModels, work.open, work.openBytes], [0, 0, 0]);
  assert.equal(partition.tracker.committable, 0);
});

test('lets go of jobs that are done', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { work, partition } = workOf('key');
  const run = () => {
    work.receive(partition, [record(partition, 0, 'a'), record(partition, 1, 'b')], 0);
    const job = work.start(0);
    assert.ok(job);
    succeed(work, job);
    work.settle(job);
    return new WeakRef(job);
  };
  const done = run();
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    collect();
    assert.equal(done.deref(), undefined);
    assert.equal(work.waiting, 1);
  });
});

/** Many records of one partition, all of them waiting for another attempt that comes in an hour. */
function retryingPartition(work: Work, partition: AssignedPartition, records: number): void {
  const all = Array.from({ length: records }, (_, offset) => record(partition, offset, `key-${offset}`));
  work.receive(partition, all, 0);
  for (let job = work.start(0); job !== undefined; job = work.start(0)) work.retry(job, 3_600_000);
  work.applyPauses();
}

test('a partition whose records all wait for their next attempt leaves room for the others', () => {
  const { work, partitions } = workOf('key', { workers: 4, openRecords: 100 }, 5);
  const [stuck, ...others] = partitions;
  assert.ok(stuck);
  retryingPartition(work, stuck, 500);
  assert.ok(work.open >= 50 && work.open <= 61, `${work.open} of 100 are its own`);
  for (const other of others) {
    const all = Array.from({ length: 100 }, (_, offset) => record(other, offset, `key-${offset}`));
    work.receive(other, all, 0);
  }
  let done = 0;
  for (let job = work.start(1); job !== undefined; job = work.start(1)) {
    succeed(work, job);
    work.settle(job);
    done++;
  }
  assert.equal(done, 400, 'all of the others');
});

test('a partition alone may hold as much as there is', () => {
  const { work, partition } = workOf('key', { workers: 4, openRecords: 100 });
  retryingPartition(work, partition, 500);
  assert.equal(work.open, 100);
});

test('bytes are shared like records, and a large record of a partition comes to its turn', () => {
  const { work, partitions } = workOf('key', { workers: 10, openBytes: 100_000 }, 2);
  const [stuck, other] = partitions;
  assert.ok(stuck && other);
  const large = (offset: number) => record(stuck, offset, null, Buffer.alloc(10_000));
  work.receive(
    stuck,
    Array.from({ length: 20 }, (_, offset) => large(offset)),
    0,
  );
  for (let job = work.start(0); job !== undefined; job = work.start(0)) work.retry(job, 3_600_000);
  assert.ok(work.openBytes < 70_000, `${work.openBytes} of 100000`);
  work.receive(other, [record(other, 0, null, Buffer.alloc(25_000)), record(other, 1, null, Buffer.alloc(60_000))], 0);
  const job = work.start(0);
  assert.equal(job?.record.sizeBytes, 25_000);
  assert.equal(work.start(0), undefined, 'no room yet');
  succeed(work, job);
  assert.ok(job);
  work.settle(job);
  for (let due = work.start(3_600_000); due !== undefined; due = work.start(3_600_000)) {
    if (due.record.sizeBytes === 60_000) return;
    succeed(work, due);
    work.settle(due);
  }
  assert.fail('the large one never started');
});

test('a partition whose calls hang keeps its share of the workers, and the others work on theirs', () => {
  const { work, partitions } = workOf('unordered', { workers: 8 }, 2);
  const [hanging, quick] = partitions;
  assert.ok(hanging && quick);
  const many = (partition: AssignedPartition) => Array.from({ length: 200 }, (_, offset) => record(partition, offset));
  work.receive(hanging, many(hanging), 0);
  work.receive(quick, many(quick), 0);
  work.applyPauses();
  let done = 0;
  let hung = 0;
  for (let job = work.start(0); job !== undefined; job = work.start(0)) {
    if (job.record.partition === hanging) hung++;
    else {
      succeed(work, job);
      work.settle(job);
      done++;
    }
    if (done < 200) assert.ok(hung <= 4, `${hung} workers hang while others have work`);
    work.applyPauses();
  }
  assert.deepEqual([done, hung], [200, 8], 'then it may have them all');
});

test('retries take turns with the records of other partitions', () => {
  const { work, partitions } = workOf('unordered', { workers: 1 }, 2);
  const [retrying, fresh] = partitions;
  assert.ok(retrying && fresh);
  work.receive(
    retrying,
    Array.from({ length: 50 }, (_, offset) => record(retrying, offset)),
    0,
  );
  for (let job = work.start(0); job !== undefined && work.retrying < 50; job = work.start(0)) work.retry(job, 1);
  assert.equal(work.retrying, 50);
  work.receive(
    fresh,
    Array.from({ length: 10 }, (_, offset) => record(fresh, offset)),
    5,
  );
  let started = 0;
  for (let left = 10; left > 0; started++) {
    const job = work.start(10);
    assert.ok(job);
    if (job.record.partition === fresh) left--;
    succeed(work, job);
    work.settle(job);
  }
  assert.ok(started <= 21, `${started} were started for ten`);
});

test('knows since when the oldest attempt under way is under way', () => {
  const { work, partition } = workOf('unordered', { workers: 3 });
  assert.equal(work.oldestStartMs, undefined);
  work.receive(partition, [record(partition, 0), record(partition, 1)], 0);
  const first = work.start(10);
  const second = work.start(20);
  assert.ok(first && second);
  assert.equal(work.oldestStartMs, 10);
  work.retry(first, 25);
  assert.equal(work.oldestStartMs, 20);
  work.start(30);
  succeed(work, second);
  assert.equal(work.oldestStartMs, 30, 'a retry is an attempt of its own');
});
