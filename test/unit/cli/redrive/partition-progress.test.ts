import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ErrorRecord } from '../../../../src/cli/redrive/selection/error-record.ts';
import { PartitionProgress } from '../../../../src/cli/redrive/partition-progress.ts';
import { RecordFilter } from '../../../../src/cli/redrive/selection/record-filter.ts';

const all = new RecordFilter({});
const error = (code: string, node = 'n'): ErrorRecord => ({
  code,
  node,
  status: '',
  timeMs: 0,
  key: undefined,
  source: undefined,
  leftOutBytes: undefined,
  headers: [],
});
const restored = (progress: PartitionProgress, first = 0) => PartitionProgress.read(progress.toCommit(), first);

test('whatever runs follow each other, and wherever they stop, each record is dealt with once', () => {
  const codes = ['A', 'B', 'C'];
  const nodes = ['x', 'y'];
  const filter = fc
    .record({ code: fc.subarray(codes), node: fc.subarray(nodes) })
    .map((parts) => new RecordFilter(parts));
  const run = fc.record({ filter, most: fc.integer({ min: 0, max: 12 }) });
  const record = fc.record({ code: fc.constantFrom(...codes), node: fc.constantFrom(...nodes) });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), fc.array(run, { maxLength: 8 }), (records, runs) => {
      const sent = records.map(() => 0);
      let progress = PartitionProgress.read(undefined, 0);
      for (const { filter: chosen, most } of [...runs, { filter: all, most: Infinity }]) {
        const start = progress.startOf(chosen);
        const end = Math.min(records.length, start + most);
        for (let offset = start; offset < end; offset++) {
          const { code, node } = records[offset] ?? { code: '', node: '' };
          const one = error(code, node);
          if (chosen.matches(one) && !progress.isDone(offset, one)) sent[offset] = (sent[offset] ?? 0) + 1;
        }
        progress = restored(progress.advanced(chosen, end));
      }
      assert.deepEqual(sent, records.map(() => 1)); // prettier-ignore
      assert.equal(progress.base, records.length);
    }),
  );
});

test('what lies below the base is forgotten, also when retention has moved it', () => {
  const some = new RecordFilter({ code: ['A'] });
  const progress = PartitionProgress.read(undefined, 5).advanced(some, 50);
  assert.deepEqual([progress.base, progress.furthest], [5, 50]);
  assert.equal(progress.toCommit().metadata, '{"redriven":[[{"code":["A"]},50]]}');
  assert.equal(restored(progress, 40).startOf(some), 50);
  assert.deepEqual(restored(progress, 60).toCommit(), { offset: 60, metadata: '' });
  assert.deepEqual(progress.advanced(all, 50).toCommit(), { offset: 50, metadata: '' });
});

test('more filters than a broker keeps are refused with the remedy, and so are offsets of somebody else', () => {
  let progress = PartitionProgress.read(undefined, 0);
  for (let n = 0; n < 200; n++) progress = progress.advanced(new RecordFilter({ since: 1_700_000_000_000 + n }), 10);
  assert.throws(() => progress.toCommit(), { code: 'REDRIVE_FILTERS', remedy: /without filters/ });
  const foreign = { offset: 3, metadata: 'consumer-7' };
  assert.throws(() => PartitionProgress.read(foreign, 0), { code: 'REDRIVE_GROUP', remedy: /--group/ });
});
