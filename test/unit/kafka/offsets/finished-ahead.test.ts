import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodeFinishedAhead,
  encodeFinishedAhead,
  type OffsetRange,
} from '../../../../src/kafka/offsets/finished-ahead.ts';
import { OffsetTracker } from '../../../../src/kafka/offsets/offset-tracker.ts';

const base = fc.oneof(
  fc.nat(),
  fc.maxSafeNat().map((offset) => Math.floor(offset / 2)),
);

/** Ranges above an offset that do not touch; the first may begin right there. */
const rangesAbove = (offset: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 5_000 })), { maxLength: 60 })
    .chain((steps) =>
      fc.boolean().map((touching) => {
        let at = offset - (touching ? (steps[0]?.[0] ?? 0) : 0);
        return steps.map(([open, finished]): OffsetRange => {
          const from = at + open;
          at = from + finished;
          return { from, to: at };
        });
      }),
    );

test('what was encoded is decoded, for its own offset and no other', () => {
  const both = base.chain((offset) => fc.tuple(fc.constant(offset), rangesAbove(offset)));
  fc.assert(
    fc.property(both, ([offset, ranges]) => {
      const text = encodeFinishedAhead(offset, ranges);
      assert.deepEqual(decodeFinishedAhead(offset, text), ranges);
      assert.deepEqual(decodeFinishedAhead(offset, `${text} topic:x/1`), ranges);
      assert.deepEqual(decodeFinishedAhead(offset + 1, text), []);
      assert.match(text, /^[ -~]*$/);
    }),
  );
  assert.equal(encodeFinishedAhead(10, [{ from: 11, to: 14 }, { from: 16, to: 17 }]), 'millrace/1 a 1,3,2,1'); // prettier-ignore
  assert.equal(encodeFinishedAhead(10, []), '');
});

test('what is foreign or damaged says nothing', () => {
  const foreign = [
    '',
    'x',
    '{"redriven":[]}',
    'millrace/2 a 1,3',
    'millrace/1',
    'millrace/1 a',
    'millrace/1 a 1',
    'millrace/1 a 1,0',
  ];
  const damaged = [
    'millrace/1 a 1,3,0,2',
    'millrace/1 a 1,3,',
    'millrace/1 a 1,-3',
    'millrace/1 A 1,3',
    'millrace/1 a 1,3!',
    'millrace/1 a zzzzzzzzzzz,zzzzzzzzzzz',
  ];
  for (const text of [...foreign, ...damaged]) assert.deepEqual(decodeFinishedAhead(10, text), [], text);
  fc.assert(
    fc.property(
      fc.nat(),
      fc.string(),
      (offset, text) => void assert.ok(Array.isArray(decodeFinishedAhead(offset, text))),
    ),
  );
});

test('a random order of finishing, cut by crashes: the next owner does what was not committed, and only that', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 150 });
  fc.assert(
    fc.property(gaps, fc.array(fc.nat(), { maxLength: 400 }), (steps, choices) => {
      let at = 7;
      const log = steps.map((step) => (at += step));
      const done = new Set<number>();
      let [offset, metadata] = [7, ''];
      const chosen = [...choices];
      for (let life = 0; life < 5; life++) {
        const tracker = new OffsetTracker(offset, decodeFinishedAhead(offset, metadata));
        const open: { readonly sequence: number; readonly offset: number }[] = [];
        const records = log.filter((one) => one >= offset);
        // Some of the log is not read in this life: what is known of it must be kept.
        const read = records.slice(0, 1 + ((chosen.pop() ?? 0) % Math.max(1, records.length)));
        for (const one of read) {
          const sequence = tracker.received(one);
          assert.equal(tracker.isFinished(sequence), done.has(one), `${one} in life ${life}`);
          if (!done.has(one)) open.push({ sequence, offset: one });
        }
        if (read.length === records.length) tracker.skippedTo(at + 3);
        for (let turn = 0; turn < 40; turn++) {
          const [left] = open.splice((chosen.pop() ?? 0) % Math.max(1, open.length), 1);
          if (left === undefined) break;
          tracker.leaving(left.sequence);
          const progress = tracker.progress();
          const isDone = (one: number) => one < progress.offset || progress.ahead.some(({ from, to }) => from <= one && one < to); // prettier-ignore
          for (const one of log) assert.equal(isDone(one), done.has(one) || one === left.offset, `${one}`);
          if ((chosen.pop() ?? 0) % 5 === 0) {
            tracker.staying(left.sequence);
            open.push(left);
            continue;
          }
          tracker.finished(left.sequence);
          done.add(left.offset);
          assert.deepEqual(tracker.progress(), progress);
          assert.ok(progress.offset >= offset);
          [offset, metadata] = [progress.offset, encodeFinishedAhead(progress.offset, progress.ahead)];
          assert.deepEqual(decodeFinishedAhead(offset, metadata), progress.ahead);
        }
      }
    }),
    { numRuns: 300 },
  );
});
