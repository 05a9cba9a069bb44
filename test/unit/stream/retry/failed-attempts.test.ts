import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { NodeError, type NodeErrorDetails } from '../../../../src/graph/node-error.ts';
import { attemptFailed } from '../../../../src/stream/channels.ts';
import { FailedAttempts } from '../../../../src/stream/retry/failed-attempts.ts';
import type { Job } from '../../../../src/stream/work/job.ts';
import { ModelGate } from '../../../../src/stream/retry/model-gate.ts';
import { RecordDeadline } from '../../../../src/stream/retry/record-deadline.ts';
import { record, workOf } from '../sample.ts';

interface Given {
  readonly retries?: number;
  readonly deadlineMs?: number;
  readonly checkReady?: () => Promise<void>;
}

/** One job on a clock of the test's own. */
function start(context: TestContext, { retries = 1_000, deadlineMs = 10_000, checkReady = ready }: Given = {}) {
  const clock = { nowMs: 0 };
  context.mock.method(performance, 'now', () => clock.nowMs);
  context.mock.method(Math, 'random', () => 0.999);
  const { work, partition } = workOf('key');
  work.receive(partition, [record(partition, 0, 'a')], 0);
  const gate = new ModelGate(checkReady, () => undefined);
  context.after(() => gate.close());
  const deadline = new RecordDeadline(deadlineMs, 60_000);
  const attempts = new FailedAttempts({ retries, retryBackoffMs: 100 }, deadline, work, gate, checkReady);
  const begin = () => {
    const job = work.start(clock.nowMs);
    assert.ok(job, 'due');
    return job;
  };
  const fail = (job: Job, error: unknown, afterMs: number) => {
    clock.nowMs += afterMs;
    return attempts.handle(job, error);
  };
  const wait = () => {
    const waitMs = work.nextDueMs - clock.nowMs;
    clock.nowMs = work.nextDueMs;
    return Math.round(waitMs);
  };
  return { clock, work, gate, begin, fail, wait };
}

const ready = () => Promise.resolve();
const unready = () => Promise.reject(nodeError({ failure: 'unreachable' }));

function nodeError(details: Partial<NodeErrorDetails>): NodeError {
  return new NodeError('it said no', { failure: 'status', node: 'm', status: 500, ...details });
}

test('attempts and the waits between them have a limit; the error record says so, with the last error and all attempts', async (context) => {
  const { clock, begin, fail, wait } = start(context);
  const waits: number[] = [];
  let job = begin();
  while ((await fail(job, nodeError({ status: 502 }), 500)) === 'later') {
    waits.push(wait());
    job = begin();
  }
  assert.deepEqual(
    waits,
    [100, 200, 400, 800, 1_600, 3_000].map((ms) => Math.round(ms * 0.9995)),
  );
  assert.ok(clock.nowMs <= 10_000, `over after ${clock.nowMs} ms`);
  const { code, message, node, status } = job.failure ?? {};
  assert.deepEqual([code, node, status, job.attempts], ['DEADLINE', 'm', '502', 7]);
  assert.match(message ?? '', /given up after 7 attempts: its 10000 ms \(KAFKA_DEADLINE_MS\) are over.*it said no/);
});

test('attempts that are used up in time are no matter of the deadline', async (context) => {
  const { begin, fail, wait } = start(context, { retries: 2 });
  let job = begin();
  while ((await fail(job, nodeError({ status: 502 }), 10)) === 'later') {
    wait();
    job = begin();
  }
  assert.deepEqual([job.failure?.code, job.attempts], ['MODEL_STATUS', 3]);
});

test('an attempt that the deadline ended is the last one', async (context) => {
  const { begin, fail } = start(context, { deadlineMs: 1_000, retries: 0 });
  const job = begin();
  assert.equal(await fail(job, nodeError({ failure: 'cancelled' }), 1_000), 'ended');
  assert.equal(job.failure?.code, 'DEADLINE');
});

test('a time that a model asks for counts too; one that is too long is cut to half of what is left', async (context) => {
  const { begin, fail, wait } = start(context);
  let job = begin();
  const asked = (retryAfterMs: number) => nodeError({ status: 429, retryAfterMs });
  await fail(job, asked(4_000), 1_000);
  assert.equal(wait(), 4_000);
  job = begin();
  await fail(job, asked(3_600_000), 1_000);
  assert.equal(wait(), 2_000);
  job = begin();
  await fail(job, asked(3_600_000), 1_000);
  assert.equal(wait(), 500);
  job = begin();
  assert.equal(await fail(job, asked(3_600_000), 500), 'ended');
  assert.deepEqual([job.failure?.code, job.attempts], ['DEADLINE', 4]);
});

test('what is waited for others does not count: a worker, a model that cannot be reached', async (context) => {
  const { clock, begin, fail, wait, gate } = start(context, { checkReady: unready });
  let job = begin();
  await fail(job, nodeError({ status: 500 }), 4_000);
  wait();
  // No worker is free for an hour.
  clock.nowMs += 3_600_000;
  job = begin();
  await fail(job, nodeError({ failure: 'unreachable' }), 5_000);
  assert.equal(gate.open, false);
  clock.nowMs += 7 * 24 * 3_600_000;
  job = begin();
  assert.equal(job.attempts, 2, 'nor does the attempt that did not reach it');
  assert.equal(await fail(job, nodeError({ status: 500 }), 4_000), 'later');
  wait();
  assert.equal(await fail(begin(), nodeError({ status: 500 }), 4_000), 'ended');
});

test('a busy model whose own check fails is waited for, also at the end of the deadline', async (context) => {
  const { begin, fail } = start(context, { checkReady: unready, deadlineMs: 1_000 });
  const job = begin();
  assert.equal(await fail(job, nodeError({ status: 503 }), 1_000), 'later');
  assert.equal(job.failure, undefined);
});

test('a signal ends the attempt in which the time is over, and attempts with time enough need none', async (context) => {
  const { work, partition } = workOf('key');
  work.receive(partition, [record(partition, 0)], 0);
  const job = work.start(0);
  assert.ok(job);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  assert.equal(new RecordDeadline(60_000, 60_000).limit(job), undefined);
  const deadline = new RecordDeadline(1_000, 60_000);
  job.spentMs = 400;
  const limit = deadline.limit(job);
  assert.ok(limit);
  context.mock.timers.tick(599);
  assert.equal(limit.signal.aborted, false);
  context.mock.timers.tick(2);
  assert.equal(limit.signal.aborted, true);
  const ended = deadline.limit(job);
  ended?.end();
  context.mock.timers.tick(10_000);
  assert.equal(ended?.signal.aborted, false);
});

test('an attempt that fails after its partition was given up is not told as one that is repeated', async (context) => {
  const { begin, fail } = start(context);
  const told: number[] = [];
  context.after(attemptFailed.subscribe(({ attempt }) => told.push(attempt)));
  const job = begin();
  job.record.partition.revoked = true;
  await fail(job, nodeError({ failure: 'cancelled' }), 5);
  assert.deepEqual(told, []);
  job.record.partition.revoked = false;
  await fail(job, nodeError({ failure: 'cancelled' }), 5);
  assert.deepEqual(told, [1]);
});
