import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OffsetTracker } from '../../../../src/kafka/offsets/offset-tracker.ts';

/** The tracker's promise, written down as simply as can be: a list that is searched. */
class NaiveTracker {
  readonly #records: { readonly offset: number; finished: boolean }[] = [];
  next: number;

  constructor(position: number) {
    this.next = position;
  }

  received(offset: number): number {
    this.#records.push({ offset, finished: false });
    this.next = offset + 1;
    return this.#records.length - 1;
  }

  finished(index: number): void {
    const record = this.#records[index];
    if (record) record.finished = true;
  }

  get committable(): number {
    return this.#records.find((record) => !record.finished)?.offset ?? this.next;
  }

  get incomplete(): number {
    return this.#records.filter((record) => !record.finished).length;
  }
}

type Event =
  | { readonly do: 'receive'; readonly gap: number }
  | { readonly do: 'skip'; readonly by: number }
  | { readonly do: 'finish'; readonly which: number };

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('receive' as const), gap: fc.nat({ max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('skip' as const), by: fc.integer({ min: -5, max: 5 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('finish' as const), which: fc.nat() }) },
  ),
  { maxLength: 600, size: 'max' },
);

test('agrees with a naive model in any order of receiving, skipping and finishing', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000 }), events, (position, list) => {
      const tracker = new OffsetTracker(position);
      const naive = new NaiveTracker(position);
      const open: { sequence: number; index: number; offset: number }[] = [];
      for (const event of list) {
        if (event.do === 'receive') {
          const offset = tracker.next + event.gap;
          open.push({ offset, sequence: tracker.received(offset), index: naive.received(offset) });
        } else if (event.do === 'skip') {
          const to = naive.next + event.by;
          tracker.skippedTo(to);
          naive.next = Math.max(naive.next, to);
        } else {
          const [done] = open.splice(event.which % Math.max(1, open.length), 1);
          if (!done) continue;
          const before = naive.committable;
          naive.finished(done.index);
          assert.equal(tracker.finished(done.sequence), naive.committable !== before);
        }
        assert.equal(tracker.committable, naive.committable);
        assert.equal(tracker.incomplete, naive.incomplete);
        for (const { offset } of open) assert.ok(tracker.committable <= offset);
      }
      for (const { sequence } of open) tracker.finished(sequence);
      assert.equal(tracker.committable, tracker.next);
      assert.equal(tracker.incomplete, 0);
    }),
    { numRuns: 150 },
  );
});

test('keeps every record when the ring grows with its head in the middle', () => {
  const tracker = new OffsetTracker(0);
  const sequences = Array.from({ length: 50 }, (_, offset) => tracker.received(offset));
  for (const sequence of sequences.slice(0, 40)) tracker.finished(sequence);
  for (let offset = 50; offset < 5_000; offset++) sequences.push(tracker.received(offset));
  assert.equal(tracker.committable, 40);
  for (const sequence of sequences.slice(41).reverse()) tracker.finished(sequence);
  assert.equal(tracker.committable, 40);
  assert.equal(tracker.finished(sequences[40] ?? -1), true);
  assert.equal(tracker.committable, 5_000);
});

test('gaps cost nothing: compacted offsets and control records need no finishing', () => {
  const tracker = new OffsetTracker(10);
  const first = tracker.received(100);
  tracker.skippedTo(500);
  assert.equal(tracker.committable, 100);
  tracker.finished(first);
  assert.equal(tracker.committable, 500);
  tracker.skippedTo(200);
  assert.equal(tracker.next, 500);
});

test('refuses what would hide a fault: an offset twice, a record finished twice or never received', () => {
  const tracker = new OffsetTracker(5);
  assert.throws(() => tracker.received(4), RangeError);
  const first = tracker.received(5);
  const second = tracker.received(6);
  assert.throws(() => tracker.received(6), RangeError);
  tracker.finished(second);
  assert.throws(() => tracker.finished(second), RangeError);
  assert.throws(() => tracker.finished(second + 1), RangeError);
  tracker.finished(first);
  assert.throws(() => tracker.finished(first), RangeError);
});
