import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphReadiness } from '../../../src/executor/graph-readiness.ts';
import { NodeError } from '../../../src/graph/node-error.ts';

class ManualClock {
  ms = 0;
  now(): number {
    return this.ms;
  }
}

test('probes share one check, and an answer stands for a second', async () => {
  let checks = 0;
  const clock = new ManualClock();
  const readiness = new GraphReadiness({ checkReady: async () => void checks++ }, clock);
  assert.deepEqual(await Promise.all([readiness.reason(), readiness.reason()]), [undefined, undefined]);
  clock.ms = 999;
  await readiness.reason();
  assert.equal(checks, 1);
  clock.ms = 1_000;
  await readiness.reason();
  assert.equal(checks, 2);
});

test('a node that fails is the reason, and the wait goes on until it answers', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let left = 3;
  const clock = new ManualClock();
  const readiness = new GraphReadiness(
    {
      async checkReady() {
        if (left-- > 0) throw new NodeError("node 'm' cannot be reached", { failure: 'unreachable', node: 'm' });
      },
    },
    clock,
  );
  const notes: string[] = [];
  let done = false;
  const waited = readiness.wait(new AbortController().signal, (reason) => notes.push(reason)).then(() => (done = true));
  for (let turn = 0; turn < 20 && !done; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.ms += 2_000;
    context.mock.timers.tick(2_000);
  }
  await waited;
  assert.deepEqual(notes, ["node 'm' cannot be reached"]);
});

test('the wait ends when it is given up', async () => {
  const given = new AbortController();
  const readiness = new GraphReadiness({ checkReady: () => Promise.reject(new Error('away')) }, new ManualClock());
  await readiness.wait(given.signal, () => given.abort());
  assert.ok(given.signal.aborted);
});

test('a graph that does not answer is not ready', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const readiness = new GraphReadiness({ checkReady: () => new Promise(() => undefined) }, new ManualClock());
  const reason = readiness.reason();
  await new Promise((resolve) => setImmediate(resolve));
  context.mock.timers.tick(5_000);
  assert.match((await reason) ?? '', /no answer within 5000 ms/);
});
