import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthOf, soakCsv, soakTable } from '../../soak/soak-report.ts';
import type { SoakSample } from '../../soak/series.ts';

const MEGABYTE = 1024 * 1024;

function samples(heapMegabytes: (at: number) => number): SoakSample[] {
  return Array.from({ length: 40 }, (_, at) => ({
    ...{ seconds: at, records: at * 1_000, rssBytes: 200 * MEGABYTE, externalBytes: MEGABYTE, arrayBufferBytes: 0 },
    ...{ heapBytes: heapMegabytes(at) * MEGABYTE, descriptors: 30, resources: { Timeout: 60 } },
  }));
}

test('what stays, falls, or grows only while it warms up is flat', () => {
  for (const heap of [() => 40, (at: number) => 60 - at / 2, (at: number) => Math.min(40, 10 + at * 4)]) {
    assert.deepEqual(growthOf(samples(heap)), []);
  }
  const spikes = samples((at) => (at % 5 === 0 ? 80 : 40));
  assert.deepEqual(growthOf(spikes), []);
});

test('what grows all the time is found, and shown', () => {
  const leaking = samples((at) => 40 + at / 2);
  assert.deepEqual(growthOf(leaking), ['heap after collection grew from 47.5 to 57.5 MB']);
  assert.match(soakTable(leaking), /heap after collection .* 47\.5 MB .* GROWS/);
  const [head, first] = soakCsv(leaking).split('\n');
  assert.equal(head?.split(',').length, first?.split(',').length);
});
