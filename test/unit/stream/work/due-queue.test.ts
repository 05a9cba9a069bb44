import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DueQueue } from '../../../../src/stream/work/due-queue.ts';

test('gives what is due, earliest first, and nothing that is not', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), dueMs: fc.nat({ max: 100 }) }),
    fc.record({ do: fc.constant('take' as const), nowMs: fc.nat({ max: 100 }) }),
    fc.record({ do: fc.constant('drain' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DueQueue<number>();
      let naive: { readonly id: number; readonly dueMs: number }[] = [];
      let id = 0;
      for (const one of steps) {
        if (one.do === 'add') {
          queue.add(id, one.dueMs);
          naive.push({ id: id++, dueMs: one.dueMs });
        } else if (one.do === 'take') {
          const earliest = Math.min(...naive.map(({ dueMs }) => dueMs));
          const taken = queue.take(one.nowMs);
          assert.equal(taken === undefined, earliest > one.nowMs);
          if (taken === undefined) continue;
          assert.equal(naive.find((entry) => entry.id === taken)?.dueMs, earliest);
          naive = naive.filter((entry) => entry.id !== taken);
        } else {
          assert.deepEqual(queue.drain().sort(), naive.map((entry) => entry.id).sort());
          naive = [];
        }
        assert.equal(queue.size, naive.length);
        assert.equal(queue.nextDueMs, Math.min(...naive.map(({ dueMs }) => dueMs)));
      }
    }),
  );
});
