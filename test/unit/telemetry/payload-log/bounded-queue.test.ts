import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BoundedQueue, type QueueEntry } from '../../../../src/telemetry/payload-log/bounded-queue.ts';

test('items come out in their order, and count until they are released', () => {
  const queue = new BoundedQueue<string>({ maxEvents: 2, maxBytes: 100 });
  queue.push('a', 40);
  queue.push('b', 50);
  assert.equal(queue.refusal(1), 'full');
  const a = queue.next();
  assert.equal(a?.item, 'a');
  assert.equal(queue.refusal(1), 'full');
  queue.release(a);
  assert.equal(queue.refusal(50), undefined);
  assert.equal(queue.refusal(51), 'full');
  assert.equal(queue.refusal(101), 'too-large');
  assert.equal(queue.next()?.item, 'b');
  assert.equal(queue.next(), undefined);
});

test('an item can grow as far as there is room', () => {
  const queue = new BoundedQueue<string>({ maxEvents: 9, maxBytes: 100 });
  queue.push('a', 10);
  queue.push('b', 10);
  const a = queue.next();
  assert.ok(a);
  assert.equal(queue.resize(a, 91), 'full');
  assert.equal(queue.resize(a, 101), 'too-large');
  assert.equal(queue.bytes, 20);
  assert.equal(queue.resize(a, 90), undefined);
  assert.equal(queue.bytes, 100);
  queue.release(a);
  assert.equal(queue.bytes, 10);
  assert.equal(queue.events, 1);
});

test('whatever is done, the limits hold and the order stays', () => {
  const steps = fc.array(
    fc.record({ sizeBytes: fc.integer({ min: 1, max: 60 }), takes: fc.nat(2), releases: fc.nat(2) }),
    {
      maxLength: 4_000,
      size: 'max',
    },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new BoundedQueue<number>({ maxEvents: 5, maxBytes: 100 });
      const taken: QueueEntry<number>[] = [];
      let [pushed, expected] = [0, 0];
      for (const { sizeBytes, takes, releases } of all) {
        if (queue.refusal(sizeBytes) === undefined) queue.push(pushed++, sizeBytes);
        assert.ok(queue.events <= 5 && queue.bytes <= 100);
        for (let i = 0; i < takes; i++) {
          const entry = queue.next();
          if (entry === undefined) break;
          assert.equal(entry.item, expected++);
          taken.push(entry);
        }
        for (const entry of taken.splice(0, releases)) queue.release(entry);
      }
      for (let entry = queue.next(); entry !== undefined; entry = queue.next()) taken.push(entry);
      for (const entry of taken) queue.release(entry);
      assert.deepEqual([queue.events, queue.bytes], [0, 0]);
    }),
    { numRuns: 50 },
  );
});
