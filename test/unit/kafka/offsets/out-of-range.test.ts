import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { placeOutOfRange } from '../../../../src/kafka/offsets/out-of-range.ts';

const log = { first: 80, end: 100 };

test('below the log reading goes on at its begin: what is still there is read, also with latest', () => {
  assert.deepEqual(placeOutOfRange(50, log, 'earliest'), { is: 'deleted', to: 80 });
  assert.deepEqual(placeOutOfRange(50, log, 'latest'), { is: 'deleted', to: 80 });
});

test('beyond the log it is as KAFKA_OFFSET_RESET says', () => {
  assert.deepEqual(placeOutOfRange(5000, log, 'earliest'), { is: 'cut', to: 80 });
  assert.deepEqual(placeOutOfRange(5000, log, 'latest'), { is: 'cut', to: 100 });
});

test('a position that is in the log by now is kept, and what comes out always is in it', () => {
  for (const position of [80, 90, 100])
    assert.deepEqual(placeOutOfRange(position, log, 'latest'), { is: 'kept', to: position });
  const reset = fc.constantFrom('earliest' as const, 'latest' as const);
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), fc.nat(1000), reset, (position, first, length, how) => {
      const end = first + length;
      const { to, is } = placeOutOfRange(position, { first, end }, how);
      assert.ok(to >= first && to <= end);
      // Only a log that was cut makes anybody read twice; only what is gone is passed over.
      if (is === 'deleted') assert.ok(to === first && position < first);
    }),
  );
});
